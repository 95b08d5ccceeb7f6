package webui_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"concord/record/access"
	"concord/record/account"
)

// closedRecord is a stage whose patient the registrar has nothing to do with.
func closedRecord(t *testing.T) (*stage, string) {
	s := newStage(t)
	s.now, s.alone = today, true
	p := "Patient/" + s.write("R1K", "REG-1", patientJSON("p", "R1K", "1002345", "9990000018", "01", "Okonkwo", "Adaeze", "Mrs", "1948-03-14", "female", home))[0].ID
	s.write("R1K", "ALL-1",
		`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"`+canary+`"},"subject":{"reference":"`+p+`"}}`,
		`{"resourceType":"Condition","meta":{"security":[{"system":"`+access.Confidentiality+`","code":"R"}]},"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"SEALEDCANARY"},"subject":{"reference":"`+p+`"}}`,
		`{"resourceType":"Condition","meta":{"security":[{"system":"`+access.Confidentiality+`","code":"V"}]},"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"LOCKEDCANARY"},"subject":{"reference":"`+p+`"}}`)
	return s, s.personOf("9990000018")
}

// TestOpenAClosedRecord: without a relationship a clinician finds the person,
// sees who it is, and can open the record in one form, without script.
func TestOpenAClosedRecord(t *testing.T) {
	s, id := closedRecord(t)
	b := s.as("registrar")
	b.get("/find?q=okonkwo").has(t, "OKONKWO, Adaeze (Mrs)")
	b.get("/p/"+id+"/demographics").has(t, "OKONKWO")
	for _, page := range []string{"", "timeline", "problems", "documents", "results", "?asat=2026-11-22"} {
		r := b.get("/p/" + id + "/" + page)
		r.lacks(t, canary)
		if r.status != http.StatusSeeOther || !strings.HasPrefix(r.to, "/p/"+id+"/access?next=") {
			t.Errorf("%q: %d %s", page, r.status, r.to)
		}
	}
	b.get("/p/"+id+"/access?next=/p/"+id+"/problems").has(t, "Open this record", "Claim and open", "Break the glass", "1948")
	r := b.post("/p/"+id+"/access/claim", "claim-reason", "short")
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("a claim without a reason: %d", r.status)
	}
	r.has(t, "Say in 10 to 500 characters why.", `value="short"`)
	r = b.post("/p/"+id+"/access/claim", "claim-reason", "referred to our clinic by phone", "next", "/p/"+id+"/problems")
	if r.to != "/p/"+id+"/problems" {
		t.Errorf("on to %d %s", r.status, r.to)
	}
	r = b.get("/p/" + id + "/problems")
	r.has(t, canary, "You have claimed that you look after this patient", "1 item withheld")
	r.lacks(t, "SEALEDCANARY", "LOCKEDCANARY")
	if r := b.post("/p/"+id+"/access/claim", "claim-reason", "referred to our clinic by phone", "next", "https://evil.example/"); r.to != "/p/"+id+"/" {
		t.Errorf("led away to %s", r.to)
	}
	for _, role := range []string{"reception", "engineer", "admin", "steward"} {
		if r := s.as(role).post("/p/"+id+"/access/claim", "claim-reason", "I am only curious"); r.status != http.StatusForbidden {
			t.Errorf("%s claims: %d", role, r.status)
		}
	}
}

// TestBreakGlassPages: a lawful reason opens what is sealed for an hour, with a
// banner and a way to close it; the privacy officer is told and can ask why.
func TestBreakGlassPages(t *testing.T) {
	s, id := closedRecord(t)
	_, err := s.office().Create(s.ctx, account.Application{Name: "officer", Display: "Pia Officer", Role: access.Privacy, Password: password})
	s.must(err)
	s.must(s.office().Grant(s.ctx, "registrar", account.Profile{Role: access.Clinician, JobRole: "R8000", Org: "RQM", Activities: []string{"B0083"}}))
	a, err := s.accounts.Get(s.ctx, "registrar")
	s.must(err)
	s.must(s.office().EndProfile(s.ctx, "registrar", a.Profiles[0].Key))
	b := s.as("registrar")
	r := b.post("/p/"+id+"/access/glass", "glass-reason", "found unconscious at home")
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("without a lawful reason: %d", r.status)
	}
	r.has(t, "Choose the reason for which the law allows it.")
	if r = b.post("/p/"+id+"/access/glass", "lawful", "vital-interests", "glass-reason", "found unconscious at home"); r.status != http.StatusSeeOther {
		t.Fatalf("broken: %d", r.status)
	}
	r = b.get("/p/" + id + "/problems")
	r.has(t, "You have broken the glass", "closes in 60 minutes", "Close now", canary, "SEALEDCANARY")
	r.lacks(t, "LOCKEDCANARY")
	o := s.as("officer")
	page := o.get("/privacy/explain?user=registrar&patient=" + id)
	page.has(t, "Allowed, by break-glass", "What would change it", "direct care (TREAT)", "if the purpose were research (HRESCH)")
	page.lacks(t, canary, "OKONKWO", "Okonkwo")
	o.get("/privacy/explain?user=registrar&patient=999+000+0018").has(t, "Allowed, by break-glass")
	if r := o.get("/privacy/explain?user=registrar&patient=9990000026"); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "obody here has that NHS number") {
		t.Errorf("explained for a number that nobody has: %d", r.status)
	}
	page = o.get("/privacy")
	page.has(t, "Glass broken", "found unconscious at home", "Dr Maya Sharma")
	page.lacks(t, canary, "OKONKWO", "Okonkwo")
	at := regexp.MustCompile(`/privacy/cases/[0-9a-z]+`).FindString(page.body)
	o.get(at).has(t, "What was seen", "break-glass", "Emergency: the patient", "Choose one")
	if r := o.post(at, "state", "justified", "words", "  "); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "Say in 5 to 1000 characters why.") {
		t.Errorf("settled without words: %d", r.status)
	}
	if r := b.post(at, "state", "justified", "words", "I say so myself"); r.status != http.StatusForbidden {
		t.Errorf("a clinician settles a case: %d", r.status)
	}
	if r := o.post(at, "state", "queried", "words", "asked the consultant on call"); r.to != "/privacy?settled=queried" {
		t.Errorf("settled: %d %s", r.status, r.to)
	}
	o.get(at).has(t, "What has been done", "asked the consultant on call", "User asked")
	o.post(at, "state", "justified", "words", "a crash call, confirmed by the ward")
	o.get("/privacy").lacks(t, "found unconscious at home")
	o.get("/privacy?closed=yes").has(t, "Closed: justified", "found unconscious at home")
	if r := o.get("/privacy/cases/0000000000000000000000000000"); r.status != http.StatusNotFound {
		t.Errorf("a case that is none: %d", r.status)
	}
	if r := b.get("/privacy"); r.status != http.StatusForbidden {
		t.Errorf("a clinician reads the alerts: %d", r.status)
	}
	if r := o.get("/p/" + id + "/problems"); r.status == http.StatusOK {
		t.Error("a privacy officer reads problems")
	}
	b.post("/p/" + id + "/access/close")
	if r := b.get("/p/" + id + "/problems"); r.status != http.StatusSeeOther {
		t.Errorf("after it was closed: %d", r.status)
	}
	b.post("/p/"+id+"/access/glass", "lawful", "law", "glass-reason", "ordered by the coroner")
	s.now = s.now.Add(access.GlassLife - time.Second)
	b = s.as("registrar") // the other session has locked itself
	b.get("/p/"+id+"/problems").has(t, "less than 2 minutes")
	s.now = s.now.Add(2 * time.Second)
	if r := b.get("/p/" + id + "/problems"); r.status != http.StatusSeeOther {
		t.Errorf("after its time: %d", r.status)
	}
}
