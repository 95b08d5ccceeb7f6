package record_test

import (
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/match"
)

// TestWhatWouldChange: a stricter model would ask about what is joined now, a
// human's word stays, and nothing is written.
func TestWhatWouldChange(t *testing.T) {
	s := newStage(t)
	a := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male")).ID
	b := s.create(s.client("RYJ"), patient("RYJ", "2", nhs, "Smith", "John", "1950-01-01", "male")).ID
	c := s.create(s.client("RAS"), patient("RAS", "3", "9990000026", "Quill", "Ann", "1971-06-12", "female")).ID
	d := s.create(s.client("RQM"), patient("RQM", "4", "9990000026", "Quill", "Ann", "1971-06-12", "female")).ID
	if _, err := s.as(access.Steward).Rule(s.ctx, record.IdentityRuling{Verb: person.Part, A: c, B: d, Why: "two sisters"}); err != nil {
		t.Fatal(err)
	}
	model := match.ShippedModel()
	report := func(m *match.Model) (record.WhatIf, string) {
		lines := ""
		out, err := s.as(access.Operator).WhatWouldChange(s.ctx, m, func(c record.IdentityChange) error {
			lines += c.A + " " + c.B + " " + string(c.Now) + " " + string(c.Then) + "\n"
			if c.Waterfall.Model != m.Version || len(c.Waterfall.Steps) < 3 {
				t.Errorf("the waterfall %s", c.Waterfall)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out, lines
	}
	same, lines := report(model)
	if same.Entries != 4 || same.Pairs != 2 || len(same.Changes) != 0 || same.Against != 1 {
		t.Errorf("under the model in use: %+v\n%s", same, lines)
	}
	strict := *model
	strict.Version, strict.Certain = "strict", 90
	out, lines := report(&strict)
	if out.Changes["joined → possible"] != 1 || out.Against != 0 || !strings.Contains(lines, a+" "+b+" joined possible") {
		t.Errorf("under a strict one: %+v\n%s", out, lines)
	}
	if s.personOf(a) != s.personOf(b) || s.personOf(c) == s.personOf(d) {
		t.Error("the report changed somebody")
	}
	other := *model
	other.Block = other.Block[1:]
	if _, err := s.as(access.Operator).WhatWouldChange(s.ctx, &other, nil); !fault.Is(err, fault.Unsupported) {
		t.Errorf("other blocking rules: %v", err)
	}
	s.clean()
}

// TestDecisionsAreKept: who or what decided, by which model, why, and what it
// came to can be asked afterwards, also when a ruling was taken back.
func TestDecisionsAreKept(t *testing.T) {
	s := newStage(t)
	a := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male")).ID
	b := s.create(s.client("RYJ"), patient("RYJ", "2", nhs, "Smith", "John", "1950-01-01", "male")).ID
	steward := s.as(access.Steward)
	out, err := steward.Rule(s.ctx, record.IdentityRuling{Verb: person.Unlink, A: b, Why: "another Smith"})
	if err != nil || len(out.Moves) != 1 || out.Moves[0].Entry != b {
		t.Fatalf("%+v %v", out, err)
	}
	preview, err := steward.Rule(s.ctx, record.IdentityRuling{Verb: person.TakeBack, Of: out.ID, Preview: true})
	if err != nil || len(preview.Moves) != 1 || preview.ID != "" || s.personOf(a) == s.personOf(b) {
		t.Fatalf("a preview moves nothing: %+v %v", preview, err)
	}
	if _, err := steward.Rule(s.ctx, record.IdentityRuling{Verb: person.TakeBack, Of: out.ID, Why: "he is the same"}); err != nil {
		t.Fatal(err)
	}
	list, err := steward.IdentityHistory(s.ctx, a, b)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range list {
		got = append(got, string(d.By)+" "+string(d.Outcome))
		if d.At.IsZero() || d.By == person.ByModel && (d.Model == "" || d.Verdict().Grade != match.Certain) {
			t.Errorf("%+v", d)
		}
	}
	if want := "model joined, steward apart, steward open, model joined"; strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
	if list[1].Why != "another Smith" || list[1].Who != "RQM/u-steward" || s.personOf(a) != s.personOf(b) {
		t.Errorf("%+v", list[1])
	}
	for role, may := range map[access.Role]bool{access.Steward: true, access.Clinician: false, access.Receptionist: false, access.Operator: false} {
		_, from := s.audited(0)
		_, err := s.as(role).Rule(s.ctx, record.IdentityRuling{Verb: person.NeedMore, A: a, B: b})
		if may != !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %v", role, err)
		}
		if trail, _ := s.audited(from); len(trail) != 1 {
			t.Errorf("%s leaves %v", role, trail)
		}
	}
	s.clean()
}

// TestClientsRuleOnTheirOwn: a trust's client rules on entries of its own.
func TestClientsRuleOnTheirOwn(t *testing.T) {
	s := newStage(t)
	a := s.create(s.client("R1K"), patient("R1K", "1", "", "Smith", "John", "1950-01-01", "male")).ID
	b := s.create(s.client("R1K"), patient("R1K", "2", "", "Quill", "Ann", "1971-06-12", "female")).ID
	c := s.create(s.client("RYJ"), patient("RYJ", "2", "", "Penhaligon", "Sue", "1981-06-12", "female")).ID
	if _, err := s.client("R1K").Rule(s.ctx, record.IdentityRuling{Verb: person.Join, A: a, B: c}); codeOf(err) != "access.controller" {
		t.Errorf("another trust's entry: %v", err)
	}
	if _, err := s.client("R1K").Rule(s.ctx, record.IdentityRuling{Verb: person.Join, A: a, B: b}); err != nil || s.personOf(a) != s.personOf(b) {
		t.Errorf("its own: %v", err)
	}
	s.clean()
}
