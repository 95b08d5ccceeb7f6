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

func TestOverlaid(t *testing.T) {
	of := func(sex, born string) *fhir.Value {
		return fhir.Obj("resourceType", "Patient", "gender", sex, "birthDate", born)
	}
	for _, c := range []struct {
		name          string
		before, after *fhir.Value
		want          bool
	}{
		{"another person", of("female", "1948-03-14"), of("male", "1971-06-12"), true},
		{"a sex corrected", of("female", "1948-03-14"), of("male", "1948-03-14"), false},
		{"a date corrected", of("female", "1948-03-14"), of("female", "1971-06-12"), false},
		{"a slip and a sex", of("female", "1948-03-14"), of("male", "1948-03-15"), false},
		{"day and month swapped", of("female", "1948-03-04"), of("male", "1948-04-03"), false},
		{"not known before", of("unknown", "1948-03-14"), of("male", "1971-06-12"), false},
		{"a year alone", of("female", "1948"), of("male", "1971-06-12"), false},
	} {
		if got := Overlaid(c.before, c.after); got != c.want {
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
