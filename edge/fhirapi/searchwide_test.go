package fhirapi_test

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"concord/standard/fhir"
)

// q writes a query as people read it: what needs escaping is escaped.
func q(path, query string) string {
	var parts []string
	for _, p := range strings.Split(query, "&") {
		name, v, _ := strings.Cut(p, "=")
		parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(v))
	}
	return path + "?" + strings.NewReplacer("%7B", "{", "%7D", "}").Replace(strings.Join(parts, "&"))
}

func TestSearchLinks(t *testing.T) {
	s := newStage(t)
	s.play(givenWard())
	one := trail{"search": 1}
	s.play([]call{
		{name: "given a list", method: "PUT", path: "List/l1", body: `{"resourceType":"List","id":"l1","status":"current","mode":"working","entry":[{"item":{"reference":"Observation/o1"}},{"item":{"reference":"Observation/o3"}},{"item":{"reference":"Patient/{q}"}}]}`, status: 201, audit: trail{"update": 1}},
		{name: "given a doctor", method: "PUT", path: "Practitioner/doc", body: `{"resourceType":"Practitioner","id":"doc","name":[{"family":"Adeyemi"}]}`, status: 201, audit: trail{"update": 1}},
		{name: "given a request", method: "PUT", path: "ServiceRequest/sr", body: `{"resourceType":"ServiceRequest","id":"sr","status":"active","intent":"order","subject":{"reference":"Patient/{p}"},"encounter":{"reference":"Encounter/e1"},"requester":{"reference":"Practitioner/doc"}}`, status: 201, audit: trail{"update": 1}},
		{name: "given a medication", method: "PUT", path: "Medication/m2", body: `{"resourceType":"Medication","id":"m2","code":{"coding":[{"system":"http://snomed.info/sct","code":"322236000"}]}}`, status: 201, audit: trail{"update": 1}},
		{name: "given a request for it", method: "PUT", path: "MedicationRequest/mr2", body: `{"resourceType":"MedicationRequest","id":"mr2","status":"active","intent":"order","subject":{"reference":"Patient/{p}"},"medicationReference":{"reference":"Medication/m2"}}`, status: 201, audit: trail{"update": 1}},
		{name: "given a medicine that contains one", method: "PUT", path: "MedicationRequest/mr", body: `{"resourceType":"MedicationRequest","id":"mr","status":"active","intent":"order","subject":{"reference":"Patient/{p}"},"contained":[{"resourceType":"Medication","id":"m","code":{"coding":[{"system":"http://snomed.info/sct","code":"322236009"}]}}],"medicationReference":{"reference":"#m"}}`, status: 201, audit: trail{"update": 1}},

		{name: "chain", path: q("Observation", "subject:Patient.family=okonkwo"), status: 200, has: []string{`"total":5`}, audit: one},
		{name: "chain without type", path: q("Observation", "subject.family=okonkwo&code=718-7&date=ge2026-11-04"), status: 200, has: []string{`"total":2`}, audit: one},
		{name: "chain of two", path: q("Observation", "encounter.service-provider.name=london"), status: 200, has: []string{`"total":2`, `"id":"o0"`, `"id":"o1"`}, audit: one},
		{name: "chain through patient", path: q("Encounter", "patient.identifier=9990000018"), status: 200, has: []string{`"total":1`, `"id":"e1"`}, audit: one},
		{name: "chain to nobody", path: q("Observation", "subject:Patient.family=nobody"), status: 200, has: []string{`"total":0`}, audit: one},
		{name: "chain into what is contained", path: q("MedicationRequest", "patient={p}&medication.code=322236009"), status: 200, has: []string{`"total":1`}, audit: one},
		{name: "a chain does not see what its client may not", path: q("Observation", "subject:Patient.family=okonkwo"), scopes: "system/Observation.rs", status: 200, has: []string{`"total":0`}, audit: one},
		{name: "reverse chain", path: q("Patient", "_has:Observation:patient:date=2026-11-06"), status: 200, has: []string{`"total":1`, `"id":"{q}"`}, audit: one},
		{name: "reverse chain among others", path: q("Patient", "family=okonkwo&_has:Observation:patient:code=718-7"), status: 200, has: []string{`"total":1`, `"id":"{p}"`}, audit: one},
		{name: "reverse chain of two", path: q("Organization", "_has:Encounter:service-provider:_has:Observation:encounter:code=718-7"), status: 200, has: []string{`"total":1`, `"id":"r1k"`}, audit: one},
		{name: "a reverse chain does not see what its client may not", path: q("Patient", "_has:Observation:patient:code=718-7"), scopes: "system/Patient.rs", status: 200, has: []string{`"total":0`}, audit: one},
		{name: "list", path: q("Observation", "_list=l1"), status: 200, has: []string{`"total":2`, `"id":"o1"`, `"id":"o3"`}, audit: one},
		{name: "list and more", path: q("Observation", "_list=l1&date=2026-11-02"), status: 200, has: []string{`"total":1`, `"id":"o1"`}, audit: one},
		{name: "a list that is none", path: q("Observation", "_list=l9"), status: 200, has: []string{`"total":0`}, audit: one},
		{name: "filter", path: q("Observation", "_filter=(code eq http://loinc.org|718-7 and date ge 2026-11-04) or encounter eq Encounter/e1"), status: 200, has: []string{`"total":5`}, audit: one},
		{name: "filter with a chain", path: q("Observation", `_filter=subject.family eq "okonkwo" and date lt 2026-11-03`), status: 200, has: []string{`"total":2`}, audit: one},
		{name: "filter that denies", path: q("Observation", "_filter=not (subject.family eq okonkwo)"), status: 200, has: []string{`"total":1`, `"id":"o5"`}, audit: one},
		{name: "chain into what is contained, of everybody", path: q("MedicationRequest", "medication.code=322236009"), status: 200, has: []string{`"total":1`, `"id":"mr"`}, audit: one},
		{name: "chain into what is contained, by what it is not", path: q("MedicationRequest", "medication.code=1"), status: 200, has: []string{`"total":0`}, audit: one},
		{name: "chain into both", path: q("MedicationRequest", "medication:Medication.code=322236009,322236000"), status: 200, has: []string{`"total":2`, `"id":"mr"`, `"id":"mr2"`}, audit: one},
		{name: "contained alone", path: q("Medication", "code=322236009&_contained=true"), status: 200, has: []string{`"total":1`, `"id":"mr"`}, audit: one},
		{name: "what is contained, by itself", path: q("Medication", "code=322236009&_contained=true&_containedType=contained"), status: 400, has: []string{"_containedType"}},
		{name: "contained left out", path: q("Medication", "code=322236009"), status: 200, has: []string{`"total":0`}, audit: one},

		{name: "include that goes on", path: q("Observation", "_id=o0&_include=Observation:encounter&_include:iterate=Encounter:service-provider"), status: 200, has: []string{`"id":"e1"`, `"id":"r1k"`}, audit: one},
		{name: "include that does not go on", path: q("Observation", "_id=o0&_include=Observation:encounter&_include=Encounter:service-provider"), status: 200, has: []string{`"id":"e1"`}, hasNot: []string{`"id":"r1k"`}, audit: one},
		{name: "include everything", path: q("ServiceRequest", "_id=sr&_include=*"), status: 200, has: []string{`"id":"e1"`, `"id":"doc"`, `"id":"{p}"`}, audit: one},
		{name: "include everything of a type", path: q("ServiceRequest", "_id=sr&_include=ServiceRequest:*"), status: 200, has: []string{`"id":"doc"`}, audit: one},
		{name: "revinclude that goes on", path: q("Organization", "_id=r1k&_revinclude=Encounter:service-provider&_revinclude:iterate=Observation:encounter"), status: 200, has: []string{`"id":"e1"`, `"id":"o0"`, `"id":"o1"`}, hasNot: []string{`"id":"o2"`}, audit: one},

		{name: "compartment", path: q("Patient/{p}/Observation", "code=718-7"), status: 200, has: []string{`"total":5`}, audit: one},
		{name: "compartment of everything", path: "Patient/{p}/*", status: 200, has: []string{`"id":"e1"`, `"id":"sr"`, `"id":"o4"`, `"id":"mr"`}, hasNot: []string{`"id":"o5"`, `"id":"r1k"`}, audit: one},
		{name: "compartment of an encounter", path: "Encounter/e1/Observation", status: 200, has: []string{`"total":2`}, audit: one},
		{name: "compartment of a practitioner", path: "Practitioner/doc/ServiceRequest", status: 200, has: []string{`"total":1`, `"id":"sr"`}, audit: one},
		{name: "compartment of nobody", path: "Patient/nobody/Observation", status: 200, has: []string{`"total":0`}, audit: one},
		{name: "several types", path: q("", "_type=Encounter,ServiceRequest&patient={p}"), status: 200, has: []string{`"total":2`, `"id":"e1"`, `"id":"sr"`}, audit: one},
		{name: "every type", path: q("", "_id=o1"), status: 200, has: []string{`"total":1`}, audit: one},
		{name: "several types, one lacks the parameter", path: q("", "_type=Encounter,Organization&patient={p}"), status: 400, has: []string{"search.parameter"}},

		{name: "population by date", path: q("Observation", "date=2026-11-03"), status: 200, has: []string{`"total":1`, `"id":"o2"`}, audit: one},
		{name: "population by value", path: q("Observation", "code-value-quantity=http://loinc.org|718-7$gt103"), status: 200, has: []string{`"total":2`}, audit: one},
		{name: "population by reference", path: q("Encounter", "service-provider=Organization/r1k"), status: 200, has: []string{`"total":1`}, audit: one},
		{name: "accurate total", path: q("Observation", "code=718-7&_count=2&_total=accurate"), status: 200, has: []string{`"total":6`}, audit: one},
		{name: "count", path: q("Observation", "code=718-7&_summary=count"), status: 200, has: []string{`"total":6`}, audit: one},
		{name: "summary", path: q("Patient", "_id={p}&_summary=true"), status: 200, has: []string{`"SUBSETTED"`, `"family":"Okonkwo"`}, hasNot: []string{`"maritalStatus"`}, audit: one},
		{name: "explained", path: q("Observation", "subject:Patient.family=okonkwo&_explain=true"), status: 200, has: []string{`"search.plan"`, "parse: Observation by subject.family", "leads to 1 resources", "sql: SELECT", "plan: Observation: ", "cost: looked at ", " rows, "}, audit: one},
	})
	s.clean()
}

// TestStablePages: pages show the resources as they were when the first one
// was made, whatever is written meanwhile, in a gathered list and in a walk.
func TestStablePages(t *testing.T) {
	for name, query := range map[string]string{
		"walk":            "code=718-7&_count=3",
		"walk of a type":  "_count=3",
		"gathered":        "patient={p}&_count=3",
		"sorted":          "code=718-7&_sort=-date&_count=3",
		"walk, unindexed": "value-quantity=gt50&_count=3",
		"by value":        "code-value-quantity=http://loinc.org|718-7$gt50&_count=3",
		"by time":         "_lastUpdated=ge2020-01-01&_count=3",
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.play([]call{givenPatient()})
			const n = 10
			put := func(i int, status string, code int) {
				body := strings.NewReplacer("11-01T", fmt.Sprintf("11-%02dT", i+1), `"final"`, `"`+status+`"`).Replace(withID(observation, "o"+strconv.Itoa(i), "", ""))
				s.step(call{name: "put", method: "PUT", path: "Observation/o" + strconv.Itoa(i), body: body, status: code, audit: trail{"update": 1}})
			}
			for i := range n {
				put(i, "final", 201)
			}
			seen, status := map[string]int{}, map[string]int{}
			path := q("Observation", query)
			for page := 0; path != ""; page++ {
				b := s.step(call{name: "page", path: path, status: 200, audit: trail{"search": 1}})
				for r := range b.Get("entry").Each() {
					seen[r.StrAt("resource.id")]++
					status[r.StrAt("resource.status")]++
				}
				path = next(b)
				if page == 0 { // the world moves on
					for i := range n {
						switch i % 4 {
						case 0:
							put(i, "amended", 200)
						case 1:
							s.step(call{name: "delete", method: "DELETE", path: "Observation/o" + strconv.Itoa(i), status: 204, audit: trail{"delete": 1}})
						case 2:
							body := strings.NewReplacer("718-7", "1-1").Replace(withID(observation, "o"+strconv.Itoa(i), "", ""))
							s.step(call{name: "another code", method: "PUT", path: "Observation/o" + strconv.Itoa(i), body: body, status: 200, audit: trail{"update": 1}})
						}
					}
					put(n, "final", 201)
					put(n+1, "final", 201)
				}
				if page > n {
					t.Fatal("the pages do not end")
				}
			}
			if len(seen) != n || status["final"] != n {
				t.Errorf("seen %v, %v", seen, status)
			}
			for id, times := range seen {
				if times != 1 {
					t.Errorf("%s came %d times", id, times)
				}
			}
		})
	}
}

func TestPageLinksAreKept(t *testing.T) {
	s := newStage(t)
	s.play(givenWard())
	b := s.step(call{name: "first", path: q("Observation", "patient={p}&_count=2"), status: 200, audit: trail{"search": 1}})
	link := next(b)
	s.step(call{name: "for another search", path: strings.Replace(link, "_count=2", "_count=3", 1), status: 400, has: []string{"search.page"}, audit: trail{"search?": 1}})
	second := s.step(call{name: "second", path: link, status: 200, has: []string{`"relation":"previous"`, `"relation":"first"`}, audit: trail{"search": 1}})
	if next(second) == "" {
		t.Error("no third page")
	}
	s.now = s.now.Add(31 * time.Minute)
	s.step(call{name: "too late", path: link, status: 410, has: []string{"search.page-expired"}, audit: trail{"search?": 1}})
}

// next is the path of a Bundle's next link, "" when there is none.
func next(b *fhir.Value) string {
	for l := range b.Get("link").Each() {
		if l.StrAt("relation") == "next" {
			return strings.TrimPrefix(l.StrAt("url"), "https://concord.example/fhir/")
		}
	}
	return ""
}
