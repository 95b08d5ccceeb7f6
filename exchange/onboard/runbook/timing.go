package runbook

import "time"

// Timed is one step against its plan and against the run before.
type Timed struct {
	Step
	Planned [2]time.Time // from and to, by the plan and the beginning of the run
	Started time.Time    // zero = not yet
	Ended   time.Time    // zero = not yet
	Took    time.Duration
	Before  time.Duration // what it took in the run before; 0 = not known
	By      string
	Words   string
	Ready   bool // it may begin
	AtWork  bool
}

// Late is how much longer a step took than planned; negative = it was quicker.
func (t Timed) Late() time.Duration { return t.Took - minutes(t.Minutes) }

func minutes(m float64) time.Duration { return time.Duration(m * float64(time.Minute)) }

// Times holds a run against its plan and against an earlier run, nil if there is
// none. now is for steps that are at work.
func (r *Run) Times(before *Run, now time.Time) []Timed {
	ends := map[string]time.Time{}
	var out []Timed
	for _, s := range r.Book.Steps {
		t := Timed{Step: s, Ready: r.Ready(s.ID)}
		from := r.Began
		for _, a := range s.After {
			if e := ends[a]; e.After(from) {
				from = e
			}
		}
		ends[s.ID] = from.Add(minutes(s.Minutes))
		t.Planned = [2]time.Time{from, ends[s.ID]}
		if d, ok := r.Steps[s.ID]; ok {
			t.Started, t.Ended, t.By, t.Words = d.Started, d.Ended, d.By, d.Words
			to := d.Ended
			if t.AtWork = to.IsZero(); t.AtWork {
				to = now
			}
			t.Took = max(0, to.Sub(d.Started))
		}
		if before != nil {
			if d, ok := before.Steps[s.ID]; ok && !d.Ended.IsZero() {
				t.Before = d.Ended.Sub(d.Started)
			}
		}
		out = append(out, t)
	}
	return out
}

// Before is the run before a run that was not a plan alone: the newest earlier one
// in which something was done. Nil if there is none.
func Before(list []*Run, n int) *Run {
	var out *Run
	for _, r := range list {
		if r.N < n && len(r.Steps) > 0 {
			out = r
		}
	}
	return out
}

// Public is one line of the timeline that staff see.
type Public struct {
	Words string
	At    time.Time // when it was done; else when it is planned
	Done  bool
}

// Timeline is what staff see of a run: the public words of its steps, and nothing
// of who did them or of any figure.
func (r *Run) Timeline(now time.Time) []Public {
	late := time.Duration(0)
	var out []Public
	for _, t := range r.Times(nil, now) {
		if !t.Ended.IsZero() {
			late = t.Ended.Sub(t.Planned[1])
		}
		if t.Public == "" {
			continue
		}
		p := Public{Words: t.Public, At: t.Ended, Done: !t.Ended.IsZero()}
		if !p.Done { // as planned, moved by how late the run is
			if p.At = t.Planned[1].Add(late); p.At.Before(now) {
				p.At = now
			}
		}
		out = append(out, p)
	}
	return out
}
