package webui_test

import (
	"net/http"
	"net/url"
	"testing"

	"concord/record"
	"concord/record/access"
	"concord/record/grant"
	"concord/standard/fhir"
)

const appVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

func encounterJSON(patient, status, words, labels string) string {
	return `{"resourceType":"Encounter",` + labels + `"status":"` + status + `","class":{"code":"IMP"},"type":[{"text":"` + words + `"}],"subject":{"reference":"Patient/` + patient + `"},"period":{"start":"2026-11-20T07:00:00Z"}}`
}

// stays are a patient with a stay that goes on, one that is locked and one that
// was withdrawn, and another patient with a stay.
func (s *stage) stays() (id string, open, locked, withdrawn, another string) {
	s.t.Helper()
	p := s.write("R1K", "REG-1", patientJSON("p", "R1K", "1002345", "9990000018", "01", "Okonkwo", "Adaeze", "Mrs", "1948-03-14", "female", home))[0].ID
	q := s.write("R1K", "REG-2", patientJSON("q", "R1K", "1002346", "9990000026", "01", "Whitby", "Tom", "Mr", "1950-01-02", "male", home))[0].ID
	lock := `"meta":{"security":[{"system":"` + access.Confidentiality + `","code":"V"}]},`
	r := s.write("R1K", "ADT-1", encounterJSON(p, "in-progress", "Emergency admission", ""), encounterJSON(p, "finished", "LOCKEDCANARY", lock),
		encounterJSON(p, "entered-in-error", "WITHDRAWNCANARY", ""), encounterJSON(q, "in-progress", "Another", ""))
	return s.personOf("9990000018"), r[0].ID, r[1].ID, r[2].ID, r[3].ID
}

// let agrees to the scopes named and gives what the app gets.
func (s *stage) let(b *browser, grants *grant.Registry, app *grant.App, consent string, scopes ...string) *grant.Tokens {
	s.t.Helper()
	pairs := []string{"do", "allow"}
	for _, x := range scopes {
		pairs = append(pairs, "scope", x)
	}
	r := b.post(consent, pairs...)
	u, err := url.Parse(r.to)
	s.must(err)
	tokens, err := grants.Redeem(s.ctx, app, u.Query().Get("code"), appBack, appVerifier)
	if err != nil {
		s.t.Fatalf("%d %s: %v", r.status, r.to, err)
	}
	return tokens
}

// TestOpenAnAppForAnEncounter: the app is told of the encounter that it was
// opened for, and of none that is another patient's or withheld.
func TestOpenAnAppForAnEncounter(t *testing.T) {
	s, grants, app := withApps(t)
	id, open, locked, withdrawn, another := s.stays()
	b := s.as("registrar")
	b.get("/p/"+id+"/encounters/"+open).has(t, `href="/p/`+id+`/apps?encounter=`+open+`"`)
	for _, page := range []string{"/p/" + id + "/apps", "/p/" + id + "/apps?encounter=" + open} {
		r := b.get(page)
		r.has(t, `<option value="`+open+`" selected>`, "Emergency admission, 20-Nov-2026, continues", "The whole record")
		r.lacks(t, "LOCKEDCANARY", "WITHDRAWNCANARY", locked, withdrawn, another)
	}
	for name, enc := range map[string]string{"another patient's": another, "locked": locked, "withdrawn": withdrawn, "unknown": "00000000-1", "hostile": `"><script>`} {
		if r := b.get("/p/" + id + "/apps?encounter=" + url.QueryEscape(enc)); r.status != http.StatusNotFound {
			t.Errorf("%s: the page is shown: %d", name, r.status)
		}
		if r := b.post("/p/"+id+"/apps", "app", app.ID, "encounter", enc); r.status != http.StatusNotFound || r.to != "" {
			t.Errorf("%s: opened: %d %s", name, r.status, r.to)
		}
	}
	launch := func(enc, scope string) string {
		t.Helper()
		u, err := url.Parse(b.post("/p/"+id+"/apps", "app", app.ID, "encounter", enc).to)
		s.must(err)
		return b.get(asks(app, "launch", u.Query().Get("launch"), "scope", scope)).to
	}
	consent := launch(open, "launch launch/encounter patient/*.rs")
	b.get(consent).has(t, "OKONKWO, Adaeze (Mrs)", "Emergency admission, 20-Nov-2026, continues", "Know which stay or contact you opened it for")
	got := s.let(b, grants, app, consent, "launch/encounter", "patient/*.rs")
	if got.Patient != id || got.Encounter != open || got.Scopes.String() != "launch launch/encounter patient/*.rs" {
		t.Errorf("%+v", got)
	}
	if got = s.let(b, grants, app, launch(open, "launch patient/*.rs"), "patient/*.rs"); got.Encounter != open {
		t.Errorf("by launch alone: %+v", got)
	}
	if got = s.let(b, grants, app, launch(open, "launch launch/encounter patient/*.rs"), "patient/*.rs"); got.Encounter != "" || got.Patient != id {
		t.Errorf("unticked: %+v", got)
	}
	if got = s.let(b, grants, app, launch("", "launch launch/encounter patient/*.rs"), "launch/encounter", "patient/*.rs"); got.Encounter != "" {
		t.Errorf("opened for the whole record: %+v", got)
	}
}

// TestEncounterIsAskedForAgain: what was open to the person when the app was
// opened, and is not any more, is neither shown at the consent nor passed on.
func TestEncounterIsAskedForAgain(t *testing.T) {
	s, _, app := withApps(t)
	id, open, _, _, _ := s.stays()
	b := s.as("registrar")
	u, err := url.Parse(b.post("/p/"+id+"/apps", "app", app.ID, "encounter", open).to)
	s.must(err)
	consent := b.get(asks(app, "launch", u.Query().Get("launch"), "scope", "launch launch/encounter patient/*.rs")).to
	b.get(consent).has(t, "Emergency admission")
	_, err = s.client("R1K").Transact(s.ctx, []record.Op{{Kind: record.Patch, Type: "Encounter", ID: open, Change: func(v *fhir.Value) (*fhir.Value, error) {
		return v.With("status", fhir.Of("entered-in-error")), nil
	}}}, record.Commit{})
	s.must(err)
	if r := b.get(consent); r.status != http.StatusNotFound {
		t.Errorf("the page still asks: %d", r.status)
	}
	if r := b.post(consent, "do", "allow", "scope", "patient/*.rs", "scope", "launch/encounter"); r.status != http.StatusNotFound {
		t.Errorf("let in: %d %s", r.status, r.to)
	}
}

// TestChooseAnEncounter: an app that begins by itself and asks for one has it
// chosen after the patient, among those that the person may see.
func TestChooseAnEncounter(t *testing.T) {
	s, grants, app := withApps(t)
	id, open, locked, _, another := s.stays()
	b := s.as("registrar")
	consent := b.get(asks(app, "scope", "launch/encounter patient/*.rs")).to
	b.get(consent).has(t, "Choose a patient for")
	b.post(consent, "do", "choose", "patient", id)
	page := b.get(consent)
	page.has(t, "Choose a stay or contact for Growth &lt;b&gt;chart", "OKONKWO, Adaeze (Mrs)", `<option value="`+open+`" selected>`)
	page.lacks(t, "LOCKEDCANARY", another)
	if r := b.post(consent, "do", "allow", "scope", "patient/*.rs"); r.status == http.StatusSeeOther && r.to != consent {
		t.Errorf("let in before it was chosen: %s", r.to)
	}
	for _, enc := range []string{locked, another, "x y"} {
		if r := b.post(consent, "do", "encounter", "encounter", enc); r.status != http.StatusNotFound {
			t.Errorf("%q is chosen: %d %s", enc, r.status, r.to)
		}
	}
	b.post(consent, "do", "encounter", "encounter", open)
	b.get(consent).has(t, "Let Growth &lt;b&gt;chart in?", "Emergency admission, 20-Nov-2026, continues", "Choose another patient")
	if got := s.let(b, grants, app, consent, "launch/encounter", "patient/*.rs"); got.Encounter != open || got.Patient != id {
		t.Errorf("%+v", got)
	}
	consent = b.get(asks(app, "scope", "launch/encounter patient/*.rs")).to
	b.post(consent, "do", "choose", "patient", id)
	b.post(consent, "do", "encounter", "encounter", open)
	b.post(consent, "do", "another")
	b.get(consent).has(t, "Choose a patient for")
	b.post(consent, "do", "choose", "patient", id)
	b.get(consent).has(t, "Choose a stay or contact for")
	b.post(consent, "do", "encounter", "encounter", "")
	if got := s.let(b, grants, app, consent, "launch/encounter", "patient/*.rs"); got.Encounter != "" || got.Patient != id {
		t.Errorf("none chosen: %+v", got)
	}
}
