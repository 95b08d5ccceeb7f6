package fhirapi_test

import (
	"strings"
	"testing"
)

func bundleOf(kind string, entries ...string) string {
	return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
}

func entry(fullURL, method, target, resource string) string {
	e := `{"request":{"method":"` + method + `","url":"` + target + `"}`
	if fullURL != "" {
		e += `,"fullUrl":"` + fullURL + `"`
	}
	if resource != "" {
		e += `,"resource":` + resource
	}
	return e + "}"
}

const (
	patientURN     = "urn:uuid:11111111-1111-4111-8111-111111111111"
	encounterURN   = "urn:uuid:22222222-2222-4222-8222-222222222222"
	observationURN = "urn:uuid:33333333-3333-4333-8333-333333333333"
	encounterText  = `{"resourceType":"Encounter","status":"finished","class":{"code":"IMP"},"subject":{"reference":"` + patientURN + `"}}`
	haemoglobin    = `{"resourceType":"Observation","status":"final","code":{"text":"Hb"},"subject":{"reference":"` + patientURN + `"},"encounter":{"reference":"` + encounterURN + `"}}`
)

// TestTransactionAnyOrder: references within a transaction hold whatever the
// order of its entries.
func TestTransactionAnyOrder(t *testing.T) {
	entries := []string{
		entry(patientURN, "POST", "Patient", okonkwo),
		entry(encounterURN, "POST", "Encounter", encounterText),
		entry(observationURN, "POST", "Observation", haemoglobin),
	}
	for _, order := range [][3]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {2, 0, 1}} {
		s := newStage(t)
		got := s.step(call{name: "transaction", method: "POST", path: "", status: 200,
			body: bundleOf("transaction", entries[order[0]], entries[order[1]], entries[order[2]]),
			has:  []string{`"type":"transaction-response"`, `"201 Created"`}, audit: trail{"update": 1}})
		for i := range 3 {
			want := []string{"Patient/", "Encounter/", "Observation/"}[order[i]]
			location := got.Get("entry").At(i).StrAt("response.location")
			if !strings.HasPrefix(location, want) {
				t.Errorf("order %v: entry %d is at %q", order, i, location)
			}
			s.names[strings.ToLower(want[:1])] = strings.Split(location, "/")[1]
		}
		s.play([]call{
			{name: "rewritten", path: "Observation/{o}", status: 200, has: []string{`"Patient/{p}"`, `"Encounter/{e}"`}, hasNot: []string{"urn:uuid"}, audit: trail{"read": 1}},
			{name: "in the patient's record", path: "Observation?patient={p}&encounter={e}", status: 200, has: []string{`"total":1`}, audit: trail{"search": 1}},
			{name: "one provenance", path: "Provenance?patient={p}", status: 200, has: []string{`"total":1`, `"Observation/{o}"`, `"Encounter/{e}"`, `"Patient/{p}"`}, audit: trail{"search": 1}},
		})
		s.clean()
	}
}

func TestTransactions(t *testing.T) {
	s := newStage(t)
	tx := func(entries ...string) string { return bundleOf("transaction", entries...) }
	good := entry(patientURN, "POST", "Patient", okonkwo)
	s.play([]call{
		{name: "one bad entry", method: "POST", status: 422, body: tx(good, entry("", "POST", "Observation", strings.Replace(haemoglobin, `"status":"final",`, "", 1))),
			has: []string{"Bundle.entry[1].resource.Observation.status", `"required"`}, audit: trail{"update?": 1}},
		{name: "nothing was applied", path: "Patient?family=okonkwo", status: 200, has: []string{`"total":0`}, audit: trail{"search": 1}},
		{name: "a type that is none", method: "POST", status: 422, body: tx(good, entry("", "POST", "Poem", `{"resourceType":"Poem"}`)), has: []string{"Bundle.entry[1]"}, audit: trail{"update?": 1}},
		{name: "a method that is none", method: "POST", status: 501, body: tx(good, entry("", "LINK", "Patient/1", okonkwo)), has: []string{"Bundle.entry[1].request.method"}},
		{name: "no resource", method: "POST", status: 400, body: tx(good, entry("", "POST", "Patient", "")), has: []string{"Bundle.entry[1].resource"}},
		{name: "ids differ", method: "POST", status: 400, body: tx(good, entry("", "PUT", "Patient/a", withID(okonkwo, "b", "", ""))), has: []string{"Bundle.entry[1].resource.id"}},
		{name: "odd ifMatch", method: "POST", status: 412, body: tx(good, `{"request":{"method":"DELETE","url":"Patient/a","ifMatch":"latest"}}`), has: []string{"Bundle.entry[1].request.ifMatch"}},
		{name: "a conditional reference to nobody", method: "POST", status: 422, body: tx(good, entry("", "POST", "Observation", strings.Replace(haemoglobin, encounterURN, "Encounter?identifier=urn:x|1", 1))), has: []string{"Bundle.entry[1]", "record.reference"}, audit: trail{"update?": 1}},
		{name: "the same resource twice", method: "POST", status: 400, body: tx(entry("", "PUT", "Patient/a", withID(okonkwo, "a", "", "")), entry("", "PUT", "Patient/a", withID(okonkwo, "a", "Adaeze", "Ada"))), has: []string{"Bundle.entry[1]", "record.twice"}, audit: trail{"update?": 1}},
		{name: "a GET that cannot be served", method: "POST", status: 404, body: tx(good, entry("", "GET", "Patient/a/b/c/d", "")), has: []string{"Bundle.entry[1]"}},
		{name: "still nothing", path: "Patient?family=okonkwo", status: 200, has: []string{`"total":0`}, audit: trail{"search": 1}},
		{name: "too many entries", method: "POST", status: 413, body: tx(strings.Split(strings.Repeat(good+";", 21), ";")[:21]...)},
		{name: "not a bundle", method: "POST", status: 400, body: okonkwo},
		{name: "a searchset", method: "POST", status: 400, body: bundleOf("searchset")},
		{name: "an empty transaction", method: "POST", status: 200, body: tx(), has: []string{"transaction-response"}},
		{name: "with a read", method: "POST", status: 200, body: tx(good, entry("", "GET", "Patient?family=okonkwo", "")), has: []string{`"total":1`}, audit: trail{"create": 1, "search": 2}},
		{name: "a read of nobody fails it", method: "POST", status: 404, body: tx(entry("", "PUT", "Patient/a", strings.Replace(withID(okonkwo, "a", "", ""), `"100"`, `"200"`, 1)), entry("", "GET", "Patient/nobody", "")),
			has: []string{"record.unknown", `"Bundle.entry[1].request.url"`}, audit: trail{"read?": 1}},
		{name: "a search that cannot be read fails it", method: "POST", status: 400, body: tx(good, entry("", "GET", "Patient?colour=red", "")), has: []string{"search.parameter", `"Bundle.entry[1].request.url"`}},
		{name: "nothing of them was applied", path: "Patient/a", status: 404, audit: trail{"read?": 1}},
		{name: "a read of what it makes", method: "POST", status: 200, body: tx(entry("", "PUT", "Patient/a", strings.NewReplacer(`"100"`, `"200"`, "9990000018", "9990000026").Replace(withID(okonkwo, "a", "", ""))), entry("", "GET", "Patient/a", "")),
			has: []string{`"201 Created"`, `"200 OK"`, "9990000026"}, audit: trail{"update": 1, "read": 1}},
		{name: "a read of what it deletes", method: "POST", status: 410, body: tx(entry("", "DELETE", "Patient/a", ""), entry("", "GET", "Patient/a", "")), has: []string{`"Bundle.entry[1].request.url"`}},
		{name: "a deletion of nothing", method: "POST", status: 200, body: tx(entry("", "DELETE", "Patient?identifier=urn:x|none", ""), entry("", "PUT", "Organization/b", `{"resourceType":"Organization","id":"b","name":"B"}`)),
			has: []string{`{"response":{"status":"204 No Content"}}`, `"201 Created"`}, audit: trail{"update": 1}},
		{name: "everything at once", method: "POST", status: 200, body: tx(
			entry("", "DELETE", "Patient/a", ""),
			entry("", "PUT", "Patient?identifier=urn:concord:R1K:hospital-number|100", strings.Replace(okonkwo, "Adaeze", "Ada", 1)),
			`{"request":{"method":"POST","url":"Organization","ifNoneExist":"identifier=urn:x|1"},"resource":{"resourceType":"Organization","name":"X","identifier":[{"system":"urn:x","value":"1"}]}}`),
			has: []string{`"204 No Content"`, `"200 OK"`, `"201 Created"`}, audit: trail{"update": 1}},
		{name: "a conditional reference", method: "POST", status: 200, body: tx(entry("", "POST", "Encounter", strings.NewReplacer(patientURN, "Patient?identifier=9990000018", `"status"`, `"serviceProvider":{"reference":"Organization?identifier=urn:x|1"},"status"`).Replace(encounterText))),
			header: map[string]string{"Prefer": "return=representation"}, has: []string{`"reference":"Organization/`, `"reference":"Patient/`}, audit: trail{"create": 1}},
		{name: "a collection is kept as a transaction", method: "POST", status: 200, body: bundleOf("collection", `{"resource":`+withID(`{"resourceType":"Organization","name":"Y"}`, "y", "", "")+`}`), audit: trail{"update": 1}},
	})
	s.clean()
}

func TestBatch(t *testing.T) {
	s := newStage(t)
	s.play([]call{
		givenPatient(),
		{name: "each entry stands alone", method: "POST", status: 200, body: bundleOf("batch",
			entry("", "POST", "Observation", strings.Replace(observation, `"status":"final",`, "", 1)),
			entry("", "POST", "Observation", observation),
			entry("", "GET", "Patient/{p}", ""),
			entry("", "GET", "Patient/nobody", ""),
			entry("", "GET", "Observation?patient={p}", ""),
			entry("", "GET", "Patient/{p}/$everything", ""),
			entry("", "DELETE", "Observation/nobody", ""),
			entry("", "LINK", "Patient/{p}", okonkwo)),
			has:   []string{`"type":"batch-response"`, `"422 Unprocessable Entity"`, `"201 Created"`, `"200 OK"`, `"404 Not Found"`, `"501 Not Implemented"`, "Bundle.entry[0].resource.Observation.status", `"total":1`},
			audit: trail{"create?": 1, "create": 1, "read": 1, "read?": 1, "search": 2, "delete?": 1}},
	})
	s.clean()
}
