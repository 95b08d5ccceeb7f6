package fhirload

import (
	"fmt"
	"slices"
	"time"
)

// tally is what one client has counted, or several together.
type tally struct {
	series    map[string]*series
	order     []string
	resources int
	notes     []string
}

// series is one kind of request.
type series struct {
	took   []time.Duration
	errors int
}

func newTally() *tally { return &tally{series: map[string]*series{}} }

func (t *tally) of(name string) *series {
	s := t.series[name]
	if s == nil {
		s = &series{}
		t.series[name] = s
		t.order = append(t.order, name)
	}
	return s
}

// maxNotes is how many errors a report spells out; all are counted.
const maxNotes = 20

func (t *tally) fail(name, format string, args ...any) {
	t.of(name).errors++
	if len(t.notes) < maxNotes {
		t.notes = append(t.notes, name+": "+fmt.Sprintf(format, args...))
	}
}

func (t *tally) add(u *tally) {
	for _, name := range u.order {
		s, more := t.of(name), u.series[name]
		s.took = append(s.took, more.took...)
		s.errors += more.errors
	}
	t.resources += u.resources
	t.notes = append(t.notes, u.notes[:min(len(u.notes), max(0, maxNotes-len(t.notes)))]...)
}

// line sums a series up.
func (s *series) line(name string) Line {
	slices.Sort(s.took)
	return Line{Name: name, Count: len(s.took), Errors: s.errors,
		P50: s.quantile(0.50), P95: s.quantile(0.95), P99: s.quantile(0.99), Max: s.quantile(1)}
}

// quantile is in milliseconds; the series is in order.
func (s *series) quantile(q float64) float64 {
	if len(s.took) == 0 {
		return 0
	}
	at := min(len(s.took)-1, int(q*float64(len(s.took))))
	return float64(s.took[at].Microseconds()) / 1000
}
