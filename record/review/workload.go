package review

import (
	"slices"
	"time"
)

// Weeks is how many weeks a workload tells of.
const Weeks = 12

// Workload is how the privacy officers' work stands.
type Workload struct {
	Kinds  []KindLoad
	Weeks  [Weeks]WeekLoad // the oldest first, the last is this one
	Oldest time.Time       // first access of the oldest case in the queue; zero = the queue is empty
	Open   int
	Late   int // in the queue for more than Due
	// Median is how long the cases closed in the last Weeks stood in the queue.
	Median time.Duration
	Whole  bool // false: there are more cases than were looked at
}

// KindLoad is the work of one kind, in the last Weeks.
type KindLoad struct {
	Kind                   Kind
	Open, Justified, Wrong int
}

// WeekLoad is what came and what was closed in a week.
type WeekLoad struct {
	From         time.Time
	Came, Closed int
}

// Due is how long a case should stand in the queue at most: an access that was
// a breach is to be reported within 72 hours of being known (UK GDPR article 33).
const Due = 72 * time.Hour

// Measure makes the figures of what is open and what is closed.
func Measure(open, closed []Case, now time.Time) *Workload {
	w := &Workload{Open: len(open), Whole: true}
	loads := map[Kind]*KindLoad{}
	for _, k := range Kinds() {
		loads[k] = &KindLoad{Kind: k}
	}
	week := 7 * 24 * time.Hour
	for i := range w.Weeks {
		w.Weeks[i].From = now.Add(-time.Duration(Weeks-i) * week)
	}
	at := func(t time.Time) int { return Weeks - 1 - int(now.Sub(t)/week) }
	for i := range open {
		c := &open[i]
		if w.Oldest.IsZero() || c.At.Before(w.Oldest) {
			w.Oldest = c.At
		}
		if now.Sub(c.At) > Due {
			w.Late++
		}
		if l := loads[c.Kind]; l != nil {
			l.Open++
		}
	}
	var took []time.Duration
	for _, list := range [][]Case{open, closed} {
		for i := range list {
			c := &list[i]
			if n := at(c.At); n >= 0 && n < Weeks {
				w.Weeks[n].Came++
			}
			end, ok := c.Settled()
			n := at(end)
			if !ok || n < 0 || n >= Weeks {
				continue
			}
			w.Weeks[n].Closed++
			took = append(took, end.Sub(c.At))
			if l := loads[c.Kind]; l != nil && c.State == Justified {
				l.Justified++
			} else if l != nil {
				l.Wrong++
			}
		}
	}
	if len(took) > 0 {
		slices.Sort(took)
		w.Median = took[len(took)/2]
	}
	for _, k := range Kinds() {
		w.Kinds = append(w.Kinds, *loads[k])
	}
	return w
}
