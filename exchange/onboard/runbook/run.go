package runbook

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"concord/exchange/onboard"
	"concord/fault"
	"concord/record/access"
)

// Kind is what a run is for.
type Kind string

// The kinds, in the order in which a joining goes.
const (
	Trial     Kind = "trial"
	Rehearsal Kind = "rehearsal"
	Cutover   Kind = "cutover"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Trial, Rehearsal, Cutover} }

// Title is the kind in words.
func (k Kind) Title() string {
	return map[Kind]string{Trial: "Trial load", Rehearsal: "Dress rehearsal", Cutover: "Cutover"}[k]
}

// Run is one run of a runbook.
type Run struct {
	N        int             `json:"n"`
	Kind     Kind            `json:"kind"`
	Book     *Book           `json:"book"`
	Began    time.Time       `json:"began"`
	By       string          `json:"by"`
	Steps    map[string]Done `json:"steps"`
	Decision *Decision       `json:"decision,omitempty"`
	Ended    time.Time       `json:"ended"`
	Stopped  string          `json:"stopped,omitempty"` // why it was ended before its end
}

// Done is how a step went.
type Done struct {
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"` // zero = at work
	By      string    `json:"by"`
	Words   string    `json:"words,omitempty"`
}

// Decision is what was said at the go or no-go.
type Decision struct {
	Go    bool      `json:"go"`
	At    time.Time `json:"at"`
	By    string    `json:"by"`
	Rules []Outcome `json:"rules"`
}

const folder = ".runs"

func file(n int) string { return filepath.Join(folder, fmt.Sprintf("%03d.json", n)) }

// Runs are the runs of an organisation, the oldest first.
func Runs(s *onboard.Stage) ([]*Run, error) {
	names, err := filepath.Glob(filepath.Join(s.Dir, folder, "[0-9]*.json"))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "runbook.runs", "the runs cannot be found")
	}
	slices.Sort(names)
	var out []*Run
	for _, name := range names {
		n, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(name), ".json"))
		if err != nil {
			continue
		}
		var r Run
		if _, err := s.ReadJSON(file(n), &r); err != nil {
			return nil, err
		}
		out = append(out, &r)
	}
	return out, nil
}

// Last is the run that was begun last, nil if there is none.
func Last(s *onboard.Stage) (*Run, error) {
	list, err := Runs(s)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[len(list)-1], nil
}

// locked does something that changes runs, one at a time among all processes.
func locked(s *onboard.Stage, do func() error) error {
	dir := filepath.Join(s.Dir, folder)
	unkept := func(err error) error {
		return fault.Wrap(err, fault.Busy, "onboard.stage", "the stage cannot be written or read")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unkept(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return unkept(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return unkept(err)
	}
	return do()
}

// Start begins a run. A run that is at work must be ended first. Errors: Conflict
// "runbook.at-work"; Invalid "runbook.kind".
func Start(s *onboard.Stage, b *Book, kind Kind, who access.Requester) (*Run, error) {
	if !slices.Contains(Kinds(), kind) {
		return nil, fault.New(fault.Invalid, "runbook.kind", "a run is a trial, a rehearsal or a cutover")
	}
	var r *Run
	err := locked(s, func() error {
		list, err := Runs(s)
		if err != nil {
			return err
		}
		n := 1
		if len(list) > 0 {
			last := list[len(list)-1]
			if last.Ended.IsZero() {
				return fault.New(fault.Conflict, "runbook.at-work", "run %d is at work: end it first", last.N)
			}
			n = last.N + 1
		}
		r = &Run{N: n, Kind: kind, Book: b, Began: s.Now().UTC(), By: who.ID, Steps: map[string]Done{}}
		return s.SaveJSON(file(n), r)
	})
	return r, err
}

// change changes the run that is at work.
func change(s *onboard.Stage, do func(*Run) error) (*Run, error) {
	var r *Run
	err := locked(s, func() error {
		last, err := Last(s)
		if err != nil {
			return err
		}
		if last == nil || !last.Ended.IsZero() {
			return fault.New(fault.Conflict, "runbook.none", "no run is at work")
		}
		if err := do(last); err != nil {
			return err
		}
		r = last
		return s.SaveJSON(file(last.N), last)
	})
	return r, err
}

// Ready tells whether a step may begin: what it waits for is done, and it is not.
func (r *Run) Ready(id string) bool {
	step := r.Book.step(id)
	if step == nil || !r.Steps[id].Ended.IsZero() || !r.Ended.IsZero() {
		return false
	}
	return !slices.ContainsFunc(step.After, func(a string) bool { return r.Steps[a].Ended.IsZero() })
}

func (r *Run) ready(id string) (*Step, error) {
	step := r.Book.step(id)
	switch {
	case step == nil:
		return nil, fault.New(fault.NotFound, "runbook.step", "the runbook has no such step")
	case !r.Steps[id].Ended.IsZero():
		return nil, fault.New(fault.Conflict, "runbook.done", "the step is done")
	case !r.Ready(id):
		return nil, fault.New(fault.Conflict, "runbook.waits", "the step waits for others")
	}
	return step, nil
}

// Begin notes that a step is at work. Errors: NotFound "runbook.step"; Conflict
// "runbook.none", "runbook.done", "runbook.waits".
func Begin(s *onboard.Stage, id string, who access.Requester) (*Run, error) {
	return change(s, func(r *Run) error {
		if _, err := r.ready(id); err != nil {
			return err
		}
		if d := r.Steps[id]; d.Started.IsZero() {
			r.Steps[id] = Done{Started: s.Now().UTC(), By: who.ID}
		}
		return nil
	})
}

// Tick notes that a step is done. Its checks must hold, and where it is the
// decision, go or no-go is said by the rules: no-go ends the run. Errors: as of
// Begin; Conflict "runbook.check".
func Tick(s *onboard.Stage, id, words string, f Figures, who access.Requester) (*Run, error) {
	return change(s, func(r *Run) error {
		step, err := r.ready(id)
		if err != nil {
			return err
		}
		now := s.Now().UTC()
		if out, all := Hold(step.Check, f); !all {
			var list []string
			for _, o := range out {
				if !o.Holds {
					list = append(list, o.Words())
				}
			}
			return fault.New(fault.Conflict, "runbook.check", "this does not hold: %s", strings.Join(list, "; "))
		}
		d := r.Steps[id]
		if d.Started.IsZero() {
			d.Started = r.couldBegin(step)
		}
		d.Ended, d.By, d.Words = now, who.ID, strings.TrimSpace(words)
		if step.Do == Decide {
			out, all := Hold(r.Book.Go, f)
			r.Decision = &Decision{all, now, who.ID, out}
			if !all {
				d.Words = strings.TrimSpace("no-go " + d.Words)
				r.Ended, r.Stopped = now, "no-go"
			}
		}
		r.Steps[id] = d
		if r.whole() {
			r.Ended = now
		}
		return nil
	})
}

// End ends a run before its end. Errors: Conflict "runbook.none"; Invalid
// "runbook.words".
func End(s *onboard.Stage, why string) (*Run, error) {
	if why = strings.TrimSpace(why); why == "" || len(why) > 400 {
		return nil, fault.New(fault.Invalid, "runbook.words", "say why in up to 400 bytes")
	}
	return change(s, func(r *Run) error {
		r.Ended, r.Stopped = s.Now().UTC(), why
		return nil
	})
}

func (r *Run) whole() bool {
	return !slices.ContainsFunc(r.Book.Steps, func(s Step) bool { return r.Steps[s.ID].Ended.IsZero() })
}

// couldBegin is when the last of what a step waits for was done.
func (r *Run) couldBegin(s *Step) time.Time {
	at := r.Began
	for _, a := range s.After {
		if e := r.Steps[a].Ended; e.After(at) {
			at = e
		}
	}
	return at
}

// Waits tells whether an error is that no run, or no step of it, is for this: who
// does a step outside of a run does it all the same.
func Waits(err error) bool {
	f := fault.Of(err)
	return f != nil && (f.Code == "runbook.none" || f.Code == "runbook.waits" || f.Code == "runbook.done" || f.Code == "runbook.step")
}
