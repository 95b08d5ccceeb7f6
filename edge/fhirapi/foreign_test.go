package fhirapi_test

import (
	"strings"
	"testing"
)

// about is an observation of whom a reference names.
func about(reference string) string { return strings.Replace(observation, "Patient/{p}", reference, 1) }

// TestForeignPatient: a reference to a Patient of another server is never taken
// for the Patient of that id here, whoever's id it is, nor does it take an id.
func TestForeignPatient(t *testing.T) {
	s := newStage(t)
	const elsewhere = "http://other.example/fhir/Patient/77"
	tx := func(entries ...string) string { return bundleOf("transaction", entries...) }
	refused := func(name, method, path, body string, has ...string) call {
		return call{name: name, method: method, path: path, body: body, status: 422, has: append(has, "record.foreign-patient"), audit: trail{"create?": 1}}
	}
	nobody := func(name, path string) call {
		return call{name: name, path: path, status: 200, hasNot: []string{"718-7"}, audit: trail{"search": 1}}
	}
	update := refused("an update as create", "PUT", "Observation/hb", withID(about(elsewhere), "hb", "", ""), `"Observation.subject"`)
	update.audit = trail{"update?": 1}
	s.play([]call{
		givenPatient(),
		{name: "a client's own id", method: "PUT", path: "Patient/77", body: strings.NewReplacer(`"100"`, `"177"`, "9990000018", "9990000026", "1948", "1971", "Okonkwo", "Bell").Replace(withID(okonkwo, "77", "", "")), status: 201, audit: trail{"update": 1}},
		refused("the same id elsewhere", "POST", "Observation", about(elsewhere), `"Observation.subject"`),
		refused("a version of it", "POST", "Observation", about(elsewhere+"/_history/1"), `"Observation.subject"`),
		refused("an id of our form elsewhere", "POST", "Observation", about("https://other.example/fhir/Patient/{p}"), `"Observation.subject"`),
		refused("our host, another base", "POST", "Observation", about("https://concord.example/other/Patient/{p}"), `"Observation.subject"`),
		refused("a URL of any form, said to be a Patient", "POST", "Observation", strings.Replace(about("http://other.example/p?id=77"), `"subject":{`, `"subject":{"type":"Patient",`, 1), `"Observation.subject"`),
		refused("by another element", "POST", "AllergyIntolerance", `{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"text":"x"},"patient":{"reference":"`+elsewhere+`"}}`, `"AllergyIntolerance.patient"`),
		refused("in a transaction", "POST", "", tx(entry("", "POST", "Observation", about(elsewhere))), `"Bundle.entry[0].resource.Observation.subject"`),
		update,
		nobody("not in the chart", "Patient/77/Observation"),
		nobody("not found by subject", "Observation?subject=Patient/77"),
		nobody("nor by what was sent", "Observation?subject="+elsewhere),
		nobody("not in everything", "Patient/77/$everything"),
		nobody("nor in the other's", "Patient/{p}/$everything"),
		refused("an id that nobody has here", "POST", "Observation", about("http://other.example/fhir/Patient/1"), `"Observation.subject"`),
		{name: "has not been taken", path: "Patient/1", status: 404, audit: trail{"read?": 1}},
		{name: "a Person links servers", method: "POST", path: "Person", body: `{"resourceType":"Person","link":[{"target":{"reference":"` + elsewhere + `"}}]}`, status: 201, audit: trail{"create": 1}},
		{name: "and belongs to nobody here", path: "Patient/77/Person", status: 200, has: []string{`"total":0`}, audit: trail{"search": 1}},
		{name: "a merge into another server's patient", method: "POST", path: "Patient/$merge", status: 400, has: []string{"target-patient"},
			body: `{"resourceType":"Parameters","parameter":[{"name":"source-patient","valueReference":{"reference":"Patient/{p}"}},{"name":"target-patient","valueReference":{"reference":"` + elsewhere + `"}}]}`},
		{name: "one that comes along is ours", method: "POST", status: 200, body: tx(
			entry(elsewhere, "POST", "Patient", strings.NewReplacer(`"100"`, `"178"`, "9990000018", "9990000034", "1948", "1982", "Okonkwo", "Quist").Replace(okonkwo)),
			entry("", "POST", "Observation", about(elsewhere))), audit: trail{"update": 1}},
		nobody("and still not in the chart", "Patient/77/Observation"),
		{name: "but in its own", path: "Observation?patient.family=quist", status: 200, has: []string{`"total":1`}, audit: trail{"search": 1}},
	})
	s.clean()
}
