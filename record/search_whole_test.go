package record_test

import (
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
)

// compartment lists what belongs to a patient: of some types, or of all, in
// pages of so many.
func (s *stage) compartment(owner string, count int, form url.Values, types ...string) []string {
	s.t.Helper()
	asked := record.Asked{Types: types, Form: url.Values{"_count": {strconv.Itoa(count)}}, Compartment: "Patient", Owner: owner}
	for name, values := range form {
		asked.Form[name] = values
	}
	var out []string
	for {
		f, err := s.as(access.Clinician).Search(s.ctx, asked)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, it := range f.Matches {
			out = append(out, it.Ref())
		}
		if f.Next == "" {
			return out
		}
		asked.Page = f.Next
	}
}

// TestCompartmentOfAllTypes: all that belongs to a patient, of every type at
// once, is what each type alone gives, be it in the patient's record or in
// another's; and on a person's id that of all entries.
func TestCompartmentOfAllTypes(t *testing.T) {
	s := newStage(t)
	r := rand.New(rand.NewPCG(5, 6))
	one := s.create(s.client("R1K"), patient("R1K", "100", nhs, "Okonkwo", "Ada", "1948-03-14", "female")).ID
	two := s.create(s.client("RYJ"), patient("RYJ", "100", nhs, "Okonkwo", "Ada", "1948-03-14", "female")).ID
	other := s.create(s.client("RYJ"), patient("RYJ", "200", "", "Jones", "Rhys", "1950-03-14", "male")).ID
	for range 20 {
		for _, p := range []string{one, two, other} {
			s.create(s.client("RYJ"), odd(r, p))
			s.create(s.client("RYJ"), stay(r, p))
		}
	}
	check := func(when string, owner string, want int) {
		t.Helper()
		var each []string
		for _, typ := range []string{"Patient", "Observation", "Encounter"} {
			each = append(each, s.compartment(owner, 1000, nil, typ)...)
		}
		slices.Sort(each)
		for _, count := range []int{9, 1000} {
			all := s.compartment(owner, count, nil)
			slices.Sort(all)
			if !slices.Equal(all, each) || len(all) != want {
				t.Errorf("%s, by %d: %d, %d by type, want %d", when, count, len(all), len(each), want)
			}
		}
	}
	check("an entry", one, 41)
	check("a person", s.personOf(one), 82)
	late := s.compartment(one, 1000, url.Values{"_lastUpdated": {"ge2026-11-22T09:00:00.000Z"}})
	early := s.compartment(one, 1000, url.Values{"_lastUpdated": {"lt2026-11-22T09:00:00Z"}})
	if len(late) != 41 || len(early) != 0 {
		t.Errorf("%d written since, %d before", len(late), len(early))
	}
	performed := strings.Replace(odd(r, other), `"status"`, `"performer":[{"reference":"Patient/`+one+`"}],"status"`, 1)
	s.create(s.client("RYJ"), performed)
	check("one in another's record", one, 42)
	check("the other", other, 42)
}
