package course

import (
	"context"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"concord/exchange/onboard"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/uk"
)

// Watched is what is watched after an organisation has gone live: lists grew by a
// quarter where nobody did. The first reading after the go-live is what later ones
// are held against.
type Watched struct {
	First    Reading   `json:"first"`
	Last     Reading   `json:"last"`
	Readings []Reading `json:"readings"` // the oldest first, one a day and those of today
	Settled  []Settled `json:"settled"`
}

// Reading is what was counted at one moment.
type Reading struct {
	At      time.Time        `json:"at"`
	Figures map[string]int64 `json:"figures"`
}

// Settled is that somebody has explained an alarm: it counts again beyond the
// number that there was.
type Settled struct {
	Figure string    `json:"figure"`
	Upto   int64     `json:"upto"`
	By     string    `json:"by"`
	Name   string    `json:"name"`
	At     time.Time `json:"at"`
	Words  string    `json:"words"`
}

// What is watched.
const (
	WaitingList = "waiting-list" // rows of the organisation's waiting lists
	Unsent      = "unsent"       // documents that have not reached who they are for
	Duplicates  = "duplicates"   // pairs that wait for a steward, with an entry of the organisation
)

// Limit is by how much a figure may grow: the greater of a share and a number.
type Limit struct {
	Figure, Words string
	Percent, Most int64
}

// Limits are assumptions: a tenth for what grew by a quarter elsewhere (domain
// notes 1.4), and a number below which growth says nothing.
func Limits() []Limit {
	return []Limit{
		{WaitingList, "Waiting list", 10, 10},
		{Duplicates, "Pairs that wait for a steward", 20, 20},
		{Unsent, "Unsent documents", 10, 5},
	}
}

// Alarm is a figure beyond its limit that nobody has explained.
type Alarm struct {
	Limit
	First, Last int64
	Since       time.Time
}

const watchFile = ".watch.json"

// Watching gives what is watched of an organisation, nil before it was live.
func Watching(s *onboard.Stage) (*Watched, error) {
	var w Watched
	found, err := s.ReadJSON(watchFile, &w)
	if err != nil || !found {
		return nil, err
	}
	return &w, nil
}

// Alarms are the figures beyond their limits.
func (w *Watched) Alarms() []Alarm {
	var out []Alarm
	for _, l := range Limits() {
		first, last := w.First.Figures[l.Figure], w.Last.Figures[l.Figure]
		most := first + max(l.Most, first*l.Percent/100)
		for _, s := range w.Settled {
			if s.Figure == l.Figure {
				most = max(most, s.Upto)
			}
		}
		if last > most {
			out = append(out, Alarm{l, first, last, w.First.At})
		}
	}
	return out
}

// take adds a reading: of earlier days the last of each is kept, at most 400.
func (w *Watched) take(r Reading) {
	if w.First.At.IsZero() {
		w.First = r
	}
	if n := len(w.Readings); n > 0 && w.Readings[n-1].At.Format(time.DateOnly) == r.At.Format(time.DateOnly) {
		w.Readings = w.Readings[:n-1]
	}
	w.Readings = append(w.Readings, r)
	if n := len(w.Readings); n > 400 {
		w.Readings = w.Readings[n-400:]
	}
	w.Last = r
}

// Watch counts what is watched of every organisation that has come in by a load and
// is live.
func (o *Office) Watch(ctx context.Context) error {
	list, err := o.Standings(ctx)
	if err != nil {
		return err
	}
	for _, st := range list {
		if st.Phase != Live || st.Trial == 0 {
			continue
		}
		if err := o.WatchOne(ctx, st.Org); err != nil {
			return err
		}
	}
	return nil
}

// WatchOne counts what is watched of one organisation.
func (o *Office) WatchOne(ctx context.Context, org string) error {
	s, err := o.Stage(org)
	if err != nil {
		return err
	}
	figures, err := o.count(ctx, org)
	if err != nil {
		return err
	}
	w, err := Watching(s)
	if err != nil {
		return err
	}
	if w == nil {
		w = &Watched{}
	}
	w.take(Reading{At: o.opt.Now().UTC(), Figures: figures})
	for _, a := range w.Alarms() {
		o.opt.Log.Warn("after a go-live a figure is beyond its limit", "organisation", org, "figure", a.Figure, "first", a.First, "last", a.Last)
	}
	return s.SaveJSON(watchFile, w)
}

func (o *Office) count(ctx context.Context, org string) (map[string]int64, error) {
	e, err := o.opt.Loader(org)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for figure, ask := range map[string]record.Asked{
		WaitingList: {Types: []string{"Task"}, Form: url.Values{"code": {"urn:concord:code|waiting-list"}, "group-identifier": {uk.Local("pathway").System(org) + "|"}}},
		Unsent:      {Types: []string{"DocumentReference"}, Form: url.Values{"category": {uk.LocalCode.System(org) + "|unsent"}}},
	} {
		if out[figure], err = counted(ctx, e, ask); err != nil {
			return nil, err
		}
	}
	if o.opt.Pairs != nil {
		n, err := o.opt.Pairs(ctx, org)
		if err != nil {
			return nil, err
		}
		out[Duplicates] = int64(n)
	}
	return out, nil
}

// counted is how many resources there are.
func counted(ctx context.Context, e *record.Errand, ask record.Asked) (int64, error) {
	ask.Form.Set("_summary", "count")
	found, err := e.Search(ctx, ask)
	if err != nil {
		return 0, err
	}
	return int64(found.Total), nil
}

// Settle keeps that somebody has explained an alarm. Errors: Denied; Invalid
// "course.words", "course.alarm".
func (o *Office) Settle(ctx context.Context, e *record.Errand, org, figure, words string) error {
	words = strings.TrimSpace(words)
	if n := utf8.RuneCountInString(words); n < 4 || n > 200 {
		return fault.New(fault.Invalid, "course.words", "give the explanation in 4 to 200 characters")
	}
	if err := e.Joining(ctx, access.Join, org, "alarm of "+org+" explained: "+figure); err != nil {
		return err
	}
	s, err := o.Stage(org)
	if err != nil {
		return err
	}
	w, err := Watching(s)
	if err != nil {
		return err
	}
	if w != nil {
		for _, a := range w.Alarms() {
			if a.Figure == figure {
				w.Settled = append(w.Settled, Settled{figure, a.Last, e.Who().ID, e.Who().Name, o.opt.Now().UTC(), words})
				return s.SaveJSON(watchFile, w)
			}
		}
	}
	return fault.New(fault.Invalid, "course.alarm", "no such alarm is open")
}
