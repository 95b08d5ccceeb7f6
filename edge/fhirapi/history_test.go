package fhirapi_test

import (
	"slices"
	"strings"
	"testing"

	"concord/standard/fhir"
)

// requests are the entries of a history as "METHOD url status", newest first.
func requests(bundle *fhir.Value) []string {
	var out []string
	for e := range bundle.Get("entry").Each() {
		out = append(out, e.StrAt("request.method")+" "+e.StrAt("request.url")+" "+e.StrAt("response.status"))
	}
	return out
}

// TestHistoryTellsTheRequest: a history says of each version what request made
// it, alone, by a condition or in a transaction
// (https://hl7.org/fhir/R4/http.html#history).
func TestHistoryTellsTheRequest(t *testing.T) {
	s := newStage(t)
	note := func(text string) string { return `[{"op":"add","path":"/note","value":[{"text":"` + text + `"}]}]` }
	parameters := `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Observation.status"},{"name":"value","valueCode":"amended"}]}]}`
	header := map[string]string{"Content-Type": "application/json-patch+json"}
	given := withID(observation, "o", `"status"`, `"identifier":[{"system":"urn:x","value":"o-1"}],"status"`)
	other := strings.Replace(observation, `"status"`, `"identifier":[{"system":"urn:x","value":"o-2"}],"status"`, 1)
	transaction := func(entries ...string) string {
		return `{"resourceType":"Bundle","type":"transaction","entry":[` + strings.Join(entries, ",") + `]}`
	}
	s.play([]call{
		givenPatient(),
		{name: "created by PUT", method: "PUT", path: "Observation/o", body: given, status: 201, audit: trail{"update": 1}},
		{name: "by JSON Patch", method: "PATCH", path: "Observation/o", body: note("a"), header: header, status: 200, audit: trail{"update": 1}},
		{name: "by FHIRPath Patch", method: "PATCH", path: "Observation/o", body: parameters, status: 200, audit: trail{"update": 1}},
		{name: "by a conditional update", method: "PUT", path: "Observation?identifier=urn:x|o-1", body: given, status: 200, audit: trail{"update": 1}},
		{name: "by a conditional patch", method: "PATCH", path: "Observation?identifier=urn:x|o-1", body: note("b"), header: header, status: 200, audit: trail{"update": 1}},
		{name: "in a transaction", method: "POST", body: transaction(
			`{"resource":`+parameters+`,"request":{"method":"PATCH","url":"Observation/o"}}`,
			`{"resource":`+other+`,"request":{"method":"POST","url":"Observation","ifNoneExist":"identifier=urn:x|o-2"}}`), status: 200, audit: trail{"update": 1}},
		{name: "deleted by a condition", method: "DELETE", path: "Observation?identifier=urn:x|o-1", status: 204, audit: trail{"delete": 1}},
		{name: "and back", method: "PUT", path: "Observation/o", body: given, status: 200, audit: trail{"update": 1}},
	})
	want := []string{"PUT Observation/o 200", "DELETE Observation/o 204", "PATCH Observation/o 200", "PATCH Observation/o 200", "PUT Observation/o 200", "PATCH Observation/o 200", "PATCH Observation/o 200", "PUT Observation/o 201"}
	if got := requests(s.step(call{name: "of the resource", path: "Observation/o/_history", status: 200, audit: trail{"read": 1}})); !slices.Equal(got, want) {
		t.Errorf("the history says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	got := requests(s.step(call{name: "of the type", path: "Observation/_history", status: 200, audit: trail{"read": 1}}))
	want = slices.Insert(slices.Clone(want), 2, "POST Observation 201")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the history of the type says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s.clean()
}
