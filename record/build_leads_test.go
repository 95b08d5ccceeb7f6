package record_test

import (
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
)

// TestReferencesToNothing: an id of our form that was never given is refused,
// and nothing of its transaction is applied; a client's own id may come later,
// and what has been deleted was there.
func TestReferencesToNothing(t *testing.T) {
	s := newStage(t)
	e := s.client("R1K")
	p := s.create(e, patient("R1K", "100", "", "Okonkwo", "Ada", "1948-03-14", "female")).ID
	gone := s.create(e, `{"resourceType":"Practitioner","active":true}`).ID
	if _, err := e.Transact(s.ctx, []record.Op{{Kind: record.Delete, Type: "Practitioner", ID: gone}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	observation := func(performer string) record.Op {
		return record.Op{Kind: record.Create, Type: "Observation", Resource: s.json(`{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/` + p +
			`"},"performer":[{"reference":"` + performer + `"}]}`)}
	}
	never := strings.TrimSuffix(gone, "-1") + "-77"
	for _, c := range []struct {
		performer string
		refused   bool
	}{
		{"Practitioner/" + gone, false},
		{"Practitioner/dr-who-comes-later", false},
		{"https://elsewhere.example/fhir/Practitioner/" + never, false},
		{"Practitioner/" + never, true},
		{"Practitioner/" + never + "/_history/2", true},
		{"Organization/" + gone, true}, // of another type
	} {
		before := len(s.compartment(p, 1000, nil, "Observation"))
		_, err := e.Transact(s.ctx, []record.Op{observation("Practitioner/" + gone), observation(c.performer)}, record.Commit{})
		after := len(s.compartment(p, 1000, nil, "Observation"))
		switch {
		case !c.refused && (err != nil || after != before+2):
			t.Errorf("%s: %v, %d written", c.performer, err, after-before)
		case c.refused && (fault.Of(err) == nil || fault.Of(err).Code != "record.reference" || !fault.Is(err, fault.Invalid) || after != before):
			t.Errorf("%s: %v, %d written", c.performer, err, after-before)
		}
	}
	s.clean()
}
