package fhirapi_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestFormerAddress: references that were stored under an address by which the server
// was not known lead to what is here once it is: in searches, chains, compartments and
// what is brought along. The index stays as it is, and is right.
func TestFormerAddress(t *testing.T) {
	const old = "http://localhost:8080/fhir/"
	s := newStage(t)
	s.step(givenPatient())
	s.stored(map[string]string{
		"Practitioner/dr": `"name":[{"family":"Mensah"}]`, "Organization/org": `"name":"One"`,
		"Encounter/e": `"status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/{p}"}`,
	})
	about := `"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/{p}"},`
	s.stored(map[string]string{
		"Observation/old":  about + `"performer":[{"reference":"` + old + `Practitioner/dr"}],"encounter":{"reference":"` + old + `Encounter/e"}`,
		"Observation/new":  about + `"performer":[{"reference":"Practitioner/dr"}],"encounter":{"reference":"Encounter/e"}`,
		"Observation/away": about + `"performer":[{"reference":"http://elsewhere.example/fhir/Practitioner/dr"}]`,
		"Encounter/old":    `"status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/{p}"},"serviceProvider":{"reference":"` + old + `Organization/org"}`,
	})
	refused := `{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"` + old + `Patient/{p}"}}`
	s.step(call{name: "a patient there is not ours", method: "POST", path: "Observation", body: refused, status: 422, has: []string{"record.foreign-patient"}, audit: trail{"create?": 1}})
	queries := []interop{
		{"a reference", "GET", "Observation?performer=Practitioner/dr", "", nil, 200, `"total":2`, "away"},
		{"by its id", "GET", "Observation?performer=dr&patient={p}", "", nil, 200, `"total":2`, "away"},
		{"by the old address", "GET", "Observation?performer=" + old + "Practitioner/dr", "", nil, 200, `"total":2`, "away"},
		{"by the new one", "GET", "Observation?performer=https://concord.example/fhir/Practitioner/dr", "", nil, 200, `"total":2`, "away"},
		{"within the record", "GET", "Observation?encounter=Encounter/e", "", nil, 200, `"total":2`, "away"},
		{"chained", "GET", "Observation?performer:Practitioner.family=mensah", "", nil, 200, `"total":2`, "away"},
		{"chained twice", "GET", "Observation?encounter.status=finished", "", nil, 200, `"total":2`, "away"},
		{"the other way", "GET", "Practitioner?_has:Observation:performer:code=718-7", "", nil, 200, `"total":1`, ""},
		{"a compartment", "GET", "Practitioner/dr/Observation", "", nil, 200, `"total":2`, "away"},
		{"a compartment of the record", "GET", "Encounter/e/Observation", "", nil, 200, `"total":2`, "away"},
		{"brought along", "GET", "Observation?_id=old&_include=Observation:performer", "", nil, 200, "Mensah", old},
		{"what refers to it", "GET", "Organization?_id=org&_revinclude=Encounter:service-provider", "", nil, 200, `"id":"old"`, old},
		{"read", "GET", "Observation/old", "", nil, 200, `"Practitioner/dr"`, old},
		{"of another server", "GET", "Observation/away", "", nil, 200, "http://elsewhere.example/fhir/Practitioner/dr", ""},
	}
	before, desk := s.handler, s.desk
	s.handler, s.desk = s.another("http://localhost:8080/fhir")
	s.holds(queries)
	w := s.send(call{method: "POST", path: "Observation", body: refused})
	at := w.Header().Get("Location")
	if w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), s.fill(`"Patient/{p}"`)) || !strings.Contains(at, strings.Split(s.names["p"], "-")[0]) {
		t.Errorf("a patient there is ours: %d %s %s", w.Code, at, w.Body)
	}
	s.holds([]interop{
		{"changed", "PATCH", "Observation/old", `[{"op":"replace","path":"/status","value":"amended"}]`, headers("Content-Type", jsonPatch), 200, `"amended"`, old},
		{"found after that", "GET", "Observation?performer=Practitioner/dr&status=amended", "", nil, 200, `"total":1`, ""},
	})
	s.clean()
	s.handler, s.desk = before, desk
	s.holds([]interop{{"what was changed needs no address", "GET", "Observation?performer=Practitioner/dr&status=amended", "", nil, 200, `"total":1`, ""}})
	s.clean()
}
