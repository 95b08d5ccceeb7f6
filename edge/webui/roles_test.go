package webui_test

import (
	"net/http"
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
	"concord/record/account"
)

const canary = "CANARYCLINICAL"

// withCanary is a stage whose patient has a clinical word on every page that
// may show one.
func withCanary(t *testing.T) (*stage, string) {
	s := newStage(t)
	s.now = today
	p := "Patient/" + s.write("R1K", "REG-1", patientJSON("p", "R1K", "1002345", "9990000018", "01", "Okonkwo", "Adaeze", "Mrs", "1948-03-14", "female", home))[0].ID
	s.write("R1K", "ALL-1",
		`{"resourceType":"AllergyIntolerance","code":{"text":"`+canary+`"},"patient":{"reference":"`+p+`"}}`,
		`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"`+canary+`"},"subject":{"reference":"`+p+`"}}`,
		`{"resourceType":"Flag","status":"active","code":{"text":"`+canary+`"},"subject":{"reference":"`+p+`"}}`,
		`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"`+canary+`"},"subject":{"reference":"`+p+`"}}`,
		`{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"type":[{"text":"`+canary+`"}],"subject":{"reference":"`+p+`"},"period":{"start":"2026-11-01T10:00:00Z"}}`,
		`{"resourceType":"Appointment","status":"booked","description":"`+canary+`","start":"2026-12-01T10:00:00Z","participant":[{"actor":{"reference":"`+p+`"},"status":"accepted"}]}`,
		letter(p, canary, canary, canary, today.AddDate(0, 0, -3)),
		observation(p, "laboratory", "718-7", canary, "100", "g/L", "", "", today.AddDate(0, 0, -2)))
	return s, s.personOf("9990000018")
}

func TestClinicalTextStaysWithClinicians(t *testing.T) {
	s, id := withCanary(t)
	sections := []string{"", "timeline", "obs", "results", "results/code:718-7", "medicines", "allergies", "problems",
		"documents", "encounters", "appointments", "demographics", "item/Condition/x", "?asat=2026-11-22"}
	reg := s.as("registrar")
	for _, p := range []string{"", "timeline", "results", "medicines", "allergies", "problems", "documents", "encounters", "appointments"} {
		reg.get("/p/"+id+"/"+p).has(t, canary)
	}
	for _, role := range []string{"reception", "engineer", "steward", "admin"} {
		b := s.as(role)
		for _, p := range append(sections, "documents/DocumentReference~x", "encounters/x") {
			r := b.get("/p/" + id + "/" + p)
			r.lacks(t, canary)
			open := p == "demographics" && (role == "reception" || role == "steward")
			if open != (r.status == http.StatusOK) {
				t.Errorf("%s on %q: %d", role, p, r.status)
			}
			if role == "engineer" || role == "admin" {
				r.lacks(t, "Okonkwo", "OKONKWO", "Kenton")
			}
		}
	}
	s.as("reception").get("/find?q=okonkwo").has(t, "OKONKWO, Adaeze (Mrs)")
	s.as("reception").get("/p/"+id+"/demographics").lacks(t, "llerg", canary)
	for _, role := range []string{"engineer", "admin"} {
		r := s.as(role).get("/find?q=okonkwo")
		if r.status != http.StatusForbidden {
			t.Errorf("%s finds people: %d", role, r.status)
		}
		r.lacks(t, "Adaeze")
	}
}

func TestWhoOpensWhichWorkPage(t *testing.T) {
	s := newStage(t)
	s.feedMessages()
	may := map[string][]string{
		"/feeds": {"engineer"}, "/feeds/RYJ-pas": {"engineer"}, "/feeds/messages/1": {"engineer"},
		"/mpi/review": {"steward"}, "/admin/accounts": {"admin"}, "/find?q=okonkwo": {"registrar", "reception", "steward"},
	}
	for _, role := range []string{"registrar", "reception", "engineer", "steward", "admin"} {
		b := s.as(role)
		for path, who := range may {
			allowed := strings.Contains(strings.Join(who, " "), role)
			want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[allowed]
			if r := b.get(path); r.status != want {
				t.Errorf("%s on %s: %d", role, path, r.status)
			}
		}
	}
	for _, path := range []string{"/", "/find?q=x", "/p/x/", "/feeds", "/admin/accounts", "/help"} {
		if r := s.as("").get(path); r.status != http.StatusSeeOther || !strings.HasPrefix(r.to, "/sign-in") {
			t.Errorf("nobody on %s: %d %s", path, r.status, r.to)
		}
	}
}

// TestMessagesOfAnotherOrganisation: what comes in for one organisation is opened, put
// back and set aside by its own people and the domain's, and by nobody of another.
func TestMessagesOfAnotherOrganisation(t *testing.T) {
	s := newStage(t)
	s.feedMessages() // of RYJ
	for name, org := range map[string]string{"elsewhere": "R1K", "domain": access.Domain} {
		_, err := s.office().Create(s.ctx, account.Application{Name: name, Display: "Wei Lim", Password: password, Role: access.Engineer, Org: org})
		s.must(err)
	}
	b := s.as("elsewhere")
	page := b.get("/feeds/messages/1")
	page.has(t, "another organisation’s")
	page.lacks(t, "Open the content", "Put back", "Set aside")
	for path, form := range map[string][]string{"/feeds/messages/1": {"reason", "date of birth rejected"}, "/feeds/replay": {"feed", "RYJ-pas", "seq", "1"}, "/feeds/close": {"seq", "1", "reason", "not ours"}} {
		r := b.post(path, form...)
		if r.status != http.StatusForbidden {
			t.Errorf("%s: %d", path, r.status)
		}
		r.lacks(t, "CANARYSURNAME")
	}
	s.as("domain").post("/feeds/messages/1", "reason", "date of birth rejected").has(t, "CANARYSURNAME")
}

func TestMessageContentIsMasked(t *testing.T) {
	s := newStage(t)
	s.feedMessages()
	b := s.as("engineer")
	b.get("/feeds/messages/1").lacks(t, "CANARYSURNAME")
	b.get("/feeds/RYJ-pas?state=dead").lacks(t, "CANARYSURNAME")
	if r := b.post("/feeds/messages/1", "reason", " x "); r.status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", r.status)
	} else {
		r.lacks(t, "CANARYSURNAME")
	}
	b.post("/feeds/messages/1", "reason", "date of birth rejected").has(t, "CANARYSURNAME", "Taken apart")
	if r := s.as("registrar").post("/feeds/messages/1", "reason", "curious about it"); r.status != http.StatusForbidden {
		t.Errorf("a clinician opens a message: %d", r.status)
	}
	if r := s.as("admin").post("/feeds/replay", "feed", "RYJ-pas", "seq", "1"); r.status != http.StatusForbidden {
		t.Errorf("an administrator replays: %d", r.status)
	}
	if r := b.post("/feeds/replay", "feed", "RYJ-pas", "seq", "1"); r.to != "/feeds/RYJ-pas?put-back=1" {
		t.Errorf("replay: %d %s", r.status, r.to)
	}
	list, err := s.desk.For(engineerOf(), reasonOf()).Messages(s.ctx, record.MessageFilter{Feed: "RYJ-pas", States: []record.State{record.Parked}})
	s.must(err)
	if len(list) != 0 {
		t.Errorf("still dead: %d", len(list))
	}
}
