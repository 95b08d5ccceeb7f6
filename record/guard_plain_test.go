package record

import (
	"maps"
	"testing"

	"concord/record/person"
	"concord/standard/fhir"
	"concord/store"
)

// TestPlainChanges: what a change that marks nothing has written need not be looked at
// anew; anything else must be, and a number that was followed past stands for nothing.
func TestPlainChanges(t *testing.T) {
	var g guard
	lines := []store.Change{{Change: 5, Key: person.PatientKey(1)}, {Change: 6, Key: person.PatientKey(2)}, {Change: 7, Key: person.PatientKey(1)}}
	g.plain(5)
	g.plain(7)
	if got := g.marking(lines); !maps.Equal(got, map[int64]bool{2: true}) {
		t.Errorf("marking %v", got)
	}
	g.passed(5)
	if got := g.marking(lines); !maps.Equal(got, map[int64]bool{1: true, 2: true}) {
		t.Errorf("followed past 5: %v", got)
	}
	for change := range int64(2 * mostPlain) {
		g.plain(10 + change)
	}
	if len(g.plainly) > mostPlain {
		t.Errorf("%d changes are remembered", len(g.plainly))
	}
}

// TestMarksNothing: a plan marks nothing if all that it writes is new, unlabelled and of
// no kind that says something of a patient.
func TestMarksNothing(t *testing.T) {
	flag, labelled := fhir.Obj("resourceType", "Flag"), fhir.Obj("resourceType", "Flag", "meta", fhir.Obj("security", fhir.Arr(fhir.Obj("code", "R"))))
	of := func(d draft, typ string) *draft {
		d.op, d.key = &Op{Type: typ}, store.Key{PK: 1, LID: 1}
		return &d
	}
	plain := of(draft{body: flag}, "Flag")
	for name, c := range map[string]struct {
		p    plan
		want bool
	}{
		"new":               {plan{drafts: []*draft{plain, plain}}, true},
		"and one found":     {plan{drafts: []*draft{plain, of(draft{found: &Item{}}, "Patient")}}, true},
		"only found":        {plan{drafts: []*draft{of(draft{found: &Item{}}, "Flag")}}, false},
		"labelled":          {plan{drafts: []*draft{plain, of(draft{body: labelled}, "Flag")}}, false},
		"changed":           {plan{drafts: []*draft{of(draft{body: flag, old: &store.Doc{}}, "Flag")}}, false},
		"deleted":           {plan{drafts: []*draft{of(draft{}, "Flag")}}, false},
		"patient":           {plan{drafts: []*draft{plain, of(draft{body: flag, patient: true}, "Patient")}}, false},
		"consent":           {plan{drafts: []*draft{of(draft{body: flag}, "Consent")}}, false},
		"joined":            {plan{drafts: []*draft{plain}, joins: make([][2]store.Key, 1)}, false},
		"parted":            {plan{drafts: []*draft{plain}, parts: make([][2]store.Key, 1)}, false},
		"seals are carried": {plan{drafts: []*draft{plain}, carries: true}, false},
	} {
		if got := c.p.marksNothing(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
