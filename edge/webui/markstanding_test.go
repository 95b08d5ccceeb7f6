package webui_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// coded gives a letter a code of its kind.
func coded(letter string) string {
	return strings.Replace(letter, `"type":{`, `"type":{"coding":[{"system":"urn:r1k:letters","code":"GUM-LETTER"}],`, 1)
}

// TestStandingSealOnPages: an officer seals by a code, and a letter with what comes
// later like it; the pages say what stands, without what was recorded, and take it
// back. A code that is none is told where it was written. A clinician seals from the
// letter's own page.
func TestStandingSealOnPages(t *testing.T) {
	s, id, ref := sealable(t)
	g, far, owner := s.as("guardian"), s.as("registrar"), s.as("owner")
	entry := regexp.MustCompile(`value="(Patient/[^"]+)"`).FindStringSubmatch(g.get("/p/" + id + "/marks").body)[1]
	page := "/p/" + id + "/marks"
	g.get(page).has(t, "Seal by a code", "Nothing that your organisation records later will be sealed when it comes.")
	letters := func() int { return strings.Count(far.get("/p/"+id+"/documents").body, canary) }
	later := func(control string) {
		t.Helper()
		s.write("R1K", control, coded(letter(entry, canary, canary, canary, today.AddDate(0, 0, -1))))
	}
	for _, wrong := range [][2]string{{"http://snomed.info/sct", ""}, {"http://snomed.info/sct", "not a code"}, {"http://snomed.info/sct", "165816006"}, {"", "165816005"}, {"", "urn:x|"}, {"http://hl7.org/fhir/sid/icd-10", "B"}, {"", "<script>alert(1)</script>"}} {
		r := g.post(page, "bycode", "yes", "do", "seal", "system", wrong[0], "code", wrong[1])
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d %s", wrong, r.status, r.to)
		}
		r.has(t, "There is a problem", `href="#code"`)
		r.lacks(t, "<script>alert")
	}
	ask := g.post(page, "bycode", "yes", "do", "lock", "system", "http://hl7.org/fhir/sid/icd-10", "code", "b20")
	ask.has(t, "Seal and lock, with what comes later", "<strong>ICD-10 B20</strong>", `name="code" value="http://hl7.org/fhir/sid/icd-10|B20"`, "Sexual health", "Leave it as it is")
	r := g.post(page, "bycode", "yes", "do", "lock", "code", "http://hl7.org/fhir/sid/icd-10|B20", "sure", "yes", "why", "short")
	r.has(t, "Say in 10 to 500 characters why.")
	r = g.post(page, "bycode", "yes", "do", "lock", "code", "http://hl7.org/fhir/sid/icd-10|B20", "sure", "yes", "why", whyMarked)
	if r.status != http.StatusSeeOther {
		t.Fatalf("sealed by a code: %d", r.status)
	}
	g.get(r.to).has(t, "Done", "ICD-10 B20", "Sealed and locked", whyMarked, "guardian")

	r = g.post(page, append(g.get(page).asked(t, "seal", ref), "later", "yes", "sure", "yes", "why", whyMarked)...)
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("a letter without a code: %d", r.status)
	}
	r.has(t, "It has no code by which what comes later could be known", `href="#later"`)
	ref = "DocumentReference/" + s.write("R1K", "MDM-0", coded(letter(entry, canary, canary, canary, today.AddDate(0, 0, -2))))[0].ID
	seal := g.get(page+"/"+ref).asked(t, "seal", ref)
	g.post(page, seal...).has(t, "what comes later, until this is taken back")
	before := letters()
	r = g.post(page, append(seal, "later", "yes", "sure", "yes", "why", whyMarked)...)
	if r.status != http.StatusSeeOther {
		t.Fatalf("sealed with what comes later: %d", r.status)
	}
	done := g.get(r.to)
	done.has(t, "The code of "+ref, "With what comes later")
	done.lacks(t, canary)
	later("MDM-2")
	if n := letters(); n >= before {
		t.Errorf("another trust's page shows %d before and %d after", before, n)
	}
	closed := letters()
	owner.get("/p/"+id+"/documents").has(t, canary)
	s.as("guardian").get("/privacy/explain?user=registrar&patient="+id+"&resource="+ref).has(t, "Seals that stand", whyMarked)
	of := regexp.MustCompile(`(?s)The code of ` + ref + `.*?name="of" value="([^"]+)"`).FindStringSubmatch(g.get(page).body)
	if r = g.post(page, "of", of[1], "sure", "yes", "why", whyMarked); r.status != http.StatusSeeOther {
		t.Fatalf("taken back: %d", r.status)
	}
	if n := letters(); n <= before {
		t.Errorf("taken back, and %d are shown", n)
	}
	item := page + "/" + ref
	r = owner.post(page, append(owner.get(item).asked(t, "seal", ref), "later", "yes", "sure", "yes", "why", whyMarked)...)
	if r.status != http.StatusSeeOther || letters() != closed {
		t.Errorf("by a clinician: %d", r.status)
	}
	if r := owner.post(page, "bycode", "yes", "do", "seal", "code", "urn:x|1", "sure", "yes", "why", whyMarked); r.status != http.StatusForbidden {
		t.Errorf("a clinician seals by a code: %d", r.status)
	}
}

// TestStandingSealInBrowser: an officer seals by a code with a real browser; the form,
// the question why, the list of what stands and the explanation are for everybody
// (axe-core), also on a narrow screen.
func TestStandingSealInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	axe, err := os.ReadFile(filepath.Join("testdata", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := chromium(t)
	s, id, ref := sealable(t)
	b := s.as("guardian")
	page := s.server.URL + "/p/" + id + "/marks"
	check := func() chromedp.Action {
		return chromedp.ActionFunc(func(ctx context.Context) error {
			var result string
			if err := chromedp.Evaluate(string(axe), nil).Do(ctx); err != nil {
				return err
			}
			if err := chromedp.Evaluate(runAxe, &result, awaited).Do(ctx); err != nil {
				return err
			}
			s.report(t, result)
			return nil
		})
	}
	var done string
	var narrow int
	s.must(chromedp.Run(ctx, network.SetCookies(b.cookies()), chromedp.Navigate(page), check(),
		chromedp.SetValue(`#system`, "http://hl7.org/fhir/sid/icd-10"), chromedp.SendKeys(`#code`, "B20"), chromedp.Click(`[aria-labelledby=h-bycode] button`),
		chromedp.WaitVisible(`#why`), check(), chromedp.SendKeys(`#why`, whyMarked), chromedp.Click(`main form button`),
		chromedp.WaitVisible(`[aria-labelledby=h-standing] table`), check(), chromedp.Text(`main`, &done),
		emulation.SetDeviceMetricsOverride(320, 640, 1, false), chromedp.Evaluate(`document.documentElement.scrollWidth`, &narrow),
		chromedp.Navigate(s.server.URL+"/privacy/explain?user=registrar&patient="+id), check(),
		chromedp.Navigate(page+"/"+ref), check()))
	if !strings.Contains(done, "Seal, with what comes later: done.") || !strings.Contains(done, "ICD-10 B20") || narrow > 320 {
		t.Errorf("%d wide, %.600s", narrow, done)
	}
}
