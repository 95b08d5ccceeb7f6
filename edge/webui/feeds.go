package webui

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"concord/care/chart"
	"concord/exchange/feed"
	"concord/exchange/onboard/harmonise"
	"concord/fault"
	"concord/record"
)

// feedRow is one feed on the list.
type feedRow struct {
	Name     string
	Org      chart.Organisation
	Last     chart.When
	Waiting  int64
	Oldest   string // how long the oldest waits, "" if none
	Dead     int64
	Applied  int64
	Repeated int64
	Ignored  int64
	Closed   int64
	LastHour int64
	Day      int64
	Hours    []int64 // of the last 24 hours, oldest first
	Setting  *FeedSetting
	Uncoded  int // codes that came and are not mapped
	Paused   *record.Pause
	PausedAt chart.When
	Mine     bool // the requester's organisation's: they may pause it
}

// feeds is /feeds
func (s *Site) feeds(v *visit) (*answer, error) {
	out, o, err := s.out(v)
	if err != nil {
		return nil, err
	}
	rows, err := s.feedRows(v, o)
	if err != nil {
		return nil, err
	}
	in, err := s.in(v, o)
	if err != nil {
		return nil, err
	}
	now := s.at().Moment(s.Now())
	return &answer{frame: frame{Title: "Feeds", Nav: "feeds"}, body: feedsPage(rows, in, out, now)}, nil
}

func (s *Site) feedRows(v *visit, o *feed.Overview) ([]feedRow, error) {
	all, err := v.errand.Feeds(v.Context())
	if err != nil {
		return nil, err
	}
	settings := map[string]FeedSetting{}
	if s.Feeds != nil {
		for _, x := range s.Feeds() {
			settings[x.Feed] = x
		}
	}
	uncoded, err := v.errand.Unmapped(v.Context(), "")
	if err != nil {
		return nil, err
	}
	asked := map[string]int{}
	for _, u := range uncoded {
		asked[u.Feed]++
	}
	lens := s.at()
	var rows []feedRow
	for _, f := range all {
		r := feedRow{Name: f.Feed, Org: s.organisation(f.Org), Last: lens.Moment(f.Last),
			Waiting: f.ByState[record.Received], Dead: f.ByState[record.Parked], Applied: f.ByState[record.Applied],
			Repeated: f.ByState[record.Duplicate], Ignored: f.ByState[record.Ignored], Closed: f.ByState[record.Closed],
			Hours: make([]int64, 24), Uncoded: asked[f.Feed]}
		if !f.OldestDue.IsZero() {
			r.Oldest = lens.Now.Sub(f.OldestDue).Truncate(time.Second).String()
		}
		for _, h := range f.Hours {
			n := 23 - int(lens.Now.Sub(h.Hour).Hours())
			if n >= 0 && n < 24 {
				r.Hours[n] += h.N
				r.Day += h.N
			}
		}
		r.LastHour = r.Hours[23]
		r.Mine = v.who().Controls(f.Org)
		if p, paused := o.Paused[f.Feed]; paused {
			r.Paused, r.PausedAt = &p, lens.Moment(p.At)
		}
		if x, ok := settings[f.Feed]; ok {
			r.Setting = &x
			delete(settings, f.Feed)
		}
		rows = append(rows, r)
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) { // a feed that has not sent yet
		x := settings[name]
		rows = append(rows, feedRow{Name: name, Hours: make([]int64, 24), Setting: &x})
	}
	return rows, nil
}

// feedView is the choice of messages on a feed's page.
type feedView struct {
	State  string
	Before int64
	More   bool
}

const messagesPerPage = 100

// feed is /feeds/{feed}: one feed, or one destination, and its messages.
func (s *Site) feed(v *visit) (*answer, error) {
	name := v.PathValue("feed")
	out, o, err := s.out(v)
	if err != nil {
		return nil, err
	}
	rows, err := s.feedRows(v, o)
	if err != nil {
		return nil, err
	}
	for i := range out.Destinations {
		if out.Destinations[i].Name == name {
			return s.destination(v, &out.Destinations[i])
		}
	}
	var row *feedRow
	for n := range rows {
		if rows[n].Name == name {
			row = &rows[n]
		}
	}
	if row == nil {
		return nil, fault.New(fault.NotFound, "webui.feed", "there is no such feed")
	}
	x := feedView{State: v.URL.Query().Get("state"), Before: int64(max(number(v.URL.Query().Get("before")), 0))}
	filter := record.MessageFilter{Feed: name, Before: x.Before, Limit: messagesPerPage, States: statesOf(x.State)}
	messages, err := v.errand.Messages(v.Context(), filter)
	if err != nil {
		return nil, err
	}
	x.More = len(messages) == messagesPerPage
	lens := s.at()
	lines := make([]messageLine, 0, len(messages))
	for _, m := range messages {
		lines = append(lines, line(m, lens))
	}
	return &answer{frame: frame{Title: "Feed " + name, Nav: "feeds"},
		body: feedPage(row, lines, x, v.URL.Query().Get("put-back"))}, nil
}

func statesOf(name string) []record.State {
	switch name {
	case "dead":
		return []record.State{record.Parked}
	case "waiting":
		return []record.State{record.Received}
	case "applied":
		return []record.State{record.Applied}
	case "passed":
		return []record.State{record.Ignored}
	case "ignored":
		return []record.State{record.Duplicate}
	case "closed":
		return []record.State{record.Closed}
	}
	return nil
}

func stateWords(s record.State) string {
	switch s {
	case record.Received:
		return "Waiting"
	case record.Applied:
		return "Applied"
	case record.Duplicate:
		return "Same message received twice"
	case record.Parked:
		return "Dead letter"
	case record.Ignored:
		return "Passed over"
	case record.Closed:
		return "Set aside"
	case record.Waiting:
		return "Waiting"
	case record.Held:
		return "Held back"
	case record.Sent:
		return "Sent"
	case record.Returned:
		return "Returned"
	case record.Emptied:
		return "Sent, content removed"
	}
	return "Unknown state"
}

// messageLine is one journalled message without its content.
type messageLine struct {
	Seq                      int64
	At                       chart.When
	Feed, Control, Trigger   string
	State, Code, Place, Text string
	Dead                     bool
	Passed                   bool   // by a rule of a channel: it can be put back
	Channel                  string // by which it was read or passed over, with the version of its set
	Resendable, Corrected    bool   // of a message that goes out
	Foreign                  bool   // another organisation's: its own people open it and put it back
	Warnings, Unmapped       []string
	Table                    string   // version of the crosswalk by which its codes were written
	Uncoded                  []string // codes that it does not know
}

func line(m *record.Message, l chart.Lens) messageLine {
	x := messageLine{Seq: m.Seq, At: l.Moment(m.At), Feed: m.Feed, Control: m.Control, Trigger: m.Trigger,
		State: stateWords(m.State), Passed: m.Code == record.PassedOver, Code: m.Code, Place: m.Place, Text: m.Text, Dead: m.State == record.Parked}
	if record.DestinationOf(m) != "" {
		x.Resendable = m.State == record.Returned || m.State == record.Sent
		x.Corrected = record.ReadOutDetail(m).Edit != nil
		return x
	}
	var d struct {
		Warnings []string `json:"warnings"`
		Unmapped []string `json:"unmapped"`
		Table    string   `json:"crosswalk"`
		Channel  string   `json:"channel"`
		Uncoded  []struct{ Kind, Code, Unit string }
	}
	if len(m.Detail) > 0 && json.Unmarshal(m.Detail, &d) == nil {
		x.Warnings, x.Unmapped, x.Table, x.Channel = d.Warnings, d.Unmapped, d.Table, d.Channel
		for _, u := range d.Uncoded {
			x.Uncoded = append(x.Uncoded, join(" ", kindTitle(harmonise.Kind(u.Kind))+":", u.Code, u.Unit))
		}
	}
	return x
}

// unchanging counts messages that were applied and changed nothing.
func unchanging(lines []messageLine) (n int) {
	for _, m := range lines {
		if m.Text == record.ChangedNothing {
			n++
		}
	}
	return n
}

// lineFor is a message as somebody may deal with it.
func (s *Site) lineFor(v *visit, m *record.Message) messageLine {
	x := line(m, s.at())
	x.Foreign = !v.who().Controls(m.Org)
	return x
}

// message is /feeds/messages/{seq}: its head. The content stays masked.
func (s *Site) message(v *visit) (*answer, error) {
	m, err := v.errand.MessageHead(v.Context(), seqOf(v))
	if err != nil {
		return nil, err
	}
	if record.DestinationOf(m) != "" {
		return outAnswer(s.outMessage(m)), nil
	}
	return &answer{frame: frame{Title: "Message", Nav: "feeds"}, body: messagePage(s.lineFor(v, m), nil, nil, "")}, nil
}

// openMessage shows a message's content for a reason in words, which stands in
// the audit.
func (s *Site) openMessage(v *visit) (*answer, error) {
	why := v.why
	why.Text = strings.TrimSpace(v.PostFormValue("reason"))
	if n := utf8.RuneCountInString(why.Text); n < 4 || n > 200 {
		m, err := v.errand.MessageHead(v.Context(), seqOf(v))
		if err != nil {
			return nil, err
		}
		if record.DestinationOf(m) != "" {
			x := s.outMessage(m)
			x.Form, x.Errors = "open", reasonErrors("Give a reason of 4 to 200 characters.")
			return outAnswer(x), nil
		}
		return &answer{status: 422, frame: frame{Title: "Error: message", Nav: "feeds", Forms: true},
			body: messagePage(s.lineFor(v, m), nil, nil, "Give a reason of 4 to 200 characters.")}, nil
	}
	e := s.Desk.For(v.who(), why)
	m, raw, err := e.OpenMessage(v.Context(), seqOf(v))
	if err != nil {
		return nil, err
	}
	if record.DestinationOf(m) != "" {
		x, err := s.opened(v, e, m, raw)
		if err != nil {
			return nil, err
		}
		x.Why = why.Text
		return outAnswer(*x), nil
	}
	var parsed []Parsed
	if s.Parse != nil {
		if parsed, err = s.Parse(raw); err != nil {
			parsed = nil // the raw text is there, and the message's reason says why
		}
	}
	return &answer{frame: frame{Title: "Message", Nav: "feeds"}, body: messagePage(line(m, s.at()), segments(raw), parsed, "")}, nil
}

func seqOf(v *visit) int64 { return int64(number(v.PathValue("seq"))) }

// segments cuts raw text at its line ends; bytes that are no text are marked.
func segments(raw []byte) []string {
	text := strings.ToValidUTF8(string(raw), "\uFFFD")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	return strings.Split(strings.Trim(text, "\n"), "\n")
}

// replay puts dead letters back so that they are mapped again.
func (s *Site) replay(v *visit) (*answer, error) {
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
		return nil, fault.New(fault.Invalid, "webui.replay", "choose at least one dead letter")
	}
	var n int
	var err error
	if s.Replay != nil {
		n, err = s.Replay(v.Context(), v.errand, seqs)
	} else {
		n, err = v.errand.Requeue(v.Context(), seqs)
	}
	if err != nil {
		return nil, err
	}
	return redirect("/feeds/" + feedPath(v.PostFormValue("feed")) + "?put-back=" + thousands(n))
}

// closeMessage sets a dead letter aside with a reason.
func (s *Site) closeMessage(v *visit) (*answer, error) {
	why := strings.TrimSpace(v.PostFormValue("reason"))
	if utf8.RuneCountInString(why) < 4 || utf8.RuneCountInString(why) > 200 {
		return nil, fault.New(fault.Invalid, "webui.reason", "give a reason of 4 to 200 characters")
	}
	seq := number(v.PostFormValue("seq"))
	if err := v.errand.Close(v.Context(), int64(seq), why); err != nil {
		return nil, err
	}
	return redirect("/feeds/messages/" + v.PostFormValue("seq"))
}
