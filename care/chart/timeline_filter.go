package chart

import (
	"strings"
	"time"
)

// Filter narrows a timeline.
type Filter struct {
	Org  string // ODS code, "" = every organisation
	Kind string // "" = every kind
	Span string // one of Spans
	Page int    // from 1

	Author   string    // recorder's name, "" = everybody
	Problem  string    // rows that name this problem, "" = all
	From, To time.Time // days of a range of one's own; either may be zero. They go before Span.
}

// Ranged tells whether a range of one's own is asked for.
func (f Filter) Ranged() bool { return !f.From.IsZero() || !f.To.IsZero() }

// Narrowed tells whether rows may be left out for another reason than time.
func (f Filter) Narrowed() bool {
	return f.Org != "" || f.Kind != "" || f.Author != "" || f.Problem != ""
}

func (f Filter) passes(e Event) bool {
	return (f.Org == "" || e.Source.Org.Code == f.Org) && (f.Kind == "" || e.Kind == f.Kind) &&
		(f.Author == "" || e.Source.Recorder == f.Author) && (f.Problem == "" || e.names(f.Problem))
}

// names tells whether a row is about a problem: it is that problem, or its
// words or its reason name it.
func (e Event) names(problem string) bool {
	return strings.EqualFold(e.Title, problem) || strings.EqualFold(e.reason, problem) ||
		strings.Contains(strings.ToLower(e.Title+"\n"+e.Line), strings.ToLower(problem))
}

// Spans are the stretches of time that can be chosen (GTAB-096), the default
// being three years.
func Spans() []string { return []string{"3m", "1y", "3y", "10y", "all"} }

// rowsPerPage is what a page of the timeline shows.
const rowsPerPage = 50

// Since is where a span begins; the zero time is the beginning of the record.
func (f Filter) Since(now time.Time) time.Time {
	if f.Ranged() {
		return f.From
	}
	switch f.Span {
	case "3m":
		return now.AddDate(0, -3, 0)
	case "1y":
		return now.AddDate(-1, 0, 0)
	case "10y":
		return now.AddDate(-10, 0, 0)
	case "all":
		return time.Time{}
	}
	return now.AddDate(-3, 0, 0)
}

// until is where the time asked for ends.
func (f Filter) until(now time.Time) time.Time {
	if end := f.To.AddDate(0, 0, 1); !f.To.IsZero() && end.Before(now) {
		return end
	}
	return now
}
