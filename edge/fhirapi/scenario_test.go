package fhirapi_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"concord/standard/fhir"
)

const (
	okonkwo = `{"resourceType":"Patient","identifier":[{"system":"urn:concord:R1K:hospital-number","value":"100"},{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}],"name":[{"family":"Okonkwo","given":["Adaeze"]}],"gender":"female","birthDate":"1948-03-14"}`
	// observation is a haemoglobin of {p}; its value keeps its digits.
	observation = `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/{p}"},"effectiveDateTime":"2026-11-01T10:00:00Z","valueQuantity":{"value":100.10,"unit":"g/L"}}`
)

// givenPatient begins a story with a patient {p}.
func givenPatient() call {
	return call{name: "given a patient", method: "POST", path: "Patient", body: okonkwo, status: 201,
		keep: map[string]string{"p": "id"}, audit: trail{"create": 1}}
}

func TestReadVersionsHistory(t *testing.T) {
	s := newStage(t)
	s.play([]call{
		givenPatient(),
		{name: "create", method: "POST", path: "Observation", body: observation, status: 201,
			heads: map[string]string{"ETag": `W/"1"`, "Location": "*", "Last-Modified": "*", "Cache-Control": "no-store"},
			has:   []string{`"value":100.10`, `"versionId":"1"`}, keep: map[string]string{"o": "id", "at": "Location"}, audit: trail{"create": 1}},
		{name: "read", path: "Observation/{o}", status: 200, heads: map[string]string{"ETag": `W/"1"`, "Last-Modified": "*"},
			has: []string{`"value":100.10`, `"id":"{o}"`}, audit: trail{"read": 1}},
		{name: "head", method: "HEAD", path: "Observation/{o}", status: 200, heads: map[string]string{"ETag": `W/"1"`}, audit: trail{"read": 1}},
		{name: "not modified", path: "Observation/{o}", header: map[string]string{"If-None-Match": `W/"1"`}, status: 304, audit: trail{"read": 1}},
		{name: "one of several not modified", path: "Observation/{o}", header: map[string]string{"If-None-Match": `W/"7", W/"1"`}, status: 304, audit: trail{"read": 1}},
		{name: "modified", path: "Observation/{o}", header: map[string]string{"If-None-Match": `W/"7"`}, status: 200, audit: trail{"read": 1}},
		{name: "update", method: "PUT", path: "Observation/{o}", body: withID(observation, "{o}", "final", "amended"), header: map[string]string{"If-Match": `W/"1"`},
			status: 200, heads: map[string]string{"ETag": `W/"2"`}, has: []string{`"amended"`}, audit: trail{"update": 1}},
		{name: "stale update", method: "PUT", path: "Observation/{o}", body: withID(observation, "{o}", "final", "corrected"), header: map[string]string{"If-Match": `W/"1"`},
			status: 412, has: []string{"record.if-match"}, audit: trail{"update?": 1}},
		{name: "odd If-Match", method: "PUT", path: "Observation/{o}", body: withID(observation, "{o}", "", ""), header: map[string]string{"If-Match": "latest"}, status: 412},
		{name: "first version", path: "Observation/{o}/_history/1", status: 200, has: []string{`"final"`}, hasNot: []string{"amended"}, heads: map[string]string{"ETag": `W/"1"`}, audit: trail{"read": 1}},
		{name: "first version, cut", path: "Observation/{o}/_history/1?_elements=status", status: 200, has: []string{`"final"`, "SUBSETTED"}, hasNot: []string{"100.10"}, audit: trail{"read": 1}},
		{name: "first version, summary", path: "Observation/{o}/_history/1?_summary=true", status: 200, has: []string{"SUBSETTED"}, audit: trail{"read": 1}},
		{name: "no such version", path: "Observation/{o}/_history/3", status: 404, audit: trail{"read?": 1}},
		{name: "version that is no number", path: "Observation/{o}/_history/x", status: 404},
		{name: "history", path: "Observation/{o}/_history", status: 200, has: []string{`"type":"history"`, `"total":2`, `"method":"PUT"`, `"method":"POST"`}, audit: trail{"read": 1}},
		{name: "delete, stale", method: "DELETE", path: "Observation/{o}", header: map[string]string{"If-Match": `W/"1"`}, status: 412, audit: trail{"delete?": 1}},
		{name: "delete", method: "DELETE", path: "Observation/{o}", status: 204, heads: map[string]string{"ETag": `W/"3"`}, audit: trail{"delete": 1}},
		{name: "delete again", method: "DELETE", path: "Observation/{o}", status: 204, audit: trail{"delete?": 1}},
		{name: "gone", path: "Observation/{o}", status: 410, has: []string{"record.deleted"}, audit: trail{"read?": 1}},
		{name: "version before the deletion", path: "Observation/{o}/_history/2", status: 200, audit: trail{"read": 1}},
		{name: "the deletion", path: "Observation/{o}/_history/3", status: 410, audit: trail{"read?": 1}},
		{name: "history of a deleted one", path: "Observation/{o}/_history", status: 200, has: []string{`"total":3`, `"DELETE"`}, audit: trail{"read": 1}},
		{name: "create again", method: "PUT", path: "Observation/{o}", body: withID(observation, "{o}", "", ""), status: 200, heads: map[string]string{"ETag": `W/"4"`}, audit: trail{"update": 1}},
		{name: "back", path: "Observation/{o}", status: 200, audit: trail{"read": 1}},
		{name: "unknown id", path: "Observation/nobody", status: 404, has: []string{"record.unknown"}, audit: trail{"read?": 1}},
		{name: "delete of an unknown id", method: "DELETE", path: "Observation/nobody", status: 404, audit: trail{"delete?": 1}},
		{name: "unknown type", path: "Poem/1", status: 404},
	})
	s.clean()
}

// withID gives a resource text an id and changes a text in it.
func withID(text, id, old, new string) string {
	text = strings.Replace(text, `"resourceType"`, `"id":"`+id+`","resourceType"`, 1)
	if old != "" {
		text = strings.Replace(text, old, new, 1)
	}
	return text
}

func TestUpdateCreates(t *testing.T) {
	own := strings.Replace(okonkwo, "urn:concord:R1K:", "urn:concord:RYJ:", 1)
	s := newStage(t)
	s.play([]call{
		{name: "create under the client's id", method: "PUT", path: "Patient/ada-1948", body: withID(okonkwo, "ada-1948", "", ""), status: 201,
			has: []string{`"id":"ada-1948"`}, heads: map[string]string{"Location": "https://concord.example/fhir/Patient/ada-1948/_history/1"}, audit: trail{"update": 1}},
		{name: "read", path: "Patient/ada-1948", status: 200, has: []string{`"id":"ada-1948"`}, audit: trail{"read": 1}},
		{name: "ids differ", method: "PUT", path: "Patient/ada-1948", body: withID(okonkwo, "other", "", ""), status: 400, has: []string{"fhir.id"}},
		{name: "no id in the body", method: "PUT", path: "Patient/ada-1948", body: okonkwo, status: 400},
		{name: "an id that is none", method: "PUT", path: "Patient/a_b", body: withID(okonkwo, "a_b", "", ""), status: 422, audit: trail{"update?": 1}},
		{name: "an id of our form", method: "PUT", path: "Patient/00000000-1", body: withID(okonkwo, "00000000-1", "", ""), status: 400, has: []string{"record.id"}, audit: trail{"update?": 1}},
		{name: "If-Match on what is not there", method: "PUT", path: "Patient/nobody", body: withID(okonkwo, "nobody", "", ""), header: map[string]string{"If-Match": `W/"1"`}, status: 412, audit: trail{"update?": 1}},
		{name: "delete", method: "DELETE", path: "Patient/ada-1948", status: 204, audit: trail{"delete": 1}},
		{name: "gone", path: "Patient/ada-1948", status: 410, audit: trail{"read?": 1}},
		{name: "history keeps the client's id", path: "Patient/ada-1948/_history", status: 200, has: []string{`"url":"Patient/ada-1948"`}, audit: trail{"read": 1}},
		{name: "again", method: "PUT", path: "Patient/ada-1948", body: withID(okonkwo, "ada-1948", "", ""), status: 200, heads: map[string]string{"ETag": `W/"3"`}, audit: trail{"update": 1}},
		{name: "read again", path: "Patient/ada-1948", status: 200, audit: trail{"read": 1}},
		{name: "wrong type in the path", method: "POST", path: "Observation", body: okonkwo, status: 400, has: []string{"record.type"}, audit: trail{"create?": 1}},
		{name: "minimal", method: "POST", path: "Patient", body: strings.Replace(okonkwo, `"100"`, `"101"`, 1), header: map[string]string{"Prefer": "return=minimal"}, status: 201, audit: trail{"create": 1}},
		{name: "outcome", method: "POST", path: "Patient", body: strings.Replace(okonkwo, `"100"`, `"102"`, 1), header: map[string]string{"Prefer": "return=OperationOutcome"}, status: 201, has: []string{"OperationOutcome"}, audit: trail{"create": 1}},
		{name: "another trust's hospital number is nobody's claim", method: "POST", path: "Patient", body: okonkwo, status: 201, audit: trail{"create": 1}},
		{name: "its own", method: "POST", path: "Patient", body: own, status: 201, audit: trail{"create": 1}},
		{name: "its own, taken", method: "POST", path: "Patient", body: own, status: 422, has: []string{"record.hospital-number"}, audit: trail{"create?": 1}},
	})
	s.clean()
}

func TestConditionalWrites(t *testing.T) {
	s := newStage(t)
	number := url.QueryEscape("urn:concord:R1K:hospital-number|100")
	s.play([]call{
		{name: "create if none exists", method: "POST", path: "Patient", body: okonkwo, header: map[string]string{"If-None-Exist": "identifier=" + number}, status: 201, keep: map[string]string{"p": "id"}, audit: trail{"create": 1}},
		{name: "one exists", method: "POST", path: "Patient", body: okonkwo, header: map[string]string{"If-None-Exist": "identifier=" + number}, status: 200, has: []string{`"id":"{p}"`}, audit: trail{"create": 1}},
		{name: "may create, may not look", method: "POST", path: "Patient", scopes: "system/Patient.c", body: okonkwo, header: map[string]string{"If-None-Exist": "identifier=" + number}, status: 403, hasNot: []string{"{p}", "Okonkwo"}, audit: trail{"!search": 1}},
		{name: "condition that names nothing", method: "POST", path: "Patient", body: okonkwo, header: map[string]string{"If-None-Exist": "_count=1"}, status: 400, audit: trail{"create?": 1}},
		{name: "condition with an unknown parameter", method: "POST", path: "Patient", body: okonkwo, header: map[string]string{"If-None-Exist": "colour=red"}, status: 400, audit: trail{"create?": 1}},
		{name: "conditional update", method: "PUT", path: "Patient?identifier=" + number, body: strings.Replace(okonkwo, "Adaeze", "Ada", 1), status: 200, has: []string{`"id":"{p}"`, `"Ada"`}, audit: trail{"update": 1}},
		{name: "conditional update that creates", method: "PUT", path: "Patient?identifier=urn:concord:RYJ:hospital-number|5", body: strings.NewReplacer("R1K", "RYJ", `"100"`, `"5"`).Replace(okonkwo), status: 201, audit: trail{"update": 1}},
		{name: "several match", method: "PUT", path: "Patient?birthdate=1948-03-14", body: okonkwo, status: 412, has: []string{"record.multiple"}, audit: trail{"update?": 1}},
		{name: "without a condition", method: "PUT", path: "Patient", body: okonkwo, status: 400},
		{name: "several to delete", method: "DELETE", path: "Patient?birthdate=1948-03-14", status: 412, audit: trail{"delete?": 1}},
		{name: "delete without a condition", method: "DELETE", path: "Patient", status: 400},
		{name: "delete everything?", method: "DELETE", path: "Patient?_count=1", status: 400, audit: trail{"delete?": 1}},
		{name: "conditional delete", method: "DELETE", path: "Patient?identifier=" + number, status: 204, audit: trail{"delete": 1}},
		{name: "nothing left to delete", method: "DELETE", path: "Patient?identifier=" + number, status: 204, audit: trail{"delete": 1}},
		{name: "gone", path: "Patient/{p}", status: 410, audit: trail{"read?": 1}},
	})
	s.clean()
}

// TestConditionalUpdateByID: the id in the body of a conditional update is that
// of the match, or of what it creates (https://hl7.org/fhir/R4/http.html#cond-update).
func TestConditionalUpdateByID(t *testing.T) {
	s := newStage(t)
	const path = "Observation?code=718-7"
	put := func(id string) string { return withID(observation, id, "", "") }
	s.play([]call{
		givenPatient(),
		{name: "none matches, with an id", method: "PUT", path: path, body: put("hb"), status: 201, has: []string{`"id":"hb"`}, audit: trail{"update": 1}},
		{name: "one matches, with its id", method: "PUT", path: path, body: put("hb"), status: 200, has: []string{`"versionId":"2"`}, audit: trail{"update": 1}},
		{name: "one matches, without an id", method: "PUT", path: path, body: observation, status: 200, has: []string{`"id":"hb"`, `"versionId":"3"`}, audit: trail{"update": 1}},
		{name: "one matches, with another id", method: "PUT", path: path, body: put("other"), status: 400, has: []string{"record.id", `"id"`}, audit: trail{"update?": 1}},
		{name: "in a transaction", method: "POST", body: bundleOf("transaction", entry("", "PUT", path, put("other"))), status: 400, has: []string{"record.id", `"Bundle.entry[0].resource.id"`}, audit: trail{"update?": 1}},
		{name: "the match is as it was", path: "Observation/hb", status: 200, has: []string{`"versionId":"3"`}, audit: trail{"read": 1}},
		{name: "the other is not there", path: "Observation/other", status: 404, audit: trail{"read?": 1}},
		{name: "none matches, with an id that another has", method: "PUT", path: "Observation?code=none", body: put("hb"), status: 409, has: []string{"record.id-taken"}, audit: trail{"update?": 1}},
		{name: "the other is as it was", path: "Observation/hb", status: 200, has: []string{`"versionId":"3"`}, audit: trail{"read": 1}},
		{name: "deleted", method: "DELETE", path: "Observation/hb", status: 204, audit: trail{"delete": 1}},
		{name: "its id again", method: "PUT", path: path, body: put("hb"), status: 200, has: []string{`"id":"hb"`, `"versionId":"5"`}, audit: trail{"update": 1}},
	})
	s.clean()
}

// TestSubjectNeverMoves: neither an update nor a deletion with a re-creation
// can carry a resource into another record.
func TestSubjectNeverMoves(t *testing.T) {
	s := newStage(t)
	s.play([]call{
		givenPatient(),
		{name: "another patient", method: "POST", path: "Patient", body: strings.NewReplacer("R1K", "RYJ", "9990000018", "9990000026", "1948", "1960").Replace(okonkwo), status: 201, keep: map[string]string{"q": "id"}, audit: trail{"create": 1}},
		{name: "an observation of the first", method: "PUT", path: "Observation/hb", body: withID(observation, "hb", "", ""), status: 201, audit: trail{"update": 1}},
		{name: "moved", method: "PUT", path: "Observation/hb", body: withID(observation, "hb", "{p}", "{q}"), status: 422, has: []string{"record.subject"}, audit: trail{"update?": 1}},
		{name: "deleted", method: "DELETE", path: "Observation/hb", status: 204, audit: trail{"delete": 1}},
		{name: "created again for the other", method: "PUT", path: "Observation/hb", body: withID(observation, "hb", "{p}", "{q}"), status: 422, has: []string{"record.subject"}, audit: trail{"update?": 1}},
		{name: "nothing in the first record", path: "Observation?patient={p}", status: 200, has: []string{`"total":0`}, audit: trail{"search": 1}},
		{name: "created again for the first", method: "PUT", path: "Observation/hb", body: withID(observation, "hb", "", ""), status: 200, audit: trail{"update": 1}},
		{name: "one in the first record", path: "Observation?patient={p}", status: 200, has: []string{`"total":1`}, audit: trail{"search": 1}},
		{name: "none in the other", path: "Observation?patient={q}", status: 200, has: []string{`"total":0`}, audit: trail{"search": 1}},
	})
	s.clean()
}

func TestTokensAndScopes(t *testing.T) {
	s := newStage(t)
	s.play([]call{givenPatient()})
	bearer := func(v string) map[string]string { return map[string]string{"Authorization": v} }
	s.play([]call{
		{name: "metadata needs no token", path: "metadata", scopes: "-", status: 200, has: []string{"CapabilityStatement"}},
		{name: "no token", path: "Patient/{p}", scopes: "-", status: 401, has: []string{"fhir.token"}, heads: map[string]string{"WWW-Authenticate": "*"}},
		{name: "no token on a write", method: "POST", path: "Patient", body: okonkwo, scopes: "-", status: 401},
		{name: "no token on a batch", method: "POST", path: "", body: `{"resourceType":"Bundle","type":"batch"}`, scopes: "-", status: 401},
		{name: "another scheme", path: "Patient/{p}", scopes: "-", header: bearer("Basic YTpi"), status: 401},
		{name: "unknown token", path: "Patient/{p}", scopes: "-", header: bearer("Bearer concord_nobody"), status: 401},
		{name: "empty token", path: "Patient/{p}", scopes: "-", header: bearer("Bearer "), status: 401},
		{name: "wrong type", path: "Patient/{p}", scopes: "system/Observation.rs", status: 403, hasNot: []string{"Okonkwo"}, audit: trail{"!read": 1}},
		{name: "wrong letter", method: "DELETE", path: "Patient/{p}", scopes: "system/Patient.rs", status: 403, audit: trail{"!delete": 1}},
		{name: "read is not search", path: "Patient?family=okonkwo", scopes: "system/Patient.r", status: 403, hasNot: []string{"Okonkwo"}, audit: trail{"!search": 1}},
		{name: "search is not read", path: "Patient/{p}", scopes: "system/Patient.s", status: 403, audit: trail{"!read": 1}},
		{name: "history is read", path: "Patient/{p}/_history", scopes: "system/Patient.cuds", status: 403, audit: trail{"!read": 1}},
		{name: "a write in a transaction", method: "POST", path: "", scopes: "system/Patient.rs", body: `{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"Patient/{p}"}}]}`, status: 403, has: []string{"Bundle.entry[0]"}, audit: trail{"!delete": 1}},
		{name: "right type", path: "Patient/{p}", scopes: "system/Patient.rs", status: 200, audit: trail{"read": 1}},
		{name: "scheme in lower case", path: "Patient/{p}", scopes: "-", header: bearer("bearer " + s.token(everyScope)), status: 200, audit: trail{"read": 1}},
	})
	s.now = s.now.Add(2 * time.Hour)
	s.play([]call{{name: "expired", path: "Patient/{p}", status: 401, has: []string{"account.token"}}})
	s.clean()
}

func TestBadRequests(t *testing.T) {
	s := newStage(t)
	deep := strings.Repeat(`{"extension":[`, fhir.MaxDepth) + strings.Repeat(`]}`, fhir.MaxDepth)
	long := `{"resourceType":"Patient","name":[{"text":"` + strings.Repeat("x", 64<<10) + `"}]}`
	h := func(k, v string) map[string]string { return map[string]string{k: v} }
	form := h("Content-Type", "application/x-www-form-urlencoded")
	s.play([]call{
		givenPatient(),
		{name: "xml body", method: "POST", path: "Patient", body: "<Patient/>", header: h("Content-Type", "application/fhir+xml"), status: 400, has: []string{"xml.resource"}},
		{name: "form to a create", method: "POST", path: "Patient", body: "a=b", header: form, status: 415},
		{name: "turtle wanted", path: "Patient/{p}", header: h("Accept", "text/turtle"), status: 406},
		{name: "turtle wanted by parameter", path: "Patient/{p}?_format=ttl", status: 406},
		{name: "another version of FHIR wanted", path: "Patient/{p}", header: h("Accept", "application/fhir+json; fhirVersion=3.0"), status: 406},
		{name: "an entity in XML", method: "POST", path: "Patient", body: `<!DOCTYPE p [<!ENTITY x "y">]><Patient xmlns="http://hl7.org/fhir"><id value="&x;"/></Patient>`, header: h("Content-Type", "application/fhir+xml"), status: 400, has: []string{"xml.dtd"}},
		{name: "json by parameter wins", path: "Patient/{p}?_format=json", header: h("Accept", "application/fhir+xml"), status: 200, audit: trail{"read": 1}},
		{name: "a browser", path: "Patient/{p}", header: h("Accept", "text/html,*/*;q=0.8"), status: 200, audit: trail{"read": 1}},
		{name: "too large", method: "POST", path: "Patient", body: long, status: 413, has: []string{"fhir.too-large"}},
		{name: "too large a bundle", method: "POST", path: "", body: long, status: 413},
		{name: "too large a form", method: "POST", path: "Patient/_search", body: "family=" + strings.Repeat("x", 65<<10), header: form, status: 413},
		{name: "empty", method: "POST", path: "Patient", header: h("Content-Type", "application/fhir+json"), status: 400},
		{name: "no JSON", method: "POST", path: "Patient", body: `{"resourceType":"Patient"`, status: 400, has: []string{"json.syntax"}},
		{name: "two documents", method: "POST", path: "Patient", body: `{"resourceType":"Patient"} {}`, status: 400},
		{name: "an array", method: "POST", path: "Patient", body: `[]`, status: 400, has: []string{"json.object"}},
		{name: "JSON that is not FHIR", method: "POST", path: "Patient", body: `{"hello":"world"}`, status: 400, has: []string{"fhir.type"}},
		{name: "a member twice", method: "POST", path: "Patient", body: `{"resourceType":"Patient","gender":"male","gender":"female"}`, status: 400, has: []string{"json.duplicate"}},
		{name: "nested too deep", method: "POST", path: "Patient", body: deep, status: 400, has: []string{"json.depth"}},
		{name: "not UTF-8", method: "POST", path: "Patient", body: "{\"resourceType\":\"Patient\",\"language\":\"\xff\"}", status: 400, has: []string{"json.utf8"}},
		{name: "a rule broken", method: "POST", path: "Observation", body: strings.Replace(observation, `"status":"final",`, "", 1), status: 422, has: []string{`"Observation.status"`, `"severity":"error"`}, audit: trail{"create?": 1}},
		{name: "an element that R4 has not", method: "POST", path: "Patient", body: `{"resourceType":"Patient","colour":"red"}`, status: 422, has: []string{"colour"}, audit: trail{"create?": 1}},
		{name: "search with a JSON body", method: "POST", path: "Patient/_search", body: `{"family":"okonkwo"}`, status: 415, hasNot: []string{"Okonkwo"}},
		{name: "patient that nobody knows", method: "POST", path: "Observation", body: strings.Replace(observation, "{p}", "00000000-1", 1), status: 422, has: []string{"record.reference"}, audit: trail{"create?": 1}},
	})
	s.clean()
}
