package fhirapi_test

import (
	"strings"
	"testing"
)

// TestOnePersonFromTwoTrusts: entries, their person, and what each id covers.
func TestOnePersonFromTwoTrusts(t *testing.T) {
	s := newStage(t)
	second := strings.NewReplacer("R1K", "RYJ", `"100"`, `"55"`, "Adaeze", "Ada").Replace(okonkwo)
	refer := func(name string) map[string]string { return map[string]string{name: "link.0.other.reference"} }
	s.play([]call{
		givenPatient(),
		{name: "the first person", path: "Patient/{p}", status: 200, has: []string{`"type":"refer"`}, keep: refer("first"), audit: trail{"read": 1}},
		{name: "a person of one", path: "{first}", status: 200, has: []string{`"type":"seealso"`, `"reference":"Patient/{p}"`, "Okonkwo"}, audit: trail{"read": 1}},
		{name: "another trust's entry, not yet known to be the same", method: "POST", path: "Patient", body: strings.Replace(second, "9990000018", "9990000026", 1), status: 201, keep: map[string]string{"q": "id"}, audit: trail{"create": 1}},
		{name: "the second person", path: "Patient/{q}", status: 200, keep: refer("second"), audit: trail{"read": 1}},
		{name: "its number is corrected", method: "PUT", path: "Patient/{q}", body: withID(second, "{q}", "", ""), status: 200, audit: trail{"update": 1}},
		{name: "the second person is the first now", path: "{second}", status: 307, heads: map[string]string{"Location": "https://concord.example/fhir/{first}"}, audit: trail{"read": 1}},
		{name: "the entry refers to it", path: "Patient/{q}", status: 200, has: []string{`"reference":"{first}"`}, hasNot: []string{"{second}"}, audit: trail{"read": 1}},
		{name: "who is both", path: "{first}", status: 200, has: []string{`"reference":"Patient/{p}"`, `"reference":"Patient/{q}"`, `"value":"100"`, `"value":"55"`}, audit: trail{"read": 1}},
		{name: "a person cannot be written", method: "PUT", path: "{first}", body: withID(okonkwo, "x", "", ""), status: 400},
		{name: "an observation each", method: "PUT", path: "Observation/a", body: withID(observation, "a", "", ""), status: 201, audit: trail{"update": 1}},
		{name: "and the other", method: "PUT", path: "Observation/b", body: withID(observation, "b", "{p}", "{q}"), status: 201, audit: trail{"update": 1}},
	})
	s.names["person"] = strings.TrimPrefix(s.names["first"], "Patient/")
	s.names["former"] = strings.TrimPrefix(s.names["second"], "Patient/")
	one := trail{"search": 1}
	s.play([]call{
		{name: "patient= an entry", path: "Observation?patient={p}", status: 200, has: []string{`"total":1`, `"id":"a"`}, audit: one},
		{name: "patient= the person", path: "Observation?patient={person}", status: 200, has: []string{`"total":2`, `"id":"a"`, `"id":"b"`}, audit: one},
		{name: "patient= the superseded id", path: "Observation?patient=Patient/{former}", status: 200, has: []string{`"total":2`}, audit: one},
		{name: "everything of an entry", path: "Patient/{q}/$everything", status: 200, has: []string{`"id":"b"`, `"id":"{q}"`, `"type":"refer"`}, hasNot: []string{`"id":"a"`, `"id":"{p}"`}, audit: one},
		{name: "everything of the person", path: "Patient/{person}/$everything", status: 200, has: []string{`"total":4`, `"id":"a"`, `"id":"b"`, `"id":"{p}"`, `"id":"{q}"`}, audit: one},
		{name: "everything of the superseded id", path: "Patient/{former}/$everything", status: 200, has: []string{`"total":4`}, audit: one},
		{name: "some types", path: "Patient/{person}/$everything?_type=Observation", status: 200, has: []string{`"total":2`}, hasNot: []string{`"resourceType":"Patient"`}, audit: one},
		{name: "some types, Patient among them", path: "Patient/{person}/$everything?_type=Observation,Patient", status: 200, has: []string{`"total":4`}, audit: one},
		{name: "a type that is none", path: "Patient/{person}/$everything?_type=Poem", status: 400},
		{name: "a parameter that is not served", path: "Patient/{person}/$everything?colour=red", status: 400, has: []string{"search.parameter"}},
		{name: "a parameter that is not served, lenient", path: "Patient/{person}/$everything?colour=red", header: map[string]string{"Prefer": "handling=lenient"}, status: 200, has: []string{`"total":4`, "search.parameter"}, audit: one},
		{name: "everything of nobody", path: "Patient/nobody/$everything", status: 404, audit: trail{"search?": 1}},
		{name: "everything is filtered", path: "Patient/{person}/$everything", scopes: "system/Observation.rs", status: 200, has: []string{`"total":2`}, hasNot: []string{"Okonkwo"}, audit: one},
		{name: "the person is filtered", path: "{first}", scopes: "system/Observation.rs", status: 403, hasNot: []string{"Okonkwo"}, audit: trail{"!read": 1}},
	})
	s.clean()
}

// TestReadModifyWrite: a client that writes back what it read leaves no trace
// of the links that are made as an entry is served.
func TestReadModifyWrite(t *testing.T) {
	s := newStage(t)
	s.play([]call{givenPatient()})
	read := call{name: "read", path: "Patient/{p}", status: 200, audit: trail{"read": 1}}
	for range 2 {
		v := s.step(read)
		s.step(call{name: "write back", method: "PUT", path: "Patient/{p}", body: string(v.JSON()), status: 200, audit: trail{"update": 1}})
	}
	if v := s.step(read); v.Get("link").Len() != 1 {
		t.Errorf("links %s", v.Get("link").JSON())
	}
	s.step(call{name: "versions have no made links", path: "Patient/{p}/_history/2", status: 200, hasNot: []string{"refer"}, audit: trail{"read": 1}})
}
