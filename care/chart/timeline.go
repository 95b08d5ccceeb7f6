package chart

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/record"
	"concord/standard/uk"
)

// Event is one row of the timeline.
type Event struct {
	Type     string // resource type
	Kind     string // "Document", "Procedure", …
	Title    string
	Line     string // one line of content
	When     When
	End      When
	Stay     bool // an in-patient stay, holding Children
	Status   string
	Ref      string
	Source   Source
	Children []Event
	parent   string // the encounter that it belongs to
	reason   string // what it was done or given for
}

// Lane is one organisation's strip.
type Lane struct {
	Org   Organisation
	Bars  []Stretch // in-patient stays
	Ticks []Stretch // contacts and everything else
}

// Stretch is a bar or, with Start = End, a tick.
type Stretch struct {
	Start, End time.Time
	Title      string
}

// Month is the rows of one month.
type Month struct {
	Name string // "March 2024"
	Rows []Event
}

// Timeline is the page.
type Timeline struct {
	Lanes       []Lane
	From, To    time.Time
	Months      []Month
	Total       int // rows that pass the filters
	First, Last int // of the rows shown, from 1
	Page, Pages int
	Orgs        []Organisation // to filter by
	Kinds       []string       // to filter by
	Authors     []string       // to filter by
	Problems    []string       // to filter by
	Withheld    bool
}

// timelineTypes are the types of resource on the timeline. Single results
// stay out: their report is there.
func timelineTypes() []string {
	return []string{"Encounter", "DiagnosticReport", "DocumentReference", "Composition", "Procedure",
		"Immunization", "Condition", "MedicationRequest"}
}

// TimelineSections is the query of the timeline.
func (l Lens) TimelineSections(f Filter) []record.Section {
	q := BannerSections()
	for _, t := range timelineTypes() {
		s := record.Section{Type: t}
		if since := f.Since(l.Now); !since.IsZero() {
			s.Where = dateParam(t) + "=ge" + since.In(l.Zone).Format("2006-01-02")
		}
		if !f.To.IsZero() {
			s.Where = strings.TrimPrefix(s.Where+"&"+dateParam(t)+"=le"+f.To.In(l.Zone).Format("2006-01-02"), "&")
		}
		q = append(q, s)
	}
	return q
}

// dateParam is the search parameter of a type's leading date.
func dateParam(typ string) string {
	switch typ {
	case "Condition":
		return "recorded-date"
	case "MedicationRequest":
		return "authoredon"
	}
	return "date"
}

// Timeline reads the timeline page.
func (l Lens) Timeline(c *record.Chart, f Filter) *Timeline {
	t := &Timeline{From: f.Since(l.Now), To: f.until(l.Now), Page: max(f.Page, 1)}
	var all []Event
	for n := range timelineTypes() {
		items, ok := list(c, bannerSections+n)
		t.Withheld = t.Withheld || !ok
		for _, i := range items {
			e := l.event(i)
			if e.When.Known() && e.When.At.Before(t.From) && !(e.Stay && e.End.At.After(t.From)) {
				continue
			}
			if !f.To.IsZero() && e.When.At.After(t.To) {
				continue
			}
			all = append(all, e)
		}
	}
	newestFirst(all, func(e Event) When { return e.When })
	t.choices(all)
	all = slices.DeleteFunc(all, func(e Event) bool { return !f.passes(e) })
	t.lanes(all)
	t.months(nest(all), l.Zone)
	return t
}

func (t *Timeline) choices(all []Event) {
	for _, e := range all {
		if !slices.ContainsFunc(t.Orgs, func(o Organisation) bool { return o.Code == e.Source.Org.Code }) {
			t.Orgs = append(t.Orgs, e.Source.Org)
		}
		if !slices.Contains(t.Kinds, e.Kind) {
			t.Kinds = append(t.Kinds, e.Kind)
		}
		if !slices.Contains(t.Authors, e.Source.Recorder) {
			t.Authors = append(t.Authors, e.Source.Recorder)
		}
		if e.Type == "Condition" && !slices.Contains(t.Problems, e.Title) {
			t.Problems = append(t.Problems, e.Title)
		}
	}
	slices.Sort(t.Authors)
	slices.Sort(t.Problems)
	slices.SortFunc(t.Orgs, func(a, b Organisation) int { return strings.Compare(a.Short, b.Short) })
	slices.Sort(t.Kinds)
}

// lanes draws every event that passed the filters, whatever the page.
func (t *Timeline) lanes(all []Event) {
	for _, o := range t.Orgs {
		lane := Lane{Org: o}
		for _, e := range all {
			if e.Source.Org.Code != o.Code || !e.When.Known() {
				continue
			}
			s := Stretch{Start: e.When.At, End: e.When.At, Title: e.Title + ", " + e.When.Text}
			if e.Stay {
				s.End = t.To
				if e.End.Known() {
					s.End = e.End.At
				}
				lane.Bars = append(lane.Bars, s)
			} else if e.Type == "Encounter" || e.parent == "" {
				lane.Ticks = append(lane.Ticks, s)
			}
			if t.From.IsZero() || e.When.At.Before(t.From) && !e.Stay {
				t.From = e.When.At
			}
		}
		if len(lane.Bars)+len(lane.Ticks) > 0 {
			t.Lanes = append(t.Lanes, lane)
		}
	}
	for _, e := range all { // an unbounded span begins with the oldest event
		if e.When.Known() && e.When.At.Before(t.From) && !e.Stay {
			t.From = e.When.At
		}
	}
}

// nest puts what belongs to an in-patient stay under it.
func nest(all []Event) []Event {
	stays := make(map[string]int)
	for _, e := range all {
		if e.Stay {
			stays[e.Ref] = -1
		}
	}
	children := make(map[string][]Event)
	var rows []Event
	for _, e := range all {
		if _, ok := stays[e.parent]; ok && e.parent != "" {
			children[e.parent] = append(children[e.parent], e)
			continue
		}
		rows = append(rows, e)
	}
	for n := range rows {
		rows[n].Children = children[rows[n].Ref]
	}
	return rows
}

// months pages the rows and groups them.
func (t *Timeline) months(rows []Event, zone *time.Location) {
	t.Total = len(rows)
	t.Pages = max((len(rows)+rowsPerPage-1)/rowsPerPage, 1)
	t.Page = min(t.Page, t.Pages)
	from := (t.Page - 1) * rowsPerPage
	to := min(from+rowsPerPage, len(rows))
	if to > from {
		t.First, t.Last = from+1, to
	}
	for _, e := range rows[from:to] {
		name := "Date not known"
		if e.When.Known() {
			name = e.When.At.In(zone).Format("January 2006")
		}
		if n := len(t.Months); n == 0 || t.Months[n-1].Name != name {
			t.Months = append(t.Months, Month{Name: name})
		}
		m := &t.Months[len(t.Months)-1]
		m.Rows = append(m.Rows, e)
	}
}

func nights(from, to time.Time) string {
	return plural(int(to.Sub(from).Hours()+12)/24, "night")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// LaneDates are the labels under the strip: the first day of each year or, in
// a short span, of each month.
func (t *Timeline) LaneDates(zone *time.Location) []When {
	var out []When
	from, to := t.From.In(zone), t.To.In(zone)
	monthly := to.Sub(from) < 500*24*time.Hour
	d := time.Date(from.Year(), 1, 1, 0, 0, 0, 0, zone)
	every := max(1, int(to.Sub(from).Hours()/24/365)/12)
	for !d.After(to) {
		if !d.Before(from) {
			w := When{At: d, Text: strconv.Itoa(d.Year())}
			if monthly {
				w.Text = uk.DisplayDate(d)[3:]
			}
			out = append(out, w)
		}
		if monthly {
			d = d.AddDate(0, 1, 0)
		} else {
			d = d.AddDate(every, 0, 0)
		}
	}
	return out
}
