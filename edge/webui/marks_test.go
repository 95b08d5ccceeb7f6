package webui_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"concord/record/access"
	"concord/record/account"
)

const whyMarked = "the patient asked for it by letter"

// sealable is a stage with a letter and a result of R1K, whose patient RQM looks
// after; an officer and a clinician of R1K sign in beside the registrar of RQM.
func sealable(t *testing.T) (s *stage, id, letterRef string) {
	s = newStage(t)
	s.now, s.alone = today, true
	p := "Patient/" + s.write("R1K", "REG-1", patientJSON("p", "R1K", "1002345", "9990000018", "01", "Okonkwo", "Adaeze", "Mrs", "1948-03-14", "female", home))[0].ID
	letterRef = "DocumentReference/" + s.write("R1K", "MDM-1", letter(p, canary, canary, canary, today.AddDate(0, 0, -3)))[0].ID
	for _, org := range []string{"RQM", "R1K"} {
		s.write(org, "ADT-"+org, `{"resourceType":"Encounter","status":"in-progress","class":{"code":"IMP"},"subject":{"reference":"`+p+`"},"period":{"start":"2026-11-20T10:00:00Z"}}`)
	}
	for _, a := range []account.Application{
		{Name: "guardian", Display: "Pia Officer", Role: access.Privacy, Org: "R1K", Password: password},
		{Name: "owner", Display: "Dr Ola Owner", Role: access.Clinician, Org: "R1K", Password: password},
	} {
		_, err := s.office().Create(s.ctx, a)
		s.must(err)
	}
	s.must(s.office().AddWorkgroup(s.ctx, account.Workgroup{Org: "R1K", Code: "GUM", Name: "Sexual health"}))
	return s, s.personOf("9990000018"), letterRef
}

// asked gives the fields of the form that a button of a page sends.
func (r reply) asked(t *testing.T, do, ref string) []string {
	t.Helper()
	form := regexp.MustCompile(`(?s)<form method="post"[^>]*>\s*<input type="hidden" name="do" value="` + do + `">\s*<input type="hidden" name="ref" value="` + ref + `">\s*<input type="hidden" name="seen" value="(\d+)">`)
	m := form.FindStringSubmatch(r.body)
	if m == nil {
		t.Fatalf("no button to %s %s", do, ref)
	}
	return []string{"do", do, "ref", ref, "seen", m[1]}
}

// TestOfficerMarksOnPages: a privacy officer seals a letter without seeing what
// it says, is asked why, and takes it back; likewise restriction, watch and
// objections. Every page works without script.
func TestOfficerMarksOnPages(t *testing.T) {
	s, id, ref := sealable(t)
	g, far := s.as("guardian"), s.as("registrar")
	if r := g.get("/privacy/marks?patient=999+000+0018"); r.to != "/p/"+id+"/marks" {
		t.Fatalf("by NHS number: %d %s", r.status, r.to)
	}
	for _, none := range []string{"9990000026", "123", "99900000181", "9990000019", "a/b"} {
		if r := g.get("/privacy/marks?patient=" + url.QueryEscape(none)); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "Nobody here has that NHS number.") {
			t.Errorf("%s, which nobody has: %d", none, r.status)
		}
	}
	g.get("/privacy").has(t, `href="/privacy/marks"`)
	g.get("/p/"+id+"/demographics").has(t, `href="/p/`+id+`/marks"`)
	page := g.get("/p/" + id + "/marks")
	page.has(t, "OKONKWO", "Letter or document", ref, "None is written down", "Nothing was marked on this page yet")
	page.lacks(t, canary)
	if r := g.get("/p/" + id + "/marks?item=Observation/k3v9x2ab-12"); r.to != "/p/"+id+"/marks/Observation/k3v9x2ab-12" {
		t.Errorf("by its reference: %d %s", r.status, r.to)
	}
	for _, none := range []string{"x", "Observation", "Doctor/1", "Observation/<b>", "//example.org/x"} {
		if r := g.get("/p/" + id + "/marks?item=" + url.QueryEscape(none)); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "with a slash between them") {
			t.Errorf("%s as a reference: %d %s", none, r.status, r.to)
		}
	}
	letters := func() string { return far.get("/p/" + id + "/documents").body }
	if !strings.Contains(letters(), canary) {
		t.Fatal("the letter is not read before it is sealed")
	}
	do := func(name, ref string, more ...string) string {
		t.Helper()
		ask := []string{"do", name, "ref", ref}
		if ref != "" {
			ask = g.get("/p/"+id+"/marks").asked(t, name, ref)
		}
		ask = append(ask, more...)
		if r := g.post("/p/"+id+"/marks", ask...); r.status != http.StatusOK || !strings.Contains(r.body, "Leave it as it is") {
			t.Fatalf("%s does not ask why: %d %s", name, r.status, r.to)
		}
		r := g.post("/p/"+id+"/marks", append(ask, "sure", "yes", "why", " short ")...)
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s without a reason: %d", name, r.status)
		}
		r.has(t, "Say in 10 to 500 characters why.", `value=" short "`)
		r = g.post("/p/"+id+"/marks", append(ask, "sure", "yes", "why", whyMarked)...)
		if r.status != http.StatusSeeOther || !strings.HasPrefix(r.to, "/p/"+id+"/marks?done=") {
			t.Fatalf("%s: %d %s", name, r.status, r.to)
		}
		after := g.get(r.to)
		after.has(t, "Done", "Take it back", whyMarked)
		after.lacks(t, canary)
		of := regexp.MustCompile(`name="of" value="([^"]+)"`).FindStringSubmatch(after.body)
		return of[1]
	}
	sealed := do("seal", ref)
	if body := letters(); strings.Contains(body, canary) || !strings.Contains(body, "1 item withheld") {
		t.Error("the letter is sealed, and another trust's page shows it, or does not say that something is withheld")
	}
	back := []string{"of", sealed}
	g.post("/p/"+id+"/marks", back...).has(t, "Take a marking back", "Leave it as it is")
	if r := g.post("/p/"+id+"/marks", append(back, "sure", "yes", "why", whyMarked)...); r.status != http.StatusSeeOther {
		t.Fatalf("taken back: %d", r.status)
	}
	if !strings.Contains(letters(), canary) {
		t.Error("the seal is taken back, and the letter is not read")
	}
	do("lock", ref, "team", "GUM")
	if body := letters(); strings.Contains(body, canary) || strings.Contains(body, "withheld") {
		t.Error("what is locked is shown, or told of")
	}
	if body := s.as("owner").get("/p/" + id + "/documents").body; strings.Contains(body, canary) {
		t.Error("outside its workgroup the letter is shown")
	}
	if r := g.post("/p/"+id+"/marks", "do", "lock", "ref", ref, "team", "NONE", "sure", "yes", "why", whyMarked); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a workgroup that is none: %d", r.status)
	}

	entry := regexp.MustCompile(`value="(Patient/[^"]+)"`).FindStringSubmatch(g.get("/p/" + id + "/marks").body)[1]
	do("restrict", entry)
	far.get("/p/"+id+"/demographics").lacks(t, "Kenton Road")
	do("watch-public", entry)
	do("unwatch", entry)
	do("unrestrict", entry)
	far.get("/p/"+id+"/demographics").has(t, "Kenton Road")

	do("object-shared", "")
	if strings.Contains(letters(), canary) {
		t.Error("objected to, and shown")
	}
	r := g.post("/p/"+id+"/marks", "do", "object-shared", "sure", "yes", "why", whyMarked)
	r.has(t, "This objection is written down already.")
	consent := regexp.MustCompile(`value="(Consent/[^"]+)"`).FindStringSubmatch(g.get("/p/" + id + "/marks").body)[1]
	do("withdraw", consent)
	g.get("/p/"+id+"/marks").has(t, "Withdrawn", "Objection to the shared record")
}

// TestClinicianSealsOnPages: a clinician of the organisation that wrote a letter
// seals it from its page; others are not shown the way, and refused.
func TestClinicianSealsOnPages(t *testing.T) {
	s, id, ref := sealable(t)
	own, far := s.as("owner"), s.as("registrar")
	way := "/p/" + id + "/marks/" + ref
	doc := "/p/" + id + "/documents/" + strings.Replace(ref, "/", "~", 1)
	own.get(doc).has(t, `href="`+way+`"`)
	far.get(doc).lacks(t, "/marks/")
	page := own.get(way)
	page.has(t, "This item", "Seal and lock")
	page.lacks(t, canary, "Restrict")
	ask := append(page.asked(t, "seal", ref), "sure", "yes", "why", whyMarked)
	if r := own.post("/p/"+id+"/marks", ask...); r.status != http.StatusSeeOther || !strings.HasPrefix(r.to, way+"?done=") {
		t.Fatalf("sealed: %d %s", r.status, r.to)
	}
	far.get("/p/"+id+"/documents").lacks(t, canary)
	own.get("/p/"+id+"/documents").has(t, canary)
	if r := own.post("/p/"+id+"/marks", ask...); r.status != http.StatusConflict {
		t.Errorf("of a version that is past: %d", r.status)
	}
	for who, status := range map[string]int{"registrar": http.StatusForbidden, "reception": http.StatusForbidden, "steward": http.StatusForbidden, "engineer": http.StatusForbidden, "admin": http.StatusForbidden} {
		b := s.as(who)
		for _, path := range []string{"/p/" + id + "/marks", "/privacy/marks"} {
			if r := b.get(path); r.status != status {
				t.Errorf("%s on %s: %d", who, path, r.status)
			}
		}
		if r := b.post("/p/"+id+"/marks", "do", "unseal", "ref", ref, "sure", "yes", "why", whyMarked); r.status != http.StatusForbidden && r.status != http.StatusNotFound {
			t.Errorf("%s unseals: %d", who, r.status)
		}
	}
	if r := own.get("/p/" + id + "/marks"); r.status != http.StatusForbidden {
		t.Errorf("a clinician on the officers' page: %d", r.status)
	}
}

// TestOfficerSealsInBrowser is the journey in Chromium with scripts switched off:
// from the list to the question why, an error, and back; axe-core is clean on each.
func TestOfficerSealsInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(chromium(t), time.Minute)
	defer stop()
	s, id, ref := sealable(t)
	check := func(where string) {
		t.Helper()
		var result string
		s.must(chromedp.Run(ctx, chromedp.Evaluate(string(axe), nil), chromedp.Evaluate(runAxe, &result, awaited)))
		s.report(t, result)
		s.shot(ctx, "marks-"+where)
	}
	button := `//form[.//input[@value="seal"] and .//input[@value="` + ref + `"]]//button`
	var focused, done string
	s.must(chromedp.Run(ctx, network.ClearBrowserCookies(), network.SetCookies(s.as("guardian").cookies()), emulation.SetScriptExecutionDisabled(true),
		chromedp.Navigate(s.server.URL+"/p/"+id+"/marks"), chromedp.WaitVisible("#h-items")))
	s.must(chromedp.Run(ctx, chromedp.Click(button, chromedp.BySearch), chromedp.WaitVisible("#why")))
	s.must(chromedp.Run(ctx, emulation.SetScriptExecutionDisabled(false)))
	check("why")
	s.must(chromedp.Run(ctx, chromedp.SendKeys("#why", "x\r"), chromedp.WaitVisible(".nhsuk-error-summary"),
		chromedp.Evaluate(`document.querySelector(".nhsuk-error-summary a").getAttribute("href")`, &focused)))
	check("error")
	s.must(chromedp.Run(ctx, chromedp.SendKeys("#why", whyMarked+"\r"), chromedp.WaitVisible(".nhsuk-notification-banner"), chromedp.Text("main", &done)))
	check("done")
	if focused != "#why" || !strings.Contains(done, "Seal: done.") || !strings.Contains(done, "Take it back") || strings.Contains(done, canary) {
		t.Errorf("%s %.600s", focused, done)
	}
}

// TestBannerOfEveryRecordPage: a page of the record that asks for nothing clinical of
// its own shows a clinician allergies and alerts all the same, and does not say that
// none are recorded.
func TestBannerOfEveryRecordPage(t *testing.T) {
	s, id, ref := sealable(t)
	subject := `{"reference":"Patient/` + id + `"}`
	s.write("R1K", "ADT-R1K", `{"resourceType":"AllergyIntolerance","patient":`+subject+`,"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"text":"Penicillin"}}`)
	s.write("R1K", "ADT-R1K", `{"resourceType":"Flag","status":"active","subject":`+subject+`,"code":{"text":"Difficult airway"}}`)
	own := s.as("owner")
	for _, path := range []string{"/p/" + id + "/demographics", "/p/" + id + "/access", "/p/" + id + "/marks/" + ref} {
		r := own.get(path)
		r.has(t, "Penicillin", "Difficult airway")
		r.lacks(t, "Allergies unavailable")
	}
	ask := own.get("/p/"+id+"/marks/"+ref).asked(t, "seal", ref)
	own.post("/p/"+id+"/marks", ask...).has(t, "Leave it as it is", "Penicillin", "Difficult airway")
}
