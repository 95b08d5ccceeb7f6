package person

import (
	"fmt"
	"testing"
	"time"

	"concord/standard/fhir"
	"concord/standard/match"
)

// TestImplausible: what is an alarm, and what is a late entry, a transfer or a
// forgotten discharge.
func TestImplausible(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	stay := func(ref, trust string, from, to time.Time) Stay {
		return Stay{Entry: int64(ref[0]), Ref: ref, Trust: trust, Inpatient: true, From: from, To: to}
	}
	out := func(s Stay) Stay { s.Inpatient = false; return s }
	for _, c := range []struct {
		name  string
		story Story
		want  string
	}{
		{"one after the other", Story{Stays: []Stay{stay("a", "R1K", at(1, 9), at(3, 9)), stay("b", "RYJ", at(4, 9), at(5, 9))}}, "[]"},
		{"two at once", Story{Stays: []Stay{stay("a", "R1K", at(1, 9), at(5, 9)), stay("b", "RYJ", at(2, 9), at(3, 9))}}, "[two-hospitals [a b]]"},
		{"a transfer written late", Story{Stays: []Stay{stay("a", "R1K", at(1, 9), at(3, 18)), stay("b", "RYJ", at(3, 9), at(5, 9))}}, "[]"},
		{"in one trust", Story{Stays: []Stay{stay("a", "R1K", at(1, 9), at(5, 9)), stay("b", "R1K", at(2, 9), at(3, 9))}}, "[]"},
		{"a clinic during a stay", Story{Stays: []Stay{stay("a", "R1K", at(1, 9), at(5, 9)), out(stay("b", "RYJ", at(2, 9), at(3, 9)))}}, "[]"},
		{"not over yet, in both", Story{Stays: []Stay{stay("a", "R1K", at(19, 9), time.Time{}), stay("b", "RYJ", at(20, 9), time.Time{})}}, "[two-hospitals [a b]]"},
		{"never ended, long ago", Story{Stays: []Stay{stay("a", "R1K", at(1, 9).AddDate(-1, 0, 0), time.Time{}), stay("b", "RYJ", at(20, 9), time.Time{})}}, "[]"},
		{"seen after death", Story{Died: at(10, 0), By: 9, Stays: []Stay{out(stay("a", "R1K", at(12, 9), at(12, 10)))}}, "[after-death [a]]"},
		{"closed on the next day", Story{Died: at(10, 0), By: 9, Stays: []Stay{out(stay("a", "R1K", at(10, 9), at(10, 10)))}}, "[]"},
		{"died in hospital", Story{Died: at(4, 0), By: 9, Stays: []Stay{stay("a", "R1K", at(1, 9), at(9, 9))}}, "[]"},
	} {
		var got []any
		for _, f := range Implausible(c.story, now) {
			got = append(got, f.Kind, f.Refs)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestOverlaid: another person's particulars over an entry are noticed, whatever
// their sex; what happens to one person, and what clerks correct, is not.
func TestOverlaid(t *testing.T) {
	m, err := NewMatcher(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	of := func(given, family, sex, born, post, nhs string) *fhir.Value {
		v := fhir.Obj("resourceType", "Patient", "gender", sex, "birthDate", born)
		if family != "" {
			v = v.With("name", fhir.Arr(fhir.Obj("family", family, "given", fhir.Arr(given))))
		}
		if post != "" {
			v = v.With("address", fhir.Arr(fhir.Obj("line", fhir.Arr("12 "+post+" Road"), "postalCode", post)))
		}
		if nhs != "" {
			v = v.With("identifier", fhir.Arr(fhir.Obj("system", "https://fhir.nhs.uk/Id/nhs-number", "value", nhs)))
		}
		return v
	}
	const one, two = "9990000018", "9990000026" // made up
	ada := of("Ada", "Okonkwo", "female", "1948-03-14", "HA1 1AA", one)
	for _, c := range []struct {
		name          string
		before, after *fhir.Value
		want          bool
	}{
		{"another person of the other sex", of("", "", "female", "1948-03-14", "", ""), of("", "", "male", "1971-06-12", "", ""), true},
		{"another person of the same sex", ada, of("Sue", "Penhaligon", "female", "1990-11-02", "SW3 4BB", two), true},
		{"without any number", of("Ada", "Okonkwo", "female", "1948-03-14", "", ""), of("Sue", "Penhaligon", "female", "1990-11-02", "", ""), true},
		{"who has a second name in common", of("Ada Mary", "Okonkwo", "female", "1948-03-14", "", ""), of("Sue Mary", "Penhaligon", "female", "1990-11-02", "", ""), true},
		{"the number left behind", ada, of("Sue", "Penhaligon", "female", "1990-11-02", "SW3 4BB", one), true},
		{"at the same address", ada, of("Sue", "Penhaligon", "female", "1990-11-02", "HA1 1AA", ""), true},
		{"a namesake elsewhere", of("Mary", "Smith", "female", "1948-03-14", "HA1 1AA", ""), of("Mary", "Jones", "female", "1990-11-02", "SW3 4BB", ""), true},
		{"the twin", ada, of("Chidi", "Okonkwo", "female", "1948-03-14", "HA1 1AA", two), true},
		{"another number and birth", ada, of("Ada", "Okonkwo", "female", "1990-11-02", "HA1 1AA", two), true},

		{"a number corrected", ada, of("Ada", "Okonkwo", "female", "1948-03-14", "HA1 1AA", two), false},
		{"a number and a digit", ada, of("Ada", "Okonkwo", "female", "1948-03-15", "HA1 1AA", two), false},
		{"a marriage", ada, of("Ada", "Penhaligon", "female", "1948-03-14", "HA1 1AA", one), false},
		{"a marriage, a move and a digit", ada, of("Ada", "Penhaligon", "female", "1948-03-15", "SW3 4BB", ""), false},
		{"a marriage, and the number corrected", ada, of("Ada", "Penhaligon", "female", "1948-03-14", "HA1 1AA", two), false},
		{"a marriage, and the birth date corrected, at home", ada, of("Ada", "Penhaligon", "female", "1990-11-02", "HA1 1AA", ""), false},
		{"a move", ada, of("Ada", "Okonkwo", "female", "1948-03-14", "SW3 4BB", one), false},
		{"another name altogether", ada, of("Sue", "Penhaligon", "female", "1948-03-14", "HA1 1AA", one), false},
		{"and day and month swapped", of("Ada", "Okonkwo", "female", "1948-03-04", "HA1 1AA", ""), of("Sue", "Penhaligon", "female", "1948-04-03", "HA1 1AA", ""), false},
		{"a baby named", of("Baby of Ada", "Okonkwo", "male", "2026-03-14", "HA1 1AA", ""), of("Leo", "Penhaligon", "male", "2026-03-14", "HA1 1AA", one), false},
		{"a baby named, born on another day", of("Baby", "Okonkwo", "male", "2026-03-14", "HA1 1AA", ""), of("Leo", "Penhaligon", "male", "2025-12-31", "HA1 1AA", ""), false},
		{"somebody whose birth was not known", of("Ada", "Okonkwo", "female", "", "HA1 1AA", ""), of("Sue", "Penhaligon", "female", "1990-11-02", "HA1 1AA", ""), false},
		{"names in the other order", ada, of("Okonkwo", "Ada", "female", "1990-11-02", "HA1 1AA", ""), false},

		{"a sex corrected", of("", "", "female", "1948-03-14", "", ""), of("", "", "male", "1948-03-14", "", ""), false},
		{"a date corrected", of("", "", "female", "1948-03-14", "", ""), of("", "", "female", "1971-06-12", "", ""), false},
		{"a date corrected, of a name", ada, of("Ada", "Okonkwo", "female", "1971-06-12", "HA1 1AA", one), false},
		{"a slip and a sex", of("", "", "female", "1948-03-14", "", ""), of("", "", "male", "1948-03-15", "", ""), false},
		{"day and month swapped", of("", "", "female", "1948-03-04", "", ""), of("", "", "male", "1948-04-03", "", ""), false},
		{"not known before", of("", "", "unknown", "1948-03-14", "", ""), of("", "", "male", "1971-06-12", "", ""), false},
		{"a year alone", of("", "", "female", "1948", "", ""), of("", "", "male", "1971-06-12", "", ""), false},
	} {
		if got := m.Overlaid(c.before, c.after); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestTallyRates: what humans said of the model's decisions is counted once, by
// what the model had said.
func TestTallyRates(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) // a Sunday
	d := func(o Outcome, by Maker, g match.Grade) Decision {
		return Decision{Outcome: o, By: by, Grade: g, At: at}
	}
	tally := newTally()
	for _, p := range []Pair{
		{Decisions: []Decision{d(Joined, ByModel, match.Certain)}},
		{Decisions: []Decision{d(Joined, ByModel, match.Certain), d(Apart, BySteward, 0)}},
		{Decisions: []Decision{d(Joined, ByModel, match.Certain), d(Joined, BySteward, 0)}},
		{Decisions: []Decision{d(Possible, ByModel, match.Probable), d(Joined, BySteward, 0)}},
		{Decisions: []Decision{d(Possible, ByModel, match.Possible), d(More, BySteward, 0), d(Apart, BySteward, 0)}},
		{Decisions: []Decision{d(Joined, BySteward, 0)}},
		{Decisions: []Decision{d(Possible, ByModel, match.Possible), d(Open, ByModel, 0), d(Joined, ByTrust, 0)}},
	} {
		tally.Add(&p)
	}
	if tally.Pairs != 7 || tally.Joined != 3 || tally.Parted != 1 || tally.Missed != 2 {
		t.Errorf("%+v", tally)
	}
	if a, b := tally.Asked[match.Probable], tally.Asked[match.Possible]; a == nil || b == nil || *a != (Said{1, 0}) || *b != (Said{0, 1}) {
		t.Errorf("asked %+v", tally.Asked)
	}
	if week := tally.Weeks["2026-11-16"]; week["joined/model"] != 3 || week["apart/steward"] != 2 {
		t.Errorf("weeks %v", tally.Weeks)
	}
	if b := UpperBound(0, 0); b != 1 {
		t.Errorf("of nothing %v", b)
	}
	if b := UpperBound(0, 100_000); b > 5e-5 || b <= 0 {
		t.Errorf("none of 100,000: at most %v", b)
	}
}
