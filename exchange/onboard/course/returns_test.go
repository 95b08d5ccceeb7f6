package course

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"concord/exchange/onboard/pack"
	"concord/exchange/onboard/runbook"
	"concord/fault"
)

// TestReturnsAreSignedOff: the runbook of an organisation has a step for each return
// that its pack owes, after the joined record was reconciled; go or no-go waits for
// all of them.
func TestReturnsAreSignedOff(t *testing.T) {
	s := newScene(t)
	plain, err := s.Runbook(s.ctx, "R1K")
	s.must(err)
	files, err := pack.Files(os.DirFS(filepath.Join("..", "..", "..", "demo", "packs", "R1K")))
	s.must(err)
	p, _ := pack.Read(files)
	s.must(s.Apply(s.ctx, s.lead, p))
	b, err := s.Runbook(s.ctx, "R1K")
	s.must(err)
	if len(p.Returns) < 2 || len(b.Steps) != len(plain.Steps)+len(p.Returns) {
		t.Fatalf("%d steps for %d returns, %d without a pack", len(b.Steps), len(p.Returns), len(plain.Steps))
	}
	seen := map[string]int{}
	for i, step := range b.Steps {
		seen[step.ID] = i + 1
		for _, a := range step.After {
			if seen[a] == 0 {
				t.Errorf("%s waits for %s, which is no step before it", step.ID, a)
			}
		}
	}
	decide := b.Steps[seen["decide"]-1]
	for _, r := range p.Returns {
		step := b.Steps[seen["return-"+r.Name]-1]
		if step.Owner == "" || step.Title == "" || step.Do != "" || !slices.Equal(step.After, []string{"reconcile"}) || !slices.Contains(decide.After, step.ID) {
			t.Errorf("%s: %+v, go or no-go after %v", r.Name, step, decide.After)
		}
	}
	waits(s, b, p.Returns)
}

// waits does all before go or no-go but the returns: it cannot be said yet.
func waits(s *stageOf, b *runbook.Book, returns []pack.Return) {
	s.t.Helper()
	stage, err := s.Stage("R1K")
	s.must(err)
	_, err = runbook.Start(stage, b, runbook.Rehearsal, s.lead.Who())
	s.must(err)
	f := runbook.Figures{"pack.version": 1, "inbox.extracts": 1, "profile.loadable": 1, "match.records": 1, "load.complete": 1, "reconcile.sample-unchecked": 0}
	var left []string
	for _, step := range b.Steps {
		if step.ID == "decide" {
			break
		}
		if len(step.ID) > 7 && step.ID[:7] == "return-" {
			left = append(left, step.ID)
			continue
		}
		_, err := runbook.Tick(stage, step.ID, "", f, s.lead.Who())
		s.must(err)
	}
	for _, id := range left {
		if _, err := runbook.Tick(stage, "decide", "", f, s.lead.Who()); fault.Of(err) == nil || fault.Of(err).Code != "runbook.waits" {
			s.t.Errorf("go is said before %s of %d returns: %v", id, len(returns), err)
		}
		_, err := runbook.Tick(stage, id, "equal but for three", f, s.lead.Who())
		s.must(err)
	}
	r, err := runbook.Tick(stage, "decide", "", f, s.lead.Who())
	if err != nil || r.Decision == nil {
		s.t.Errorf("%v", err)
	}
}

// TestOwnRunbookKeepsItsReturns: a runbook that has the step already is not given
// another, and one without a decision ends with them.
func TestOwnRunbookKeepsItsReturns(t *testing.T) {
	b, err := runbook.Parse([]byte("title: Mine\nsteps:\n  - {id: load, title: The load, owner: Me, do: load}\n  - {id: return-rtt, title: By my own words, owner: Me}\n"))
	if err != nil {
		t.Fatal(err)
	}
	withReturns(b, []pack.Return{{Name: "rtt", Every: "month"}, {Name: "cds", Every: "month"}})
	if len(b.Steps) != 3 || b.Steps[1].Title != "By my own words" || b.Steps[2].ID != "return-cds" || !slices.Equal(b.Steps[2].After, []string{"load"}) {
		t.Errorf("%+v", b.Steps)
	}
}

// TestEveryReturnHasATitle: what a pack may owe is told in full.
func TestEveryReturnHasATitle(t *testing.T) {
	for _, name := range []string{"cds", "ecds", "rtt", "dm01", "kh03", "cancer", "csds", "mhsds"} {
		if (pack.Return{Name: name}).Title() == "" {
			t.Errorf("%s has no title", name)
		}
	}
}
