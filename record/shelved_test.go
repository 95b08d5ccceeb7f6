package record_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

// sees tells on how many of the ways to an observation somebody sees it, each
// way twice, so that it is on the shelf and remembered as opened the second time.
func (s *stage) sees(e *record.Errand, patient, obs, code string) (ways []string) {
	s.t.Helper()
	say := func(way string, shown bool, err error) {
		if err != nil && !fault.Is(err, fault.Withheld) && !fault.Is(err, fault.NotFound) {
			s.t.Fatalf("%s: %v", way, err)
		}
		if shown {
			ways = append(ways, way)
		}
	}
	for i := range 2 {
		it, err := e.Read(s.ctx, "Observation", obs)
		say(fmt.Sprint("read", i), err == nil && strings.Contains(string(it.JSON()), code), err)
		for name, form := range map[string]url.Values{"patient": {"patient": {patient}}, "code": {"code": {"http://example.org/canary|" + code}}, "id": {"_id": {obs}}} {
			f, err := e.Search(s.ctx, record.Asked{Types: []string{"Observation"}, Form: form})
			say(fmt.Sprint(name, i), err == nil && len(f.Matches) == 1, err)
		}
		f, err := e.Search(s.ctx, record.Asked{Compartment: "Patient", Owner: patient, Whole: true, Form: url.Values{}})
		whole := false
		if err == nil {
			for _, m := range f.Matches {
				whole = whole || m.Ref() == "Observation/"+obs
			}
		}
		say(fmt.Sprint("everything", i), whole, err)
		c, err := e.Chart(s.ctx, patient, record.ChartQuery{Sections: []record.Section{{Type: "Observation"}}})
		say(fmt.Sprint("chart", i), err == nil && len(c.Sections[0]) == 1, err)
	}
	return ways
}

// TestRightsHoldOnTheShelf: what lies on the shelf because one may see it is not
// seen by another who may not; and when it is sealed, deleted, or written anew,
// nobody is shown from memory what was there before.
func TestRightsHoldOnTheShelf(t *testing.T) {
	s := newStage(t)
	s.alone = true
	h := s.hide("on the shelf", "R1K", "", "in-progress", "")
	s.hide("beside it", "R1K", "", "in-progress", "")
	carer, stranger, own := s.clinician("RQM"), s.clinician("RAS"), s.client("R1K")
	const every = 12
	expect := func(when string, carerWays, strangerWays, ownWays int) {
		t.Helper()
		for range 2 {
			for _, one := range []struct {
				name string
				e    *record.Errand
				want int
			}{{"own", own, ownWays}, {"carer", carer, carerWays}, {"stranger", stranger, strangerWays}} {
				if ways := s.sees(one.e, h.patient, h.obs, h.code); len(ways) != one.want {
					t.Errorf("%s: %s sees it by %d ways: %v", when, one.name, len(ways), ways)
				}
			}
		}
	}
	expect("at first", every, 0, every)
	was := s.observation(h.patient, h.code, "")
	if _, err := s.rewrite(own, "Observation", h.obs, strings.Replace(was, `"status":"final"`, `"status":"amended"`, 1)); err != nil {
		t.Fatal(err)
	}
	for _, e := range []*record.Errand{own, carer} {
		if it, err := e.Read(s.ctx, "Observation", h.obs); err != nil || it.Version != 2 || it.Resource.StrAt("status") != "amended" {
			t.Errorf("after a change: %+v %v", it, err)
		}
		f, err := e.Search(s.ctx, record.Asked{Types: []string{"Observation"}, Form: url.Values{"patient": {h.patient}, "status": {"final"}}})
		if err != nil || len(f.Matches) != 0 {
			t.Errorf("what it was before is found: %v", err)
		}
	}
	expect("after a change", every, 0, every)
	if _, err := s.rewrite(own, "Observation", h.obs, s.observation(h.patient, h.code, label(access.Confidentiality, "V"))); err != nil {
		t.Fatal(err)
	}
	expect("sealed and locked", 0, 0, every)
	open := record.Op{Kind: record.Patch, Type: "Observation", ID: h.obs, Change: func(v *fhir.Value) (*fhir.Value, error) {
		return v.With("meta", v.Get("meta").Without("security")), nil
	}}
	if _, err := own.Transact(s.ctx, []record.Op{open}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	expect("open again", every, 0, every)
	s.delete(own, "Observation", h.obs)
	for name, e := range map[string]*record.Errand{"own": own, "carer": carer} {
		f, err := e.Search(s.ctx, record.Asked{Types: []string{"Observation"}, Form: url.Values{"patient": {h.patient}}})
		if err != nil || len(f.Matches) != 0 {
			t.Errorf("%s still finds what was deleted: %v", name, err)
		}
		if _, err := e.Read(s.ctx, "Observation", h.obs); !fault.Is(err, fault.Gone) {
			t.Errorf("%s reads what was deleted: %v", name, err)
		}
	}
}
