package record_test

import (
	"slices"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/match"
)

// blind is a model that neither joins nor asks: what arrives by it is found by
// nobody.
func blind() *match.Model {
	m := *match.ShippedModel()
	m.Version, m.Possible, m.Probable, m.Certain, m.Unrivalled = "blind", 900, 901, 902, nil
	return &m
}

// sweeps runs the door of a batch linkage over every two entries, in the order in
// which they came, and gives what became of each pair.
func (s *stage) sweeps(name string, mode record.SweepMode) (map[[2]string]person.Fate, record.Sweep) {
	s.t.Helper()
	var keys []int64
	if _, err := s.as(access.Operator).SweepEntries(s.ctx, func(pk int64, _ match.Record) error { keys = append(keys, pk); return nil }); err != nil {
		s.t.Fatal(err)
	}
	slices.Sort(keys)
	var pairs []person.Found
	for i, a := range keys {
		for _, b := range keys[i+1:] {
			pairs = append(pairs, person.Found{A: a, B: b, Certain: true})
		}
	}
	out := map[[2]string]person.Fate{}
	sweep, err := s.as(access.Operator).SweepPairs(s.ctx, record.Sweep{Name: name}, pairs, true, mode, func(p person.Swept, w record.SweptPair) {
		out[[2]string{w.A, w.B}] = p.Fate
		if now := p.Decision; now.By == person.ByModel && p.Fate != person.Nothing && p.Fate != person.Beyond && p.Fate != person.Standing &&
			(now.Who != person.BatchLinkage || now.Model == "" || now.Weight == 0 || len(w.Waterfall.Steps) < 3) {
			s.t.Errorf("%s of %+v: it does not say by what and by whom", p.Fate, now)
		}
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out, sweep
}

// TestBatchLinkageGoesThroughTheDoor: what nobody found on arrival is joined, asked
// about or left by the rules of an arrival; guards, rivals and a steward's word hold;
// a trial writes nothing, and a second run has nothing left to do.
func TestBatchLinkageGoesThroughTheDoor(t *testing.T) {
	s := newStage(t)
	s.names()
	s.matchedBy(blind())
	at := func(trust, number, nhs, given, family, born, post string) string {
		return s.create(s.client(trust), away(trust, number, nhs, given, family, born, post)).ID
	}
	pair := map[string][2]string{
		"one number, all else alike": {at("RAS", "a1", nhs, "Anjali", "Vekaria", "1971-05-06", "HA1 1AA"), at("RYJ", "b1", nhs, "Anjali", "Vekaria", "1971-05-06", "HA1 1AA")},
		"two numbers":                {at("RAS", "a2", otherNHS, "Ngozi", "Okafor", "1961-05-06", "HA1 1AB"), at("RYJ", "b2", thirdNHS, "Ngozi", "Okafor", "1961-05-06", "HA1 1AB")},
		"twins":                      {at("RAS", "a3", "", "Beatrix", "Quill", "2001-05-06", "HA1 1AC"), at("RYJ", "b3", "", "Cecily", "Quill", "2001-05-06", "HA1 1AC")},
		"a rare name, no rival":      {at("RAS", "a4", fourthNHS, "Orinthia", "Penhaligon", "1915-02-03", "HA1 1AD"), at("RYJ", "b4", "", "Orinthia", "Penhaligon", "1915-02-03", "SW3 4BB")},
		"parted by a steward":        {at("RAS", "a5", "", "Ulrike", "Zoller", "1955-05-06", "HA1 1AE"), at("RYJ", "b5", "", "Ulrike", "Zoller", "1955-05-06", "HA1 1AE")},
		"strangers":                  {at("RAS", "a6", "", "Tomasz", "Nowak", "1933-05-06", "HA1 1AF"), at("RYJ", "b6", "", "Wei", "Zhang", "1944-09-16", "N1 1AG")},
	}
	numbers := s.freshNumbers(2)
	pair["a rare name, and a namesake"] = [2]string{at("RAS", "a7", numbers[0], "Orinthia", "Penhaligon", "1925-02-03", "HA1 1AH"), at("RYJ", "b7", "", "Orinthia", "Penhaligon", "1925-02-03", "SW3 4BC")}
	at("RQM", "c7", numbers[1], "Orinthia", "Penhaligon", "1925-02-03", "E1 1AA")
	p5 := pair["parted by a steward"]
	if _, err := s.as(access.Steward).Rule(s.ctx, record.IdentityRuling{Verb: person.Part, A: p5[0], B: p5[1], Why: "I know them"}); err != nil {
		t.Fatal(err)
	}
	gone := at("RQM", "c8", nhs, "Anjali", "Vekaria", "1971-05-06", "HA1 1AA")
	s.delete(s.client("RQM"), "Patient", gone)
	s.matchedBy(nil)
	want := map[string]person.Fate{"one number, all else alike": person.Linked, "two numbers": person.Queued, "twins": person.Queued, "a rare name, no rival": person.Linked,
		"a rare name, and a namesake": person.Queued, "strangers": person.Nothing}
	got := func(found map[[2]string]person.Fate, p [2]string) person.Fate {
		return found[p] + found[[2]string{p[1], p[0]}]
	}
	before, err := s.as(access.Steward).Conflicts(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	tried, _ := s.sweeps("a trial", record.SweepTry)
	for name, p := range pair {
		if f := got(tried, p); f != want[name] {
			t.Errorf("a trial: %s: %q, want %q", name, f, want[name])
		}
		if s.personOf(p[0]) == s.personOf(p[1]) {
			t.Errorf("a trial joined %s", name)
		}
	}
	if waiting, err := s.as(access.Steward).Conflicts(s.ctx); err != nil || len(waiting) != len(before) {
		t.Errorf("a trial put %d pairs before a steward, %v", len(waiting)-len(before), err)
	}
	found, sweep := s.sweeps("a run", record.SweepJoin)
	for name, p := range pair {
		if f := got(found, p); f != want[name] {
			t.Errorf("%s: %q, want %q", name, f, want[name])
		}
		if one := s.personOf(p[0]) == s.personOf(p[1]); one != (want[name] == person.Linked) {
			t.Errorf("%s: one person %v", name, one)
		}
	}
	if sweep.Fates[person.Human] != 1 || !sweep.Done {
		t.Errorf("the steward's word: %+v", sweep)
	}
	again, second := s.sweeps("another run", record.SweepJoin)
	for p, f := range again {
		if f == person.Linked || f == person.Queued || f == person.Stopped {
			t.Errorf("decided twice: %v %s", p, f)
		}
	}
	if second.Fates[person.Linked]+second.Fates[person.Queued] != 0 {
		t.Errorf("a second run: %+v", second)
	}
	_, err = s.as(access.Operator).SweepPairs(s.ctx, record.Sweep{Name: "a run"}, nil, true, record.SweepJoin, nil)
	if fault.Of(err).Code != "record.sweep" {
		t.Errorf("a run that is done goes on: %v", err)
	}
	s.clean()
}

// TestBatchLinkageHoldsAndProposes: three entries of which two have other numbers and
// both match the third do not become one; and with propose nobody is joined, but a
// steward has the pair.
func TestBatchLinkageHoldsAndProposes(t *testing.T) {
	s := newStage(t)
	s.counted()
	s.matchedBy(blind())
	first := s.create(s.client("RAS"), bare("RAS", "1", nhs, "Ada", "Okonkwo", "1948-03-14", "HA1 1AA")).ID
	third := s.create(s.client("RQM"), bare("RQM", "3", "", "Ada", "Okonkwo", "1948-03-14", "HA1 1AA")).ID
	second := s.create(s.client("RYJ"), bare("RYJ", "2", otherNHS, "Ada", "Okonkwo", "1948-03-14", "HA1 1AA")).ID
	s.matchedBy(nil)
	_, sweep := s.sweeps("proposed", record.SweepPropose)
	waiting, err := s.as(access.Steward).Conflicts(s.ctx)
	if sweep.Fates[person.Proposed] == 0 || s.personOf(first) == s.personOf(third) || err != nil || len(waiting) < 2 {
		t.Errorf("proposed: %+v, %d wait, %v", sweep, len(waiting), err)
	}
	_, sweep = s.sweeps("joined", record.SweepJoin)
	if s.personOf(first) != s.personOf(third) || s.personOf(second) == s.personOf(third) || sweep.Fates[person.Stopped] != 1 {
		t.Errorf("of three: %s, %s, %s; %+v", s.personOf(first), s.personOf(second), s.personOf(third), sweep)
	}
	history, err := s.as(access.Steward).IdentityHistory(s.ctx, first, third)
	if err != nil || len(history) != 2 || history[1].Who != person.BatchLinkage || history[1].By != person.ByModel {
		t.Errorf("what is kept: %+v %v", history, err)
	}
	if _, err := s.as(access.Clinician).SweepPairs(s.ctx, record.Sweep{Name: "x"}, nil, true, record.SweepJoin, nil); !fault.Is(err, fault.Denied) {
		t.Errorf("a clinician links: %v", err)
	}
	s.clean()
}
