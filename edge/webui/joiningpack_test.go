package webui_test

import (
	"os"
	"path/filepath"
	"testing"

	"concord/demo/extract"
	"concord/exchange/onboard/course"
	"concord/exchange/onboard/pack"
	"concord/record/access"
)

// packOf is a demonstration's org pack.
func (s *stage) packOf(org string) *pack.Pack {
	s.t.Helper()
	files, err := pack.Files(os.DirFS(filepath.Join("..", "..", "demo", "packs", org)))
	s.must(err)
	p, problems := pack.Read(files)
	if len(problems) > 0 {
		s.t.Fatal(problems)
	}
	return p
}

// runs applies a pack.
func (s *stage) runs(p *pack.Pack) {
	s.t.Helper()
	lead := s.desk.For(access.Requester{ID: "lead", Role: access.Engineer, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
	s.must(s.joining.Apply(s.ctx, lead, p))
}

// TestNumbersAtThePages: how the joiner's numbers fit its pack stands on its page
// when there is a pack, trial by trial, by file and line.
func TestNumbersAtThePages(t *testing.T) {
	s := newStage(t)
	s.joiners()
	s.arrives(40, extract.Faults{})
	s.does(course.TakeIn)
	b := s.as("local")
	b.get("/onboard/R1K").lacks(t, "against the org pack")
	p := s.packOf("R1K")
	s.runs(p)
	s.does(course.Profile)
	b.get("/onboard/R1K").has(t, "against the org pack", "L[0-9]{7}", "patients.key", "encounters.csv 2", "old numbers look another way")
	p.Numbering[1].Pattern, p.Numbering[1].Example = "E[0-9]{1,9}", "E1"
	s.runs(p)
	s.does(course.Profile)
	r := b.get("/onboard/R1K")
	r.has(t, "against the org pack: 0 of ", "E[0-9]{1,9}")
	r.lacks(t, "encounters.csv 2")
}

// TestReturnsAtThePages: an organisation's page lists what it owes and how often, and
// its run has a sign-off for each.
func TestReturnsAtThePages(t *testing.T) {
	s := newStage(t)
	s.joiners()
	b := s.as("local")
	b.get("/onboard/R1K").lacks(t, "Returns that it owes")
	s.runs(s.packOf("R1K"))
	r := b.get("/onboard/R1K")
	r.has(t, "Returns that it owes", "Emergency care data set", "Every day", "Every quarter")
	b.post("/onboard/R1K/run", "do", "start", "kind", "rehearsal")
	b.get("/onboard/R1K").has(t, "KH03 was produced from the joined record and compared with the last one from the old system", "Head of information")
	s.as("").get("/onboard/R1K/timeline").lacks(t, "KH03")
}
