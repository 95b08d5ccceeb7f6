package journey

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestStewardPreparesAJoining: a trust's rows have the codes of its old system
// and some of its patients may be people of the record. Its steward decides in a
// browser, the rest of the decisions come from a file, and the load goes by them.
func TestStewardPreparesAJoining(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	dir := t.TempDir()
	s := start(t, dir, "demo", "--people", "12")
	s.seeded(2 * time.Minute)
	packs := "../../demo/packs/"
	does := func(code int, says string, args ...string) string {
		t.Helper()
		out, got := run(t, args...)
		if got != code || !strings.Contains(out, says) {
			t.Fatalf("concord %s: exit %d, not %d:\n%s", strings.Join(args, " "), got, code, out)
		}
		return out
	}
	step := func(code int, says string, args ...string) { // of a joining, on this data folder
		t.Helper()
		does(code, says, append(append([]string{"onboard"}, args...), "--data", dir)...)
	}
	for _, org := range []string{"RYJ", "R1K"} {
		does(0, "added", "org", "apply", "--data", dir, packs+org)
		sample := filepath.Join(t.TempDir(), "extract")
		if org == "RYJ" {
			does(0, `"patients": 250`, "onboard", "sample", "--clean", "--org", org, "--patients", "250", "--seed", "4", sample)
		} else {
			does(0, `"patients": 200`, "onboard", "sample", "--clean", "--own", "--org", org, "--patients", "200", "--seed", "4", sample)
		}
		step(0, "trial 1", "stage", "--org", org, sample)
		step(0, "waiting lists:", "profile", "--org", org)
		if org == "RYJ" { // it is live, by the codes that all know
			step(0, "created", "load", "--org", org, "--as-sent", "the record of the demonstration", "--p95-factor", "0")
		}
	}
	step(0, "75 entries", "build", "catalogue", "--org", "QRV", packs+"QRV/catalogue")
	step(0, "entries of R1K", "build", "catalogue", "--org", "R1K", packs+"R1K/catalogue")
	step(0, "expected review", "match", "--org", "R1K")
	step(2, "items of the build are open", "load", "--org", "R1K")

	p := browse(t, s.http)
	p.signIn("steward.bianchi", demoPassword)
	if text := p.open("/onboard/R1K/build"); !strings.Contains(text, "Holds the load up") || !strings.Contains(text, "L-HYX25") {
		t.Errorf("the worklist shows no open code: %.500s", text)
	}
	p.open("/onboard/R1K/build/code?kind=units&code=mmol%2Fl")
	p.do(chromedp.SendKeys("#why", "as the domain writes it"), chromedp.Click(`button[value="map"]`), chromedp.WaitVisible("h1"), chromedp.Sleep(300*time.Millisecond))
	if at := p.url(); !strings.Contains(at, "/build/code?") || strings.Contains(at, "mmol") {
		t.Errorf("after a decision the next open code is not shown: %s", at)
	}
	if text := p.open("/onboard/R1K/build/code?kind=drugs&code=L-HYX25"); !strings.Contains(text, "Not the same drug: Hydralazine") {
		t.Errorf("the look-alike is not told: %.500s", text)
	}
	before := p.open("/onboard/R1K/matches")
	if !strings.Contains(before, "If joined") || !strings.Contains(before, "Not in the record yet") {
		t.Fatalf("no pair waits: %.500s", before)
	}
	p.do(chromedp.SendKeys("#why-0", "the notes agree"), chromedp.Click(`section.c-card button[value="part"]`), chromedp.WaitVisible("h1"), chromedp.Sleep(300*time.Millisecond))
	if text := p.here("decided"); !strings.Contains(text, "is kept: not the same person") {
		t.Errorf("the decision is not kept: %.500s", text)
	}
	p.open("/onboard/R1K/build/variances")
	p.signOut()
	p.signIn("steward.okafor", demoPassword) // of Imperial
	if text := p.open("/onboard/R1K/matches"); !strings.Contains(text, "Your role does not open this page") {
		t.Errorf("a steward of another trust sees the joiner's patients: %.300s", text)
	}

	step(0, "were taken in", "build", "take", "--org", "R1K", packs+"R1K/catalogue/build.yaml")
	step(0, "0 codes are open and rows have them", "build", "list", "--org", "R1K")
	step(0, "L-HYX25", "build", "variances", "--org", "R1K")
	step(0, `"resourceType":"ConceptMap"`, "build", "export", "--fhir", "--org", "R1K")
	step(0, "1 are decided", "review", "list", "--org", "R1K")
	step(0, "1 decisions of the rehearsal: done", "load", "--org", "R1K", "--p95-factor", "0")
	step(0, "removed: Patient", "undo", "--org", "R1K")
	step(0, "1 decisions of the rehearsal: done", "load", "--org", "R1K", "--p95-factor", "0")
	s.stop()
	does(0, "clean", "verify", "--data", dir)
}
