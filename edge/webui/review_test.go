package webui_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// duplicate files a woman at two trusts, the second time without her NHS number
// and at another address, and gives the ids of her entries.
func (s *stage) duplicate() (a, b string) {
	s.t.Helper()
	entry := func(org, number, more string) string {
		text := `{"resourceType":"Patient","id":"x","identifier":[{"system":"urn:concord:` + org + `:hospital-number","value":"` + number + `"}` + more +
			`],"active":true,"name":[{"use":"official","family":"Penhaligon","given":["Liwen"]}],"gender":"female","birthDate":"1971-06-12"}`
		return s.write(org, org+number, text)[0].ID
	}
	a = entry("R1K", "700001", `,{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000409"}`)
	b = entry("RYJ", "800002", "")
	allergy := `{"resourceType":"AllergyIntolerance","id":"y","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},` +
		`"code":{"text":"Penicillin V of the other trust"},"patient":{"reference":"Patient/` + b + `"}}`
	s.write("RYJ", "allergy", allergy)
	return a, b
}

func (s *stage) whoIs(entry string) string {
	s.t.Helper()
	it, err := s.client("R1K").Read(s.ctx, "Patient", entry)
	s.must(err)
	for l := range it.Resource.Get("link").Each() {
		if l.StrAt("type") == "refer" {
			return strings.TrimPrefix(l.StrAt("other.reference"), "Patient/")
		}
	}
	s.t.Fatal("no person")
	return ""
}

// TestStewardDecides: nothing moves before it was shown what would; who is not
// a steward decides nothing.
func TestStewardDecides(t *testing.T) {
	s := newStage(t)
	a, b := s.duplicate()
	p, q := s.whoIs(a), s.whoIs(b)
	g := s.as("steward")
	page := g.get("/mpi/review")
	page.has(t, "May be one person", "How the likelihood adds up", "before comparing", `value="`+a+`"`, `value="`+b+`"`)
	page.lacks(t, "Penicillin")
	shown := g.post("/mpi/review", "do", "join", "a", a, "b", b, "why", "same handwriting")
	shown.has(t, "Check what moves", q, p)
	if s.whoIs(b) != q {
		t.Fatal("it moved before it was asked for")
	}
	for _, role := range []string{"registrar", "reception", "engineer", "admin"} {
		if r := s.as(role).post("/mpi/review", "do", "join", "a", a, "b", b, "sure", "yes"); r.status != http.StatusForbidden {
			t.Errorf("%s joins: %d", role, r.status)
		}
	}
	done := g.post("/mpi/review", "do", "join", "a", a, "b", b, "why", "same handwriting", "sure", "yes")
	if !strings.HasPrefix(done.to, "/mpi/review?done=") || s.whoIs(b) != p {
		t.Fatalf("joined: %d %s", done.status, done.to)
	}
	g.get(done.to).has(t, "Your decision is kept", "Undo it", "same handwriting", "Joined as one person")
	g.get("/mpi/"+q).lacks(t, "Penicillin")
	if r := g.get("/mpi/" + q); r.to != "/mpi/"+p {
		t.Errorf("the old id leads to %q", r.to)
	}
	g.get("/mpi/"+p).has(t, "Unlink", "700001", "800002")
	if r := g.post("/mpi/review", "do", "join", "a", a, "b", b, "sure", "yes"); r.status != http.StatusConflict {
		t.Errorf("joined twice: %d", r.status)
	}
	if r := g.post("/mpi/review", "do", "unlink", "a", b, "sure", "yes"); s.whoIs(b) != q {
		t.Errorf("unlinked: %d", r.status)
	}
	if r := g.post("/mpi/review", "do", "sing", "a", a, "b", b, "sure", "yes"); r.status < 400 {
		t.Errorf("a verb that is none: %d", r.status)
	}
}

// TestJourneyOfADuplicate: a duplicate arrives, a steward joins, a clinician
// sees one record, the steward undoes it, and both records are as before: in a
// real browser.
func TestJourneyOfADuplicate(t *testing.T) {
	ctx := chromium(t)
	s := newStage(t)
	a, b := s.duplicate()
	p, q := s.whoIs(a), s.whoIs(b)
	sees := func(who, path string, at string) string {
		var text string
		s.must(chromedp.Run(ctx, network.ClearBrowserCookies(), network.SetCookies(s.as(who).cookies()),
			chromedp.Navigate(s.server.URL+path), chromedp.WaitVisible(at, chromedp.ByQuery), chromedp.Text("main", &text, chromedp.ByQuery)))
		return text
	}
	allergies := "/p/" + p + "/allergies"
	if text := sees("registrar", allergies, "h1"); strings.Contains(text, "Penicillin V of the other trust") {
		t.Fatal("the other trust's allergy is seen before the join")
	}
	sees("steward", "/mpi/review", `button[value="join"]`)
	s.must(chromedp.Run(ctx, chromedp.SendKeys(`input[name="why"]`, "seen both letters", chromedp.ByQuery),
		chromedp.Click(`button[value="join"]`, chromedp.ByQuery), chromedp.WaitVisible(`input[name="sure"] + button`, chromedp.ByQuery),
		chromedp.Click(`input[name="sure"] + button`, chromedp.ByQuery), chromedp.WaitVisible(`#done`, chromedp.ByQuery)))
	if s.whoIs(b) != p {
		t.Fatal("the steward's join did not join")
	}
	if text := sees("registrar", allergies, "h1"); !strings.Contains(text, "Penicillin V of the other trust") {
		t.Error("the clinician does not see the other trust's allergy")
	}
	sees("steward", "/mpi/review", `button[value="take-back"]`)
	s.must(chromedp.Run(ctx, chromedp.Click(`button[value="take-back"]`, chromedp.ByQuery), chromedp.WaitVisible(`input[name="sure"] + button`, chromedp.ByQuery),
		chromedp.Click(`input[name="sure"] + button`, chromedp.ByQuery), chromedp.WaitVisible(`#done`, chromedp.ByQuery)))
	if s.whoIs(a) != p || s.whoIs(b) != q {
		t.Errorf("after the undoing: %s and %s, before the join %s and %s", s.whoIs(a), s.whoIs(b), p, q)
	}
	if text := sees("registrar", allergies, "h1"); strings.Contains(text, "Penicillin V of the other trust") {
		t.Error("the other trust's allergy is still seen")
	}
	if text := sees("registrar", "/p/"+q+"/allergies", "h1"); !strings.Contains(text, "Penicillin V of the other trust") {
		t.Error("the other record has lost its allergy")
	}
}
