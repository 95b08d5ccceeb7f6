package fhirapi_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"concord/edge/fhirapi"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/record/audit"
	"concord/record/grant"
	"concord/standard/fhir"
	"concord/standard/validate"
)

// Apps come with tokens in a clinician's name. Two patients, Ann and Bob, are
// in the clinician's care; the apps' patient is Ann. Everything of Bob's says
// CANARY.

// appStage is the stage with apps.
type appStage struct {
	*stage
	accounts *account.Register
	grants   *grant.Registry
	ada      *account.Session
}

const (
	appPassword = "correct horse battery"
	appVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

func newAppStage(t *testing.T) *appStage {
	t.Helper()
	s := &appStage{stage: newStage(t)}
	ctx := context.Background()
	s.accounts = account.New(s.engine, s.options.Now, account.Sealed(make([]byte, 32)))
	s.grants = grant.New(s.engine, s.accounts, s.options.Now)
	s.options.Auth = s.grants
	s.handler = fhirapi.New(s.options)
	_, err := s.office.Create(ctx, account.Application{Name: "ada", Display: "Dr Ada", Password: appPassword, Role: access.Clinician, Org: "RYJ"})
	s.must(err)
	step, err := s.accounts.SignIn(ctx, "ada", appPassword, account.Attempt{Address: "10.0.0.1", Note: func(context.Context, *account.Account, error) error { return nil }})
	s.must(err)
	s.ada, err = s.accounts.Session(ctx, step.Session.Secret)
	s.must(err)
	s.story()
	return s
}

func (s *appStage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// create files a resource and keeps its id by a name.
func (s *appStage) create(name, body string) {
	s.t.Helper()
	typ := strings.SplitN(strings.SplitN(body, `"resourceType":"`, 2)[1], `"`, 2)[0]
	w := s.send(call{method: http.MethodPost, path: typ, body: body})
	if w.Code != http.StatusCreated {
		s.t.Fatalf("%s: %d %s", name, w.Code, w.Body)
	}
	s.names[name] = strings.Split(strings.SplitN(w.Header().Get("Location"), "/"+typ+"/", 2)[1], "/")[0]
}

const (
	laboratory = `"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}]`
	vitalSigns = `"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}]`
	theCode    = `"code":{"coding":[{"system":"http://loinc.org","code":"718-7"}],"text":"`
)

// story writes the two patients and a third whom the clinician has nothing to
// do with; Ann's and Bob's resources refer to each other wherever that is
// possible.
func (s *appStage) story() {
	s.create("ann", `{"resourceType":"Patient","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}],"name":[{"family":"Okonkwo","given":["Ann"]}],"birthDate":"1948-03-14","gender":"female"}`)
	s.create("bob", `{"resourceType":"Patient","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000026"},{"system":"urn:bob","value":"b1"}],"name":[{"family":"CANARYname","given":["Bob"]}],"birthDate":"1950-01-01","gender":"male",
		"link":[{"other":{"reference":"Patient/`+s.names["ann"]+`"},"type":"seealso"}]}`)
	s.create("cyd", `{"resourceType":"Patient","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000034"}],"name":[{"family":"STRANGERname"}],"birthDate":"1960-01-01","gender":"male"}`)
	s.create("dup", `{"resourceType":"Patient","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}],"name":[{"family":"CANARYdup","given":["Zeb"]}],"birthDate":"2001-07-07","gender":"male"}`)
	s.create("gp", `{"resourceType":"Practitioner","name":[{"text":"Dr Directory"}]}`)
	for _, who := range []string{"ann", "bob"} {
		word := map[string]string{"ann": "Own", "bob": "CANARY"}[who]
		s.create(who+"Enc", s.fill(`{"resourceType":"Encounter","status":"in-progress","class":{"code":"IMP"},"type":[{"text":"`+word+`"}],"subject":{"reference":"Patient/{`+who+`}"},"period":{"start":"2026-11-01T10:00:00Z"}}`))
		s.create(who+"Cond", s.fill(`{"resourceType":"Condition","code":{"text":"`+word+`cond"},"subject":{"reference":"Patient/{`+who+`}"},"encounter":{"reference":"Encounter/{`+who+`Enc}"}}`))
		s.create(who+"Vital", s.fill(`{"resourceType":"Observation","status":"final",`+vitalSigns+`,`+theCode+word+`vital"},"subject":{"reference":"Patient/{`+who+`}"},"valueString":"`+word+`"}`))
	}
	s.create("bobLab", s.fill(`{"resourceType":"Observation","status":"final","identifier":[{"system":"urn:o","value":"bob"}],`+laboratory+`,`+theCode+`CANARYlab"},"subject":{"reference":"Patient/{bob}"},"encounter":{"reference":"Encounter/{bobEnc}"},"focus":[{"reference":"Patient/{ann}"}],"effectiveDateTime":"2026-11-02"}`))
	s.create("annLab", s.fill(`{"resourceType":"Observation","status":"final",`+laboratory+`,`+theCode+`Ownlab"},"subject":{"reference":"Patient/{ann}"},"encounter":{"reference":"Encounter/{annEnc}"},"performer":[{"reference":"Practitioner/{gp}"}],
		"focus":[{"reference":"Patient/{bob}"}],"hasMember":[{"reference":"Observation/{bobLab}"}],"derivedFrom":[{"reference":"Observation/{annVital}"}],"effectiveDateTime":"2026-11-02"}`))
	s.create("bobList", s.fill(`{"resourceType":"List","status":"current","mode":"working","title":"CANARYlist","subject":{"reference":"Patient/{bob}"},"entry":[{"item":{"reference":"Observation/{bobLab}"}}]}`))
	s.create("cydObs", s.fill(`{"resourceType":"Observation","status":"final",`+laboratory+`,`+theCode+`STRANGERlab"},"subject":{"reference":"Patient/{cyd}"}}`))
	for _, who := range []string{"ann", "bob"} {
		c, err := s.operator().Chart(context.Background(), s.names[who], record.ChartQuery{})
		s.must(err)
		s.names[who+"Person"] = c.Person.ID
	}
}

// grant lets an app act for the clinician with Ann in context, where a scope
// asks for a patient, and gives its token.
func (s *appStage) grant(scopes string) string {
	s.t.Helper()
	if s.tokens[scopes] != "" {
		return s.tokens[scopes]
	}
	ctx, back := context.Background(), "https://app.example/back"
	app, err := s.grants.Register(ctx, grant.App{Name: "App", Redirects: []string{back}, Scopes: "launch/patient patient/*.cruds user/*.cruds"})
	s.must(err)
	s.must(s.grants.Office(s.operator()).Approve(ctx, app.ID, "RYJ"))
	app, err = s.grants.App(ctx, app.ID)
	s.must(err)
	ticket, err := s.grants.Ask(ctx, grant.Asked{App: app.ID, Redirect: back, State: "0123456789abcdef", Challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", Scopes: scopes}, s.ada)
	s.must(err)
	if grant.ParseScopes(scopes).NeedsPatient() {
		s.must(s.grants.Choose(ctx, ticket, s.names["annPerson"], s.ada))
	}
	_, code, err := s.grants.Allow(ctx, ticket, strings.Fields(scopes), s.ada)
	s.must(err)
	t, err := s.grants.Redeem(ctx, app, code, back, appVerifier)
	s.must(err)
	s.tokens[scopes] = t.Access
	return t.Access
}

// try sends a request with an app's token.
func (s *appStage) try(scopes, method, path, body string) *httptest.ResponseRecorder {
	s.t.Helper()
	s.grant(scopes)
	header := map[string]string{}
	if method == "PATCH" {
		header["Content-Type"] = "application/json-patch+json"
	}
	if strings.HasSuffix(path, "_search") {
		header["Content-Type"] = "application/x-www-form-urlencoded"
	}
	return s.send(call{method: method, path: path, body: body, scopes: scopes, header: header})
}

// pathsToBob is every path of the interface by which something of Bob's could
// get out.
func pathsToBob() [][3]string {
	batch := func(method, url, resource string) string {
		if resource != "" {
			resource = `"resource":` + resource + `,`
		}
		return `{"resourceType":"Bundle","type":"batch","entry":[{` + resource + `"request":{"method":"` + method + `","url":"` + url + `"}}]}`
	}
	return [][3]string{
		{"GET", "Patient/{bob}"}, {"GET", "Patient/{bobPerson}"}, {"GET", "Observation/{bobLab}"}, {"GET", "Condition/{bobCond}"},
		{"GET", "Patient/{bob}/_history/1"}, {"GET", "Observation/{bobLab}/_history/1"}, {"GET", "Patient/{bob}/_history"}, {"GET", "Observation/{bobLab}/_history"},
		{"GET", "Observation/_history"}, {"GET", "Patient/_history"}, {"GET", "_history"}, {"GET", "_history?_count=1"},
		{"GET", "Patient"}, {"GET", "Observation"}, {"GET", "Observation?_count=1"}, {"GET", "?_type=Observation,Patient,Condition"}, {"GET", "Patient?_id={bob}"}, {"GET", "Patient?_id={bobPerson}"},
		{"GET", "Patient?name=canaryn"}, {"GET", "Patient?birthdate=1950-01-01"}, {"GET", "Patient?identifier=9990000026"}, {"GET", "Patient?identifier=urn:bob|b1"},
		{"GET", "Observation?patient={bob}"}, {"GET", "Observation?patient={bobPerson}"}, {"GET", "Observation?subject=Patient/{bob}"}, {"GET", "Observation?code=718-7"}, {"GET", "Observation?code=http://loinc.org|718-7"},
		{"GET", "Observation?identifier=urn:o|bob"}, {"GET", "Observation?date=2026-11-02"}, {"GET", "Observation?_lastUpdated=gt2020"}, {"GET", "Observation?_sort=-date"}, {"GET", "Observation?_sort=code"},
		{"GET", "Observation?category=laboratory"}, {"GET", "Observation?patient.name=canaryn"}, {"GET", "Observation?subject:Patient.birthdate=1950-01-01"},
		{"GET", "Observation?encounter.type:text=can"}, {"GET", "Patient?_has:Observation:patient:code=718-7"}, {"GET", "Patient?_has:Observation:focus:code=718-7"},
		{"GET", "Observation?_include=*"}, {"GET", "Observation?_include=Observation:focus"}, {"GET", "Observation?_include=Observation:has-member&_include:iterate=Observation:subject"},
		{"GET", "Observation?_id={annLab}&_include:iterate=*"}, {"GET", "Patient?_id={ann}&_revinclude=Observation:focus"}, {"GET", "Patient?_id={ann}&_revinclude=Patient:link"}, {"GET", "Patient?_revinclude=Condition:patient"},
		{"GET", "Patient?_id={ann}&_revinclude=Observation:focus&_include:iterate=Observation:subject"}, {"GET", "Observation?has-member={bobLab}"}, {"GET", "Observation?focus=Patient/{bob}"},
		{"GET", "Observation?_list={bobList}"}, {"GET", "List"}, {"GET", "Observation?_content=canaryl"}, {"GET", "Observation?_text=canaryl"}, {"GET", "Observation?_filter=code%20eq%20718-7"}, {"GET", "Observation?_contained=both"},
		{"GET", "Observation?_elements=code"}, {"GET", "Observation?_summary=text"}, {"GET", "Observation?_summary=true"}, {"GET", "Observation?_explain=true&code=718-7"},
		{"POST", "Observation/_search", "code=718-7"}, {"POST", "_search", "_type=Observation"}, {"POST", "Patient/_search", "birthdate=1950-01-01"},
		{"GET", "Patient/{bob}/Observation"}, {"GET", "Patient/{bob}/*"}, {"GET", "Patient/{bobPerson}/*"}, {"GET", "Encounter/{bobEnc}/Observation"}, {"POST", "Patient/{bob}/Observation/_search", "code=718-7"},
		{"GET", "Patient/{bob}/$everything"}, {"GET", "Patient/{bobPerson}/$everything"}, {"POST", "Patient/{bob}/$everything"}, {"GET", "Encounter/{bobEnc}/$everything"},
		{"GET", "Observation/$lastn?patient={bob}"}, {"GET", "Observation/$lastn?code=718-7"}, {"GET", "Observation/$lastn?patient={bobPerson}&max=3"},
		{"POST", "Patient/$match", `{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient","name":[{"family":"canaryname","given":["bob"]}],"birthDate":"1950-01-01","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000026"}]}}]}`},
		{"GET", "Patient/$ihe-pix?sourceIdentifier=https://fhir.nhs.uk/Id/nhs-number|9990000026"}, {"GET", "Patient/{bob}/$who-has-looked"}, {"GET", "AuditEvent"}, {"GET", "AuditEvent?patient={bob}"}, {"GET", "Provenance"}, {"GET", "Provenance?target=Observation/{bobLab}"},
		{"GET", "Observation/{bobLab}/$meta"}, {"GET", "Observation/{bobLab}/$diff"}, {"GET", "$diff?from=Observation/{annLab}&to=Observation/{bobLab}"}, {"GET", "Observation/{bobLab}/$validate"},
		{"POST", "Observation/{bobLab}/$validate", `{"resourceType":"Parameters","parameter":[{"name":"mode","valueCode":"delete"}]}`},
		{"POST", "", batch("GET", "Observation/{bobLab}", "")}, {"POST", "", batch("GET", "Observation?_include=*", "")}, {"POST", "", batch("GET", "Patient/{bob}/$everything", "")}, {"POST", "", batch("GET", "_history", "")},
		{"PUT", "Observation/{bobLab}", `{"resourceType":"Observation","id":"{bobLab}","status":"final",` + laboratory + `,` + theCode + `x"},"subject":{"reference":"Patient/{bob}"}}`},
		{"PUT", "Observation/{bobLab}", `{"resourceType":"Observation","id":"{bobLab}","status":"final",` + laboratory + `,` + theCode + `x"},"subject":{"reference":"Patient/{ann}"}}`},
		{"PUT", "Observation?identifier=urn:o|bob", `{"resourceType":"Observation","status":"final",` + laboratory + `,` + theCode + `x"},"subject":{"reference":"Patient/{bob}"}}`},
		{"PATCH", "Observation/{bobLab}", `[{"op":"replace","path":"/status","value":"amended"}]`}, {"PATCH", "Patient/{bob}", `[{"op":"replace","path":"/gender","value":"female"}]`},
		{"DELETE", "Observation/{bobLab}"}, {"DELETE", "Observation?identifier=urn:o|bob"}, {"DELETE", "Patient/{bob}"},
		{"POST", "Observation", `{"resourceType":"Observation","status":"final",` + laboratory + `,` + theCode + `x"},"subject":{"reference":"Patient/{bob}"}}`},
		{"POST", "Observation", `{"resourceType":"Observation","status":"final",` + laboratory + `,` + theCode + `x"}}`},
		{"POST", "Patient", `{"resourceType":"Patient","name":[{"family":"New"}]}`}, {"POST", "Practitioner", `{"resourceType":"Practitioner","name":[{"text":"New"}]}`},
		{"POST", "", batch("PUT", "Observation/{bobLab}", `{"resourceType":"Observation","id":"{bobLab}","status":"final",`+theCode+`x"},"subject":{"reference":"Patient/{bob}"}}`)},
		{"POST", "", strings.Replace(batch("DELETE", "Observation/{bobLab}", ""), "batch", "transaction", 1)},
		{"POST", "Observation/{bobLab}/$meta-add", `{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"code":"x"}]}}]}`},
		{"POST", "Patient/$merge", `{"resourceType":"Parameters","parameter":[{"name":"source-patient","valueReference":{"reference":"Patient/{bob}"}},{"name":"target-patient","valueReference":{"reference":"Patient/{ann}"}}]}`},
		{"POST", "$reindex"}, {"GET", "$reindex"}, {"GET", "$meta"}, {"GET", "Observation/$meta"},
	}
}

// TestPatientScopedAppSeesOnePatient: a token that is of one patient gets
// nothing of another out by any path, nor changes anything there, with all the
// rights of its clinician and every letter for every type.
func TestPatientScopedAppSeesOnePatient(t *testing.T) {
	s := newAppStage(t)
	const scopes = "launch/patient patient/*.cruds"
	whole, reached := "user/*.cruds", 0
	before := s.send(call{path: "Observation/{bobLab}"}).Body.String()
	for _, p := range pathsToBob() {
		w := s.try(scopes, p[0], p[1], p[2])
		body := w.Body.String()
		if strings.Contains(body, "CANARY") || strings.Contains(body, "STRANGER") {
			t.Errorf("%s %s: %d lets out %.500s", p[0], p[1], w.Code, body)
		}
		if p[0] != "GET" && !strings.HasSuffix(p[1], "_search") && !strings.Contains(p[1], "$") && p[1] != "" && w.Code < 400 {
			t.Errorf("%s %s: %d writes: %.300s", p[0], p[1], w.Code, body)
		}
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Errorf("%s %s: %d %.300s", p[0], p[1], w.Code, body)
		}
		// The same clinician's app that is not held to one patient shows that
		// there is something to let out.
		if p[0] == "GET" && strings.Contains(s.try(whole, p[0], p[1], p[2]).Body.String(), "CANARY") {
			reached++
		}
	}
	if after := s.send(call{path: "Observation/{bobLab}"}).Body.String(); after != before {
		t.Errorf("Bob's observation was changed: %s", after)
	}
	if reached < 50 {
		t.Errorf("only %d paths show Bob to whom he may be shown: the test tells little", reached)
	}
	for _, path := range []string{"Observation?_summary=count", "Observation?_total=accurate&_count=1", "Observation?code=718-7&_summary=count", "Observation?category=laboratory,vital-signs&_total=accurate&_count=1"} {
		w := s.try(scopes, "GET", path, "")
		if !strings.Contains(w.Body.String(), `"total":2`) {
			t.Errorf("%s counts what it may not see: %.300s", path, w.Body)
		}
	}
	for _, path := range []string{"Patient/{ann}", "Patient/{annPerson}", "Observation/{annLab}", "Observation?patient={annPerson}", "Patient/{ann}/$everything", "Patient/{annPerson}/$everything",
		"Patient/{ann}/Condition", "Observation/{annLab}/_history", "Practitioner/{gp}", "Observation?_id={annLab}&_include=Observation:performer", "Observation?code=718-7&patient.name=okon"} {
		w := s.try(scopes, "GET", path, "")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Own") && !strings.Contains(w.Body.String(), "Okonkwo") && !strings.Contains(w.Body.String(), "Dr Directory") {
			t.Errorf("%s: the app's own patient is not shown: %d %.300s", path, w.Code, w.Body)
		}
	}
	if w := s.try(scopes, "POST", "Observation", `{"resourceType":"Observation","status":"final",`+theCode+`new"},"subject":{"reference":"Patient/{ann}"}}`); w.Code != http.StatusCreated {
		t.Errorf("the app cannot write for its own patient: %d %s", w.Code, w.Body)
	}
}

// TestUserScopedAppSeesWhatTheUserSees: scopes add nothing to the person's own
// rights.
func TestUserScopedAppSeesWhatTheUserSees(t *testing.T) {
	s := newAppStage(t)
	for _, path := range []string{"Observation/{cydObs}", "Observation?patient={cyd}", "Observation", "Patient/{cyd}/$everything", "_history", "Observation?_include=*"} {
		if w := s.try("user/*.cruds", "GET", path, ""); strings.Contains(w.Body.String(), "STRANGERlab") {
			t.Errorf("%s: an app sees what its person may not: %.300s", path, w.Body)
		}
	}
	if w := s.try("user/*.cruds", "GET", "Observation?patient={bob}", ""); !strings.Contains(w.Body.String(), "CANARY") {
		t.Errorf("the app does not see what its person may: %.300s", w.Body)
	}
	for _, path := range []string{"AuditEvent", "Patient/{ann}/$who-has-looked"} {
		if w := s.try("user/*.cruds", "GET", path, ""); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestScopesWithParameters: an app sees what matches its scope alone, by every
// path, also an earlier version.
func TestScopesWithParameters(t *testing.T) {
	s := newAppStage(t)
	const labs = "launch/patient patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory patient/Patient.rs"
	s.create("was", s.fill(`{"resourceType":"Observation","status":"final",`+laboratory+`,`+theCode+`CHANGED"},"subject":{"reference":"Patient/{ann}"}}`))
	if w := s.send(call{method: "PUT", path: "Observation/{was}", body: `{"resourceType":"Observation","id":"{was}","status":"final",` + vitalSigns + `,` + theCode + `CHANGED"},"subject":{"reference":"Patient/{ann}"}}`}); w.Code != http.StatusOK {
		t.Fatal(w.Body)
	}
	for _, path := range []string{"Observation", "Observation?patient={ann}", "Observation/{annVital}", "Observation/{was}", "Observation/{was}/_history/1", "Observation/{was}/_history", "Observation/_history", "_history",
		"Observation?_id={annLab}&_include=Observation:derived-from", "Patient?_revinclude=Observation:patient", "Patient/{ann}/$everything", "Patient/{annPerson}/$everything", "Patient/{ann}/Observation",
		"Observation?category=vital-signs", "Observation?category:not=laboratory", "Observation/$lastn?patient={ann}&max=5", "Patient/{ann}/*"} {
		w := s.try(labs, "GET", path, "")
		if body := w.Body.String(); strings.Contains(body, "Ownvital") || strings.Contains(body, "CHANGED") || strings.Contains(body, "Owncond") || strings.Contains(body, "CANARY") {
			t.Errorf("%s: %d %.300s", path, w.Code, body)
		}
	}
	for _, path := range []string{"Observation", "Observation/{annLab}", "Patient/{ann}/$everything", "Patient?_id={ann}&_revinclude=Observation:patient"} {
		if w := s.try(labs, "GET", path, ""); !strings.Contains(w.Body.String(), "Ownlab") {
			t.Errorf("%s: %d does not show the laboratory: %.300s", path, w.Code, w.Body)
		}
	}
	if w := s.try(labs, "GET", "Observation?_summary=count", ""); !strings.Contains(w.Body.String(), `"total":1`) {
		t.Errorf("counted: %s", w.Body)
	}
	const writes = "launch/patient patient/Observation.crus?category=laboratory"
	vital := `{"resourceType":"Observation","status":"final",` + vitalSigns + `,` + theCode + `x"},"subject":{"reference":"Patient/{ann}"}}`
	lab := strings.Replace(vital, vitalSigns, laboratory, 1)
	if w := s.try(writes, "POST", "Observation", vital); w.Code != http.StatusForbidden {
		t.Errorf("writes beyond its scope: %d", w.Code)
	}
	if w := s.try(writes, "PUT", "Observation/{annLab}", strings.Replace(vital, `{"resource`, `{"id":"{annLab}","resource`, 1)); w.Code != http.StatusForbidden {
		t.Errorf("takes out of its scope: %d", w.Code)
	}
	if w := s.try(writes, "POST", "Observation", lab); w.Code != http.StatusCreated {
		t.Errorf("cannot write within its scope: %d %s", w.Code, w.Body)
	}
}

// TestLetters: each letter opens what it says and no more.
func TestLetters(t *testing.T) {
	s := newAppStage(t)
	for _, c := range []struct {
		scope, method, path, body string
		status                    int
	}{
		{"patient/Observation.r", "GET", "Observation/{annLab}", "", 200}, {"patient/Observation.r", "GET", "Observation", "", 403},
		{"patient/Observation.r", "GET", "Patient/{ann}/$everything", "", 403}, {"patient/Observation.s", "GET", "Observation", "", 200},
		{"patient/Observation.s", "GET", "Observation/{annLab}", "", 403}, {"patient/Observation.s", "GET", "Observation/{annLab}/_history", "", 403},
		{"patient/Observation.rs", "GET", "Condition/{annCond}", "", 403}, {"patient/Observation.rs", "DELETE", "Observation/{annLab}", "", 403},
		{"patient/Observation.rs", "PATCH", "Observation/{annLab}", `[{"op":"replace","path":"/status","value":"amended"}]`, 403},
		{"patient/Observation.rs", "POST", "Observation", `{"resourceType":"Observation","status":"final",` + theCode + `x"},"subject":{"reference":"Patient/{ann}"}}`, 403},
		{"patient/Observation.c", "GET", "Observation/{annLab}", "", 403}, {"user/Observation.rs", "GET", "Patient/{ann}", "", 403},
	} {
		if w := s.try(c.scope, c.method, c.path, c.body); w.Code != c.status {
			t.Errorf("%s: %s %s: %d, want %d: %.200s", c.scope, c.method, c.path, w.Code, c.status, w.Body)
		}
	}
}

// TestEverythingInContext: an app that asks for everything without naming anybody
// gets that of the patient whom it was opened for.
func TestEverythingInContext(t *testing.T) {
	s := newAppStage(t)
	w := s.try("launch/patient patient/*.rs", "GET", "Patient/$everything", "")
	if named := s.try("launch/patient patient/*.rs", "GET", "Patient/{annPerson}/$everything", ""); w.Code != http.StatusOK || named.Code != http.StatusOK ||
		strings.Count(w.Body.String(), `"fullUrl"`) != strings.Count(named.Body.String(), `"fullUrl"`) || !strings.Contains(w.Body.String(), `"fullUrl"`) {
		t.Errorf("%d %d %.500s", w.Code, named.Code, w.Body)
	}
	if w := s.try("user/*.rs", "GET", "Patient/$everything", ""); w.Code != http.StatusNotImplemented {
		t.Errorf("without a patient in context: %d", w.Code)
	}
}

// TestAnswersAreTheApps: what one app asked for is no other's, even when both
// act for one person.
func TestAnswersAreTheApps(t *testing.T) {
	s := newAppStage(t)
	s.grant("user/*.cruds")
	w := s.send(call{path: "Observation?patient={bob}", scopes: "user/*.cruds", header: map[string]string{"Prefer": "respond-async"}})
	at := w.Header().Get("Content-Location")
	if w.Code != http.StatusAccepted || at == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	path := at[strings.Index(at, "$async"):]
	if w := s.try("launch/patient patient/*.cruds", "GET", path, ""); w.Code != http.StatusNotFound {
		t.Errorf("another app gets %d %.300s", w.Code, w.Body)
	}
	if w := s.try("launch/patient patient/*.cruds", "DELETE", path, ""); strings.Contains(w.Body.String(), "CANARY") {
		t.Error(w.Body)
	}
	for range 200 {
		if w = s.try("user/*.cruds", "GET", path, ""); w.Code != http.StatusAccepted {
			break
		}
	}
	if w.Code != http.StatusOK {
		t.Errorf("its own app gets %d", w.Code)
	}
	next := s.try("user/*.cruds", "GET", "Observation?_count=1", "")
	link := between(next.Body.String(), `"relation":"next","url":"https://concord.example/fhir/`, `"`)
	if link == "" {
		t.Fatalf("no next page: %.500s", next.Body)
	}
	if w := s.try("launch/patient patient/*.cruds", "GET", link, ""); strings.Contains(w.Body.String(), "CANARY") {
		t.Errorf("another app turns the page: %.300s", w.Body)
	}
}

func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	out, _, _ := strings.Cut(rest, to)
	return out
}

// TestAuditNamesTheApp: who acted, and with which app.
func TestAuditNamesTheApp(t *testing.T) {
	s := newAppStage(t)
	s.try("launch/patient patient/*.cruds", "GET", "Observation/{annLab}", "")
	found, err := s.operator().FindAudit(context.Background(), record.AuditAsk{Query: audit.Query{Who: "ada"}})
	s.must(err)
	if len(found.Events) == 0 || !slices.ContainsFunc(found.Events, func(e record.AuditEvent) bool {
		return e.Entry.App != "" && e.Entry.Who == "ada" && e.Entry.Action == access.Read
	}) {
		t.Errorf("%d entries, none names the app", len(found.Events))
	}
}

// TestAppIsNotToldWhoThereIs: of another patient an app learns as much as of
// nobody.
func TestAppIsNotToldWhoThereIs(t *testing.T) {
	s := newAppStage(t)
	for scopes, paths := range map[string][][2]string{
		"launch/patient patient/*.cruds": {
			{"Patient/{bob}", "Patient/nobody"}, {"Patient/{bobPerson}", "Patient/nobody"}, {"Patient/{bob}/$everything", "Patient/nobody/$everything"},
			{"Patient/{bobPerson}/$everything", "Patient/nobody/$everything"}, {"Patient/{bob}/Observation", "Patient/nobody/Observation"}, {"Encounter/{bobEnc}/$everything", "Encounter/nobody/$everything"},
			{"Patient/$ihe-pix?sourceIdentifier=https://fhir.nhs.uk/Id/nhs-number|9990000026", "Patient/$ihe-pix?sourceIdentifier=https://fhir.nhs.uk/Id/nhs-number|9990000042"}, {"Observation/{bobLab}/_history", "Observation/nobody/_history"},
			{"Observation/{bobLab}/_history/1", "Observation/nobody/_history/1"}, {"Observation?patient={bob}", "Observation?patient=nobody"},
			{"Observation?focus=Patient/{bob}&_summary=count", "Observation?focus=Patient/{bob}&_summary=count"},
		},
		"launch/patient patient/Observation.rs": {{"Patient/{bobPerson}/Observation", "Patient/nobody/Observation"}, {"Patient/{bob}/$everything", "Patient/nobody/$everything"}},
	} {
		for _, p := range paths {
			there, none := s.try(scopes, "GET", p[0], ""), s.try(scopes, "GET", p[1], "")
			if there.Code != none.Code {
				t.Errorf("%s: %s answers %d, %s %d", scopes, p[0], there.Code, p[1], none.Code)
			}
		}
	}
	if w := s.try("launch/patient patient/*.cruds", "GET", "Patient?identifier=9990000026&_explain=true", ""); w.Code == http.StatusOK && strings.Contains(w.Body.String(), "look up") {
		t.Errorf("an app is told how an identifier was looked up: %.600s", w.Body)
	}
	if w := s.try("launch/patient patient/*.cruds", "GET", "Patient/$ihe-pix?sourceIdentifier=https://fhir.nhs.uk/Id/nhs-number|9990000018", ""); w.Code != http.StatusOK {
		t.Errorf("an app is told that another has its patient's identifier too: %d %.300s", w.Code, w.Body)
	}
}

// TestServiceWithParameters: a backend service is held to the parameters of its
// scope too, in what it counts as well.
func TestServiceWithParameters(t *testing.T) {
	s := newAppStage(t)
	ctx := context.Background()
	app := s.service("system/Observation.rs?category=laboratory system/Patient.rs")
	tokens, err := s.grants.Serve(ctx, app, grant.ParseScopes(app.Scopes))
	s.must(err)
	s.tokens["service"] = tokens.Access
	for _, path := range []string{"Observation", "_history", "Observation?patient={bob}", "Observation?_include=*", "Patient/{bob}/$everything", "Patient?_revinclude=Observation:patient"} {
		w := s.try("service", "GET", path, "")
		if body := w.Body.String(); strings.Contains(body, "CANARYvital") || strings.Contains(body, "CANARYcond") {
			t.Errorf("%s: %.300s", path, body)
		}
	}
	s.mu.Lock()
	s.now = s.now.Add(2 * time.Minute) // what is marked is read anew: counts may come from the index alone
	s.mu.Unlock()
	for _, path := range []string{"Observation?_summary=count", "Observation?code=718-7&_summary=count", "Observation?status=final&_total=accurate&_count=1"} {
		if w := s.try("service", "GET", path, ""); !strings.Contains(w.Body.String(), `"total":3`) {
			t.Errorf("%s counts what its scope leaves out: %.300s", path, w.Body)
		}
	}
	if w := s.try("service", "GET", "Observation?patient={bob}", ""); !strings.Contains(w.Body.String(), "CANARYlab") {
		t.Errorf("it does not see what its scope says: %.300s", w.Body)
	}
}

// service registers a backend service with a key of its own.
func (s *appStage) service(scopes string) *grant.App {
	s.t.Helper()
	ctx := context.Background()
	private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	s.must(err)
	keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "k"}}})
	s.must(err)
	app, err := s.grants.Register(ctx, grant.App{Name: "Service", Service: true, Keys: keys, Scopes: scopes})
	s.must(err)
	s.must(s.grants.Office(s.operator()).Approve(ctx, app.ID, access.Domain))
	app, err = s.grants.App(ctx, app.ID)
	s.must(err)
	return app
}

// TestStatementNamesTheAuthorisationServer: and the statement stays valid.
func TestStatementNamesTheAuthorisationServer(t *testing.T) {
	s := newStage(t)
	s.options.Apps = true
	s.handler = fhirapi.New(s.options)
	w := s.send(call{path: "metadata", scopes: "-"})
	for _, want := range []string{"SMART-on-FHIR", "https://concord.example/smart/authorize", "https://concord.example/fhir/.well-known/smart-configuration"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the statement does not say %s", want)
		}
	}
	v, err := fhir.ParseObject(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, issue := range validate.Base().Check(v) {
		if issue.Severity == "error" {
			t.Errorf("%+v", issue)
		}
	}
}
