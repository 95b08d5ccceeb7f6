package webui

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"concord/care/chart"
	"concord/exchange/feed"
	"concord/fault"
	"concord/record"
)

// outRow is one destination on the list.
type outRow struct {
	Name, Title, Where              string
	Org                             chart.Organisation
	Channels                        []string
	State, Tone                     string // in words; "high" where it wants a look
	Detail                          string
	Last                            chart.When
	Oldest                          string // how long the oldest has waited, "" if none
	Waiting, Held, Returned         int64
	Sent, LastHour, Day             int64
	Hours                           []int64
	Paused, Mine, Known, PassesOver bool
}

// channelRow is one channel on the list.
type channelRow struct {
	Name, Title, From string
	Org               chart.Organisation
	To                []string
	Paused            *record.Pause
	PausedAt          chart.When
	Mine              bool
}

// goingOut is what the feeds page tells of channels and destinations.
type goingOut struct {
	Channels     []channelRow
	Destinations []outRow
	Systems      int
}

// out reads how everything that goes out stands.
func (s *Site) out(v *visit) (*goingOut, *feed.Overview, error) {
	var sets []feed.Kept
	if s.Channels != nil {
		sets = s.Channels()
	}
	o, err := feed.Look(v.Context(), v.errand, sets)
	if err != nil {
		return nil, nil, err
	}
	x := &goingOut{}
	lens := s.at()
	for _, c := range o.Channels {
		r := channelRow{Name: c.Name, Title: c.Title, From: "Changes of the record", Org: s.organisation(c.Org), To: c.Destinations, Paused: c.Paused, Mine: v.who().Controls(c.Org)}
		if c.Relays() {
			r.From = "Messages of " + c.Source.Feed
		}
		if c.Paused != nil {
			r.PausedAt = lens.Moment(c.Paused.At)
		}
		x.Channels = append(x.Channels, r)
	}
	for i := range o.Destinations {
		x.Destinations = append(x.Destinations, s.outRow(v, &o.Destinations[i], lens))
	}
	for _, k := range sets {
		x.Systems += len(k.Systems)
	}
	return x, o, nil
}

func (s *Site) outRow(v *visit, d *feed.DestinationView, lens chart.Lens) outRow {
	r := outRow{Name: d.Destination.Name, Title: d.Title, Where: d.Address(), Org: s.organisation(d.Org), Channels: d.Channels,
		Waiting: d.ByState[record.Waiting], Held: d.ByState[record.Held], Returned: d.ByState[record.Returned],
		Sent: d.ByState[record.Sent] + d.ByState[record.Emptied], Hours: make([]int64, 24), Paused: d.Paused != nil,
		Mine: v.who().Controls(d.Org), Known: d.Known, PassesOver: !d.Holds(), Last: lens.Moment(d.Sending.Sent)}
	if !d.OldestDue.IsZero() {
		r.Oldest = lens.Now.Sub(d.OldestDue).Truncate(time.Second).String()
	}
	for _, h := range d.Hours {
		if n := 23 - int(lens.Now.Sub(h.Hour).Hours()); n >= 0 && n < 24 {
			r.Hours[n] += h.N
			r.Day += h.N
		}
	}
	r.LastHour = r.Hours[23]
	r.State, r.Tone, r.Detail = standingWords(d, lens)
	return r
}

// standingWords tells how a destination stands.
func standingWords(d *feed.DestinationView, lens chart.Lens) (state, tone, detail string) {
	lastError := ""
	if d.Sending.Error != "" && d.Sending.State != "idle" {
		lastError = sentenceOf(d.Sending.Error)
	}
	switch {
	case !d.Known:
		return "In no file", "high", "No channel file names this destination any more: what is left here is not sent."
	case d.Paused != nil:
		return "Paused", "high", "By " + d.Paused.By + " since " + lens.Moment(d.Paused.At).Text + ": " + d.Paused.Why
	case d.Stale(lens.Now):
		return "No server works on it", "high", "What this page tells of it may be old."
	case d.Sending.State == "down":
		return "Down since " + lens.Moment(d.Sending.Since).Text, "high", join(" ", lastError, "Tried "+count(d.Sending.Failed, "time")+"; next at "+lens.Moment(d.Sending.Next).Text+".")
	case d.Sending.State == "sending":
		return "Sending", "", lastError
	}
	return "Idle", "", lastError
}

// outView is the page of one destination.
type outView struct {
	Row                             *outRow
	State, Control, Event, From, To string
	Lines                           []messageLine
	More                            string
	Note                            string
	Errors                          []fieldError
}

// destination is /feeds/{destination}.
func (s *Site) destination(v *visit, row *outRow) (*answer, error) {
	q := v.URL.Query()
	x := outView{Row: row, State: q.Get("state"), Control: strings.TrimSpace(q.Get("control")), Event: strings.TrimSpace(q.Get("event")), From: q.Get("from"), To: q.Get("to")}
	if n := q.Get("again"); n != "" {
		x.Note = count(max(number(n), 0), "message") + " put back in the queue."
	}
	ask := feed.Query{Destination: row.Name, States: outStates(x.State), Control: x.Control, Event: x.Event, Before: int64(max(number(q.Get("before")), 0)), Limit: messagesPerPage}
	ask.From, ask.To, x.Errors = s.days(x.From, x.To)
	if len(x.Errors) == 0 {
		list, next, err := feed.Search(v.Context(), v.errand, ask)
		if err != nil {
			return nil, err
		}
		lens := s.at()
		for _, m := range list {
			x.Lines = append(x.Lines, line(m, lens))
		}
		if next != 0 {
			q.Set("before", strconv.FormatInt(next, 10))
			q.Del("again")
			x.More = v.URL.Path + "?" + q.Encode()
		}
	}
	a := &answer{frame: frame{Title: "Destination " + row.Name, Nav: "feeds", Forms: true}, body: outPage(x)}
	if len(x.Errors) > 0 {
		a.status = http.StatusUnprocessableEntity
	}
	return a, nil
}

// days reads the two ends of a search by day.
func (s *Site) days(from, to string) (a, b time.Time, errors []fieldError) {
	var err error
	if from != "" {
		if a, err = time.ParseInLocation(time.DateOnly, from, s.Zone); err != nil {
			errors = append(errors, fieldError{"from", "Give a day such as 2026-03-31."})
		}
	}
	if to != "" {
		if b, err = time.ParseInLocation(time.DateOnly, to, s.Zone); err != nil {
			errors = append(errors, fieldError{"to", "Give a day such as 2026-03-31."})
		}
		b = b.AddDate(0, 0, 1)
	}
	return a, b, errors
}

func outStates(name string) []record.State {
	switch name {
	case "returned":
		return []record.State{record.Returned}
	case "waiting":
		return []record.State{record.Waiting}
	case "held":
		return []record.State{record.Held}
	case "sent":
		return []record.State{record.Sent, record.Emptied}
	case "closed":
		return []record.State{record.Closed}
	}
	return nil
}

// outChoices are the kinds of message that a destination's page lists.
func outChoices() [][2]string {
	return [][2]string{{"", "All"}, {"returned", "Returned"}, {"held", "Held back"}, {"waiting", "Waiting"}, {"sent", "Sent"}, {"closed", "Set aside"}}
}

// wordsGiven reads a reason, which is 4 to 200 characters.
func wordsGiven(v *visit, name string) (string, bool) {
	why := strings.TrimSpace(v.PostFormValue(name))
	n := utf8.RuneCountInString(why)
	return why, n >= 4 && n <= 200
}

// steer pauses a channel, a feed or a destination, or lets it go on.
func (s *Site) steer(v *visit) (*answer, error) {
	_, o, err := s.out(v)
	if err != nil {
		return nil, err
	}
	kind, name := v.PostFormValue("kind"), v.PostFormValue("name")
	org := o.Owner(kind, name)
	if kind == record.FeedPause {
		if org, err = feed.OwnerOfFeed(v.Context(), v.errand, name); err != nil {
			return nil, err
		}
	}
	if org == "" {
		return nil, fault.New(fault.NotFound, "webui.feed", "there is no such channel, feed or destination")
	}
	why, ok := wordsGiven(v, "reason")
	if !ok {
		return nil, fault.New(fault.Invalid, "webui.reason", "give a reason of 4 to 200 characters")
	}
	if err := v.errand.Steer(v.Context(), kind, name, org, why, v.PostFormValue("to") == "pause"); err != nil {
		return nil, err
	}
	if kind != record.ChannelPause {
		return redirect("/feeds/" + feedPath(name))
	}
	return redirect("/feeds")
}

// resend sends the chosen messages again.
func (s *Site) resend(v *visit) (*answer, error) {
	if err := v.ParseForm(); err != nil {
		return nil, fault.New(fault.Invalid, "webui.form", "the form cannot be read")
	}
	var seqs []int64
	for _, text := range v.PostForm["seq"] {
		if n := number(text); n >= 0 {
			seqs = append(seqs, int64(n))
		}
	}
	if len(seqs) == 0 {
		return nil, fault.New(fault.Invalid, "webui.resend", "choose at least one message")
	}
	n, err := v.errand.Resend(v.Context(), seqs)
	if err != nil {
		return nil, err
	}
	return redirect("/feeds/" + feedPath(v.PostFormValue("feed")) + "?again=" + strconv.Itoa(n))
}

// setAside gives a returned message up.
func (s *Site) setAside(v *visit) (*answer, error) {
	why, ok := wordsGiven(v, "reason")
	if !ok {
		return nil, fault.New(fault.Invalid, "webui.reason", "give a reason of 4 to 200 characters")
	}
	if err := v.errand.SetAside(v.Context(), seqOf(v), why); err != nil {
		return nil, err
	}
	return redirect("/feeds/messages/" + strconv.FormatInt(seqOf(v), 10))
}

// systems is /feeds/systems: the register of legacy systems.
func (s *Site) systems(v *visit) (*answer, error) {
	var sets []feed.Kept
	if s.Channels != nil {
		sets = s.Channels()
	}
	list, err := feed.Register(v.Context(), v.errand, sets, s.Now())
	if err != nil {
		return nil, err
	}
	var rows []systemRow
	lens := s.at()
	for _, x := range list {
		r := systemRow{SystemStatus: x, Where: s.organisation(x.Org)}
		if day, err := time.Parse(time.DateOnly, x.SwitchOff); err == nil {
			r.Day = day.Format("02-Jan-2006")
		}
		for _, d := range x.Dependences {
			r.Last = append(r.Last, lens.Moment(d.Last))
		}
		rows = append(rows, r)
	}
	return &answer{frame: frame{Title: "Legacy systems", Nav: "feeds"}, body: systemsPage(rows, lens.Moment(s.Now()))}, nil
}

// systemRow is one legacy system.
type systemRow struct {
	feed.SystemStatus
	Where chart.Organisation
	Day   string
	Last  []chart.When // of each dependence
}

// outPath is the address of a destination's messages of a kind.
func outPath(name, state string) string {
	return "/feeds/" + feedPath(name) + "?" + url.Values{"state": {state}}.Encode()
}
