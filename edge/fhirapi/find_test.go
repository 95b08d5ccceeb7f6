package fhirapi_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// givenWard fills a store: two patients, five observations of {p}, one of
// {q}, an encounter that two of them belong to, and its organisation.
func givenWard() []call {
	calls := []call{
		givenPatient(),
		{name: "given another patient", method: "POST", path: "Patient", body: strings.NewReplacer("R1K", "RYJ", "9990000018", "9990000026", "1948", "1960", "Adaeze", "Nönø", "Okonkwo", "O'Brien-Åström").Replace(okonkwo), status: 201, keep: map[string]string{"q": "id"}, audit: trail{"create": 1}},
		{name: "given an organisation", method: "PUT", path: "Organization/r1k", body: `{"resourceType":"Organization","id":"r1k","name":"London North West"}`, status: 201, audit: trail{"update": 1}},
		{name: "given an encounter", method: "PUT", path: "Encounter/e1", body: `{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/{p}"},"serviceProvider":{"reference":"Organization/r1k"}}`, status: 201, audit: trail{"update": 1}},
	}
	for i := range 6 {
		body := strings.NewReplacer("11-01T", "11-0"+strconv.Itoa(i+1)+"T", "100.10", strconv.Itoa(100+i)).Replace(withID(observation, "o"+strconv.Itoa(i), "", ""))
		if i < 2 {
			body = strings.Replace(body, `"status"`, `"encounter":{"reference":"Encounter/e1"},"status"`, 1)
		}
		if i == 5 {
			body = strings.ReplaceAll(body, "{p}", "{q}")
		}
		calls = append(calls, call{name: "given observation " + strconv.Itoa(i), method: "PUT", path: "Observation/o" + strconv.Itoa(i), body: body, status: 201, audit: trail{"update": 1}})
	}
	return calls
}

func TestSearch(t *testing.T) {
	s := newStage(t)
	s.play(givenWard())
	one := trail{"search": 1}
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	s.play([]call{
		{name: "by patient", path: "Observation?patient={p}", status: 200, has: []string{`"type":"searchset"`, `"total":5`, `"mode":"match"`}, audit: one},
		{name: "by subject", path: "Observation?subject=Patient/{q}", status: 200, has: []string{`"total":1`, `"id":"o5"`}, audit: one},
		{name: "an unknown patient has nothing", path: "Observation?patient=nobody", status: 200, has: []string{`"total":0`}, audit: one},
		{name: "by code and date", path: "Observation?patient={p}&code=http://loinc.org|718-7&date=ge2026-11-04", status: 200, has: []string{`"total":2`}, audit: one},
		{name: "both dates", path: "Observation?patient={p}&date=ge2026-11-02&date=lt2026-11-04", status: 200, has: []string{`"total":2`}, audit: one},
		{name: "by encounter", path: "Observation?patient={p}&encounter=Encounter/e1", status: 200, has: []string{`"total":2`}, audit: one},
		{name: "by identifier", path: "Patient?identifier=9990000018", status: 200, has: []string{`"total":1`, `"id":"{p}"`, `"type":"refer"`}, audit: one},
		{name: "name without accents", path: "Patient?family=obrien+astrom", status: 200, has: []string{`"total":1`}, audit: one},
		{name: "exact name with accents", path: "Patient?family:exact=" + url.QueryEscape("O'Brien-Åström"), status: 200, has: []string{`"total":1`}, audit: one},
		{name: "by how it sounds", path: "Patient?phonetic=okonquo", status: 200, has: []string{`"total":1`, `"id":"{p}"`}, audit: one},
		{name: "by how its given name sounds", path: "Patient?phonetic=adeyze", status: 200, has: []string{`"total":1`, `"id":"{p}"`}, audit: one},
		{name: "by how it does not sound", path: "Patient?phonetic=okon", status: 200, has: []string{`"total":0`}, audit: one},
		{name: "by POST", method: "POST", path: "Patient/_search", body: "family=okonkwo", header: form, status: 200, has: []string{`"total":1`, `"id":"{p}"`}, audit: one},
		{name: "by POST, with a parameter in the URL", method: "POST", path: "Patient/_search?birthdate=1948-03-14", body: "family=okonkwo", header: form, status: 200, has: []string{`"total":1`}, audit: one},
		{name: "by POST, unknown parameter", method: "POST", path: "Patient/_search", body: "colour=red", header: form, status: 400},
		{name: "sorted", path: "Observation?patient={p}&_sort=-date&_count=1", status: 200, has: []string{`"id":"o4"`}, audit: one},
		{name: "count alone", path: "Observation?patient={p}&_summary=count", status: 200, has: []string{`"total":5`}, hasNot: []string{`"entry"`}, audit: one},
		{name: "no rows asked", path: "Observation?patient={p}&_count=0", status: 200, has: []string{`"total":5`}, hasNot: []string{`"entry"`}, audit: one},
		{name: "no total asked", path: "Observation?patient={p}&_total=none", status: 200, hasNot: []string{`"total"`}, audit: one},
		{name: "elements", path: "Observation?_id=o1&_elements=status,subject", status: 200, has: []string{`"SUBSETTED"`, `"status":"final"`, `"subject"`}, hasNot: []string{"valueQuantity"}, audit: one},
		{name: "summary data", path: "Observation?_id=o1&_summary=data", status: 200, has: []string{`"SUBSETTED"`, "valueQuantity"}, audit: one},
		{name: "summary text", path: "Observation?_id=o1&_summary=text", status: 200, has: []string{`"SUBSETTED"`}, hasNot: []string{"valueQuantity"}, audit: one},
		{name: "include", path: "Observation?_id=o1&_include=Observation:encounter&_include=Observation:subject", status: 200, has: []string{`"total":1`, `"mode":"include"`, `"id":"e1"`, `"id":"{p}"`, `"type":"refer"`}, audit: one},
		{name: "include of one target type", path: "Observation?_id=o1&_include=Observation:subject:Group", status: 200, hasNot: []string{`"mode":"include"`}, audit: one},
		{name: "include is filtered", path: "Observation?_id=o1&_include=Observation:subject", scopes: "system/Observation.rs", status: 200, has: []string{`"total":1`}, hasNot: []string{"Okonkwo"}, audit: one},
		{name: "revinclude", path: "Encounter?_id=e1&_revinclude=Observation:encounter", status: 200, has: []string{`"total":1`, `"id":"o0"`, `"id":"o1"`}, hasNot: []string{`"id":"o2"`}, audit: one},
		{name: "whatever refers to it", path: "Encounter?_id=e1&_revinclude=*", status: 200, has: []string{`"total":1`, `"id":"o0"`, `"id":"o1"`}, hasNot: []string{`"id":"o2"`}, audit: one},
		{name: "whatever refers to a patient", path: "Patient?_id={q}&_revinclude=*", status: 200, has: []string{`"id":"o5"`}, hasNot: []string{`"id":"o1"`}, audit: one},
		{name: "revinclude on a patient", path: "Patient?_id={q}&_revinclude=Observation:subject", status: 200, has: []string{`"id":"o5"`}, hasNot: []string{`"id":"o1"`}, audit: one},
		{name: "revinclude is filtered", path: "Encounter?_id=e1&_revinclude=Observation:encounter", scopes: "system/Encounter.rs", status: 200, hasNot: []string{`"id":"o0"`}, audit: one},
	})
	s.clean()
}

func TestSearchMistakes(t *testing.T) {
	s := newStage(t)
	s.play(givenWard())
	one := trail{"search": 1}
	lenient := map[string]string{"Prefer": "handling=lenient"}
	s.play([]call{
		{name: "unknown parameter", path: "Observation?patient={p}&colour=red", status: 400, has: []string{"search.parameter", `"expression":["colour"]`}},
		{name: "unknown parameter, lenient", path: "Observation?patient={p}&colour=red", header: lenient, status: 200, has: []string{`"total":5`, `"mode":"outcome"`, "search.parameter"}, audit: one},
		{name: "known parameter, bad value, lenient", path: "Observation?date=yesterday", header: lenient, status: 400},
		{name: "unknown modifier", path: "Patient?family:sounds=x", status: 400, has: []string{"search.modifier"}},
		{name: "a chain that leads nowhere", path: "Observation?subject.colour=x", status: 400, has: []string{"search.parameter"}},
		{name: "a chain says what was sought, and on which types", path: "Observation?subject.colour=x", status: 400, has: []string{"colour is no search parameter of", "Patient", "Device", `"expression":["subject.colour"]`}},
		{name: "a chain to one type", path: "Observation?subject:Patient.colour=x", status: 400, has: []string{"colour is no search parameter of Patient,", `"subject:Patient.colour"`}},
		{name: "a longer chain", path: "Observation?subject.organization.colour=x", status: 400, has: []string{"colour is no search parameter of Organization,"}},
		{name: "a parameter of few of the types, with a bad value", path: "Observation?subject.birthdate=yesterday", status: 400, has: []string{"search.value"}},
		{name: "has of a type that does not refer", path: "Patient?_has:Organization:name:code=x", status: 400},
		{name: "a filter that does not close", path: "Patient?_filter=(family+eq+x", status: 400, has: []string{"search.filter"}},
		{name: "bad date", path: "Observation?date=2026-13-01", status: 400, has: []string{"search.value"}},
		{name: "bad count", path: "Observation?_count=-1", status: 400},
		{name: "a page that was never given", path: "Observation?_page=x", status: 400, has: []string{"search.page"}, audit: trail{"search?": 1}},
		{name: "bad sort", path: "Observation?_sort=colour", status: 400},
		{name: "bad include", path: "Observation?_include=nothing", status: 400},
		{name: "include that is repeated in words", path: "Observation?_include:often=Observation:subject", status: 400, has: []string{"search.modifier"}},
		{name: "a compartment that is none", path: "Poem/{p}/Observation", status: 404},
		{name: "a type that is not in the compartment", path: "Patient/{p}/Organization", status: 404, has: []string{"search.compartment"}},
		{name: "empty value", path: "Observation?code=", status: 400},
		{name: "query that is none", path: "Observation?a=%zz", status: 400, has: []string{"search.syntax"}},
		{name: "unknown type", path: "Poem?a=b", status: 404},
	})
}

// TestPaging walks pages by their next links and sees each match once.
func TestPaging(t *testing.T) {
	s := newStage(t)
	s.play(givenWard())
	seen := map[string]int{}
	path, pages := "Observation?patient={p}&_count=2&_sort=date", 0
	for path != "" {
		b := s.step(call{name: "page", path: path, status: 200, has: []string{`"total":5`}, audit: trail{"search": 1}})
		for _, id := range b.All("entry.resource.id") {
			seen[id.Str()]++
		}
		path = ""
		for l := range b.Get("link").Each() {
			if l.StrAt("relation") == "next" {
				path = strings.TrimPrefix(l.StrAt("url"), "https://concord.example/fhir/")
			}
		}
		if pages++; pages > 5 {
			t.Fatal("the pages do not end")
		}
	}
	if pages != 3 || len(seen) != 5 {
		t.Errorf("%d pages, seen %v", pages, seen)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}
