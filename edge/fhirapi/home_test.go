package fhirapi_test

import (
	"net/url"
	"strings"
	"testing"

	"concord/edge/fhirapi"
)

// TestOwnAddress: a reference under our own address is the relative one, in
// what is written and in what is searched for.
func TestOwnAddress(t *testing.T) {
	s := newStage(t)
	const ours = "https://concord.example/fhir/"
	tx := func(entries ...string) string { return bundleOf("transaction", entries...) }
	found := func(query string, n string) call {
		return call{name: query, path: query, status: 200, has: []string{`"total":` + n}, audit: trail{"search": 1}}
	}
	visit := strings.NewReplacer(`"`+patientURN+`"`, `"`+ours+`Patient/{p}"`).Replace(encounterText)
	jsonPatch := map[string]string{"Content-Type": "application/json-patch+json"}
	s.play([]call{
		givenPatient(),
		{name: "an encounter", method: "POST", path: "Encounter", body: visit, status: 201, has: []string{`"reference":"Patient/{p}"`}, keep: map[string]string{"e": "id"}, audit: trail{"create": 1}},
		{name: "an observation", method: "POST", path: "Observation", body: strings.Replace(about(ours+"Patient/{p}"), `"status"`, `"encounter":{"reference":"HTTP://Concord.example/fhir/Encounter/{e}"},"derivedFrom":[{"reference":"https://other.example/fhir/Observation/1"}],"status"`, 1), status: 201,
			has: []string{`"reference":"Patient/{p}"`, `"reference":"Encounter/{e}"`, `"reference":"https://other.example/fhir/Observation/1"`}, keep: map[string]string{"o": "id"}, audit: trail{"create": 1}},
		found("Observation?patient.family=okonkwo", "1"),
		found("Observation?subject=Patient/{p}", "1"),
		found("Observation?subject="+ours+"Patient/{p}", "1"),
		found("Observation?subject=http://concord.example/fhir/Patient/{p}", "1"),
		found("Observation?subject=https://concord.example:444/fhir/Patient/{p}", "0"),
		found("Observation?patient="+ours+"Patient/nobody,"+ours+"Patient/{p}", "1"),
		found("Observation?subject:Patient="+ours+"Patient/{p}", "1"),
		found("Observation?encounter.subject="+ours+"Patient/{p}", "1"),
		found("Encounter?_has:Observation:encounter:subject="+ours+"Patient/{p}", "1"),
		found("Observation?_filter="+url.QueryEscape(`(subject eq "`+ours)+"Patient/{p}"+url.QueryEscape(`") and status eq final`), "1"),
		found("Patient/{p}/Observation?encounter="+ours+"Encounter/{e}", "1"),
		{name: "brought along", path: "Observation?_id={o}&_include=Observation:patient", status: 200, has: []string{"Okonkwo"}, audit: trail{"search": 1}},
		{name: "a transaction", method: "POST", status: 200, audit: trail{"update": 1}, body: tx(
			entry(ours+"Encounter/9", "POST", "Encounter", visit),
			entry("", "POST", "Observation", strings.Replace(about(ours+"Patient/{p}"), `"status"`, `"encounter":{"reference":"`+ours+`Encounter/9"},"status"`, 1)),
			`{"request":{"method":"POST","url":"Observation","ifNoneExist":"subject=`+ours+`Patient/{p}&encounter=`+ours+`Encounter/{e}"},"resource":`+about(ours+"Patient/{p}")+`}`)},
		found("Observation?patient={p}", "2"),
		found("Observation?patient={p}&encounter.subject=Patient/{p}", "2"),
		{name: "a conditional update", method: "PUT", path: "Observation?encounter=" + url.QueryEscape(ours) + "Encounter/{e}", body: strings.Replace(about(ours+"Patient/{p}"), `"status"`, `"encounter":{"reference":"`+ours+`Encounter?identifier=x|1,none|y&subject=`+ours+`Patient/{p}"},"status"`, 1), status: 422, has: []string{`"Observation.encounter"`}, audit: trail{"update?": 1}},
		{name: "a conditional update", method: "PUT", path: "Observation?encounter=" + url.QueryEscape(ours) + "Encounter/{e}", body: strings.Replace(about(ours+"Patient/{p}"), "100.10", "101.10", 1), status: 200, has: []string{`"id":"{o}"`, "101.10"}, audit: trail{"update": 1}},
		{name: "a patch", method: "PATCH", path: "Observation/{o}", body: `[{"op":"add","path":"/encounter","value":{"reference":"` + ours + `Encounter/{e}"}}]`, header: jsonPatch, status: 200, has: []string{`"reference":"Encounter/{e}"`}, audit: trail{"update": 1}},
		{name: "in a batch", method: "POST", body: bundleOf("batch", entry("", "GET", "Observation?subject="+ours+"Patient/{p}", ""), entry("", "POST", "Observation", about(ours+"Patient/{p}"))), status: 200, has: []string{`"total":3`, `"201 Created"`}, audit: trail{"create": 1, "search": 1}},
	})
	s.clean()
}

// TestOwnAddressOfCanonicals: what may be a canonical is found as it was sent.
func TestOwnAddressOfCanonicals(t *testing.T) {
	s := newStage(t)
	const form = "https://concord.example/fhir/Questionnaire/q"
	answers := `{"resourceType":"QuestionnaireResponse","status":"completed","questionnaire":"` + form + `","subject":{"reference":"Patient/{p}"}}`
	s.play([]call{
		givenPatient(),
		{name: "a questionnaire", method: "PUT", path: "Questionnaire/q", body: `{"resourceType":"Questionnaire","id":"q","status":"active","url":"` + form + `"}`, status: 201, has: []string{`"url":"` + form + `"`}, audit: trail{"update": 1}},
		{name: "its answers", method: "POST", path: "QuestionnaireResponse", body: answers, status: 201, has: []string{`"questionnaire":"` + form + `"`}, audit: trail{"create": 1}},
		{name: "by the canonical", path: "QuestionnaireResponse?questionnaire=" + form, status: 200, has: []string{`"total":1`}, audit: trail{"search": 1}},
		{name: "by its URL", path: "Questionnaire?url=" + form, status: 200, has: []string{`"total":1`}, audit: trail{"search": 1}},
		{name: "a document keeps its own", method: "POST", path: "Bundle", status: 201, has: []string{`"reference":"https://concord.example/fhir/Patient/1"`}, audit: trail{"create": 1},
			body: bundleOf("collection", `{"fullUrl":"https://concord.example/fhir/Observation/1","resource":`+withID(about("https://concord.example/fhir/Patient/1"), "1", "", "")+`}`)},
	})
	s.clean()
}

// TestAddressOfTheRequest: without a configured address it is the one by which
// the request came.
func TestAddressOfTheRequest(t *testing.T) {
	s := newStage(t)
	s.options.Base = ""
	s.handler = fhirapi.New(s.options)
	s.play([]call{
		givenPatient(),
		{name: "by the host of the request", method: "POST", path: "Observation", body: about("http://example.com/fhir/Patient/{p}"), status: 201, has: []string{`"reference":"Patient/{p}"`}, audit: trail{"create": 1}},
		{name: "by another", method: "POST", path: "Observation", body: about("http://concord.example/fhir/Patient/{p}"), status: 422, has: []string{"record.foreign-patient"}, audit: trail{"create?": 1}},
		{name: "found", path: "Observation?subject=http://example.com/fhir/Patient/{p}", status: 200, has: []string{`"total":1`}, audit: trail{"search": 1}},
	})
	s.clean()
}
