package runbook

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"concord/exchange/onboard"
	"concord/fault"
	"concord/record/access"
)

const book = `
title: Test
steps:
  - {id: freeze, title: Freeze, owner: Manager, minutes: 10, public: Your old system is read-only}
  - {id: load, title: Load, owner: Lead, minutes: 20, after: [freeze], do: load, check: [{figure: load.complete, least: 1}]}
  - {id: warn, title: Warn, owner: Press, minutes: 5}
  - {id: decide, title: Decide, owner: Owner, minutes: 5, after: [load, warn], do: decide}
  - {id: live, title: Live, owner: Manager, minutes: 5, after: [decide], public: Your trust is here}
go:
  - {figure: reconcile.blocks, most: 0}
`

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func stageAt(t *testing.T, c *clock) *onboard.Stage {
	t.Helper()
	c.at = time.Date(2026, 11, 26, 18, 0, 0, 0, time.UTC)
	return &onboard.Stage{Dir: filepath.Join(t.TempDir(), "R1K"), Trust: "R1K", Now: c.now}
}

func parsed(t *testing.T) *Book {
	t.Helper()
	b, err := Parse([]byte(book))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func who() access.Requester { return access.Requester{ID: "lim", Name: "Wei Lim"} }

func is(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil && code == "" {
		return
	}
	if err == nil || fault.Of(err).Code != code {
		t.Errorf("%v, want %q", err, code)
	}
}

// TestRunGoesInOrder: a step waits for others and for its figures, is done once,
// and go is said by the rules.
func TestRunGoesInOrder(t *testing.T) {
	c := &clock{}
	s := stageAt(t, c)
	_, err := Tick(s, "freeze", "", nil, who())
	is(t, err, "runbook.none")
	if _, err = Start(s, parsed(t), Rehearsal, who()); err != nil {
		t.Fatal(err)
	}
	_, err = Start(s, parsed(t), Cutover, who())
	is(t, err, "runbook.at-work")
	_, err = Tick(s, "load", "", Figures{"load.complete": 1}, who())
	is(t, err, "runbook.waits")
	c.at = c.at.Add(12 * time.Minute)
	_, err = Tick(s, "freeze", "", nil, who())
	is(t, err, "")
	_, err = Tick(s, "freeze", "", nil, who())
	is(t, err, "runbook.done")
	_, err = Begin(s, "load", who())
	is(t, err, "")
	c.at = c.at.Add(18 * time.Minute)
	for _, f := range []Figures{nil, {"load.complete": 0}} {
		_, err = Tick(s, "load", "", f, who())
		is(t, err, "runbook.check")
	}
	_, err = Tick(s, "load", "", Figures{"load.complete": 1}, who())
	is(t, err, "")
	_, err = Tick(s, "warn", "", nil, who())
	is(t, err, "")
	r, err := Tick(s, "decide", "", Figures{"reconcile.blocks": 0}, who())
	is(t, err, "")
	if r.Decision == nil || !r.Decision.Go || !r.Ended.IsZero() {
		t.Errorf("%+v", r.Decision)
	}
	if r, err = Tick(s, "live", "", nil, who()); err != nil || r.Ended.IsZero() {
		t.Errorf("%+v %v", r, err)
	}
	times := r.Times(nil, c.at)
	if times[0].Took != 12*time.Minute || times[0].Late() != 2*time.Minute || times[1].Late() != -2*time.Minute || times[3].Planned[0].Sub(r.Began) != 30*time.Minute {
		t.Errorf("%+v", times)
	}
	if r, err = Start(s, parsed(t), Cutover, who()); err != nil || r.N != 2 {
		t.Fatalf("%+v %v", r, err)
	}
	list, err := Runs(s)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d runs, %v", len(list), err)
	}
	if b := r.Times(Before(list, 2), c.at)[1].Before; b != 18*time.Minute {
		t.Errorf("the run before took %v", b)
	}
}

// TestNoGoEndsTheRun: no-go is said where a rule does not hold, or its figure is
// not known, and nothing can be done after it.
func TestNoGoEndsTheRun(t *testing.T) {
	for name, f := range map[string]Figures{"too many": {"reconcile.blocks": 1, "load.complete": 1}, "not known": {"load.complete": 1}} {
		c := &clock{}
		s := stageAt(t, c)
		if _, err := Start(s, parsed(t), Cutover, who()); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"freeze", "load", "warn", "decide"} {
			_, err := Tick(s, id, "", f, who())
			is(t, err, "")
		}
		r, err := Last(s)
		if err != nil || r.Decision.Go || r.Stopped != "no-go" {
			t.Errorf("%s: %+v %v", name, r.Decision, err)
		}
		_, err = Tick(s, "live", "", f, who())
		is(t, err, "runbook.none")
	}
}

// TestTimelineTellsNothingElse: staff see public words and times, no names, no
// words of a tick, no figures.
func TestTimelineTellsNothingElse(t *testing.T) {
	c := &clock{}
	s := stageAt(t, c)
	if _, err := Start(s, parsed(t), Cutover, who()); err != nil {
		t.Fatal(err)
	}
	c.at = c.at.Add(40 * time.Minute) // half an hour late
	r, err := Tick(s, "freeze", "CANARY", nil, access.Requester{ID: "CANARY", Name: "CANARY"})
	if err != nil {
		t.Fatal(err)
	}
	line := r.Timeline(c.at)
	text, _ := json.Marshal(line)
	if len(line) != 2 || !line[0].Done || line[1].Done || strings.Contains(string(text), "CANARY") {
		t.Errorf("%s", text)
	}
	if want := r.Began.Add(40*time.Minute + 30*time.Minute); !line[1].At.Equal(want) {
		t.Errorf("live at %v, want %v", line[1].At, want)
	}
}

// TestRunbooksThatAreNone: what cannot be followed is refused.
func TestRunbooksThatAreNone(t *testing.T) {
	for code, list := range map[string][]string{
		"runbook.form":  {"", "title: x", "title: x\nsteps: []", "title: x\nstep: 1", "title: x\nsteps: [{id: a, title: A, owner: B, colour: red}]"},
		"runbook.step":  {"title: x\nsteps: [{id: A, title: A, owner: B}]", "title: x\nsteps: [{id: a, owner: B}]", "title: x\nsteps: [{id: a, title: A, owner: B, do: fly}]", "title: x\nsteps: [{id: a, title: A, owner: B}, {id: a, title: A, owner: B}]", "title: x\nsteps: [{id: a, title: A, owner: B, minutes: -1}]"},
		"runbook.after": {"title: x\nsteps: [{id: a, title: A, owner: B, after: [a]}]", "title: x\nsteps: [{id: a, title: A, owner: B, after: [b]}, {id: b, title: B, owner: B}]"},
		"runbook.rule":  {"title: x\nsteps: [{id: a, title: A, owner: B, check: [{figure: f}]}]", "title: x\nsteps: [{id: a, title: A, owner: B}]\ngo: [{most: 1}]"},
	} {
		for _, text := range list {
			_, err := Parse([]byte(text))
			is(t, err, code)
		}
	}
}

// TestStandard: the runbook that ships can be followed, and stands in the
// documentation.
func TestStandard(t *testing.T) {
	b, err := Standard()
	if err != nil || len(b.Steps) < 10 || len(b.Go) < 3 {
		t.Fatalf("%+v %v", b, err)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "operate", "join.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range b.Steps {
		if !strings.Contains(string(text), "`"+s.ID+"`") {
			t.Errorf("docs/operate/join.md does not explain the step %s", s.ID)
		}
	}
}

// FuzzParse: what is read can be run to its end in its own order.
func FuzzParse(f *testing.F) {
	f.Add([]byte(book))
	f.Add(standard)
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := Parse(text)
		if err != nil {
			return
		}
		r := &Run{Book: b, Steps: map[string]Done{}, Began: time.Unix(0, 0)}
		for _, s := range b.Steps {
			if !r.Ready(s.ID) {
				t.Fatalf("%s is never ready", s.ID)
			}
			r.Steps[s.ID] = Done{Started: time.Unix(1, 0), Ended: time.Unix(2, 0)}
		}
		if !r.whole() {
			t.Error("it has no end")
		}
	})
}
