package fhirapi_test

import (
	"strings"
	"testing"
)

// TestReferencesToNothing: what no entry resolves and nothing else ever can is
// refused, and so is what is no reference; the refusal names the element.
func TestReferencesToNothing(t *testing.T) {
	s := newStage(t)
	good := entry(patientURN, "POST", "Patient", okonkwo)
	tx := func(entries ...string) string { return bundleOf("transaction", entries...) }
	of := func(element, reference string) string {
		return strings.Replace(about("Patient/{p}"), `"status"`, `"`+element+`":{"reference":"`+reference+`"},"status"`, 1)
	}
	refused := func(name, path, body, place, trails string) call {
		return call{name: name, method: "POST", path: path, body: body, status: 422, has: []string{"record.reference", `"` + place + `"`}, audit: trail{trails: 1}}
	}
	calls := []call{
		refused("a urn: that no entry has", "", tx(good, entry("", "POST", "Observation", haemoglobin)), "Bundle.entry[1].resource.Observation.encounter", "update?"),
		{name: "nothing of it was applied", path: "Patient?family=okonkwo", status: 200, has: []string{`"total":0`}, audit: trail{"search": 1}},
		refused("as the patient, in a transaction of one", "", tx(entry("", "POST", "Observation", about(patientURN))), "Bundle.entry[0].resource.Observation.subject", "create?"),
		refused("without a transaction", "Observation", about(patientURN), "Observation.subject", "create?"),
		givenPatient(),
		refused("in an array", "Observation", strings.Replace(observation, `"status"`, `"performer":[{"display":"x"},{"reference":"`+encounterURN+`"}],"status"`, 1), "Observation.performer[1]", "create?"),
		{name: "by an update", method: "PUT", path: "Observation/o", body: withID(of("encounter", encounterURN), "o", "", ""), status: 422, has: []string{"record.reference", `"Observation.encounter"`}, audit: trail{"update?": 1}},
	}
	for _, wrong := range []string{"not a ref", "Encounter", "/Encounter/1", "../Encounter/1", "fhir/Encounter/1", "Encounter/a_b", "Encounter/1/2", "http://x.example/a b"} {
		calls = append(calls, refused(wrong, "Observation", of("encounter", wrong), "Observation.encounter", "create?"))
	}
	s.play(append(calls, []call{
		refused("a patient by what is none", "Observation", about("/Patient/{p}"), "Observation.subject", "create?"),
		{name: "what is a reference", method: "POST", path: "Observation", status: 201, audit: trail{"create": 1}, keep: map[string]string{"o": "id"},
			body: strings.Replace(observation, `"status"`, `"contained":[{"resourceType":"Device","id":"d"}],"device":{"reference":"#d"},"performer":[{"reference":"Organization/later"},{"reference":"http://x.example/fhir/Organization/1"},{"reference":"https://x.example/who?id=1"}],"status"`, 1)},
		{name: "a patch to nothing", method: "PATCH", path: "Observation/{o}", body: `[{"op":"replace","path":"/performer/0/reference","value":"` + encounterURN + `"}]`,
			header: map[string]string{"Content-Type": "application/json-patch+json"}, status: 422, has: []string{"record.reference", `"Observation.performer[0]"`}, audit: trail{"update?": 1}},
		{name: "a Bundle is kept as it is", method: "POST", path: "Bundle", status: 201, audit: trail{"create": 1},
			body: bundleOf("collection", `{"fullUrl":"`+observationURN+`","resource":`+haemoglobin+`}`)},
	}...))
	s.clean()
}
