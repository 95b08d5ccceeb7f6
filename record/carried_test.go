package record_test

import (
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

// TestLabelsStay: what a privacy officer has marked stays marked when its own trust's
// clients and feeds write the resource again without saying so, also after a
// deletion; who names the label in a patch takes it away.
func TestLabelsStay(t *testing.T) {
	s := newStage(t)
	home := `"resourceType":"Patient","address":[{"line":["7 Hidden Lane"],"postalCode":"HA1 3UJ"}],`
	text := strings.Replace(patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male"), `"resourceType":"Patient",`, home, 1)
	p := s.create(s.client("R1K"), text).ID
	relabel := func(security ...any) {
		t.Helper()
		op := record.Op{Kind: record.Patch, Type: "Patient", ID: p, Change: func(v *fhir.Value) (*fhir.Value, error) {
			return v.With("meta", v.Get("meta").With("security", fhir.Arr(security...))), nil
		}}
		if _, err := s.client("R1K").Transact(s.ctx, []record.Op{op}, record.Commit{}); err != nil {
			t.Fatal(err)
		}
	}
	hidden := func(when string, want bool) {
		t.Helper()
		it, err := s.client("RQM").Read(s.ctx, "Patient", p)
		if err != nil {
			t.Fatal(when, err)
		}
		if shows := strings.Contains(string(it.JSON()), "Lane"); shows == want {
			t.Errorf("%s, to another trust: %s", when, it.JSON())
		}
	}
	mark := fhir.Obj("system", access.Confidentiality, "code", "R")
	hidden("before", false)
	relabel(mark)
	hidden("marked", true)

	moved := strings.Replace(text, "7 Hidden", "99 Refuge", 1)
	if _, err := s.rewrite(s.client("R1K"), "Patient", p, moved); err != nil {
		t.Fatal(err)
	}
	hidden("after an update", true)
	other := strings.Replace(moved, `"resourceType":"Patient",`, `"resourceType":"Patient",`+label(access.ActCode, "CEL"), 1)
	if _, err := s.rewrite(s.client("R1K"), "Patient", p, other); err != nil {
		t.Fatal(err)
	}
	hidden("after an update with another label", true)
	if it, err := s.client("R1K").Read(s.ctx, "Patient", p); err != nil || it.Resource.Path("meta.security").Len() != 2 {
		t.Errorf("both labels are wanted: %v %v", it.Resource.Path("meta.security"), err)
	}
	s.delete(s.client("R1K"), "Patient", p)
	if _, err := s.rewrite(s.client("R1K"), "Patient", p, moved); err != nil {
		t.Fatal(err)
	}
	hidden("after a deletion", true)
	relabel()
	hidden("unmarked", false)
	if _, err := s.rewrite(s.client("R1K"), "Patient", p, text); err != nil {
		t.Fatal(err)
	}
	hidden("updated since", false)
}

// TestFeedKeepsLabels: a feed that writes under its own key again does not take the
// label away either.
func TestFeedKeepsLabels(t *testing.T) {
	s := newStage(t)
	p := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male")).ID
	feed := func(id, security, code string) record.Result {
		t.Helper()
		op := record.Op{Kind: record.Create, Type: "Observation", Resource: s.json(s.observation(p, code, security)), Key: "result|1"}
		if id != "" {
			op.Kind, op.ID, op.Resource = record.Update, id, op.Resource.With("id", id)
		}
		res, err := s.client("R1K").Transact(s.ctx, []record.Op{op}, record.Commit{})
		if err != nil {
			t.Fatal(err)
		}
		return res[0]
	}
	first := feed("", label(access.Confidentiality, "V"), "ONE")
	if _, err := s.client("RQM").Read(s.ctx, "Observation", first.ID); err == nil {
		t.Fatal("what is sealed is read by another trust")
	}
	if again := feed(first.ID, "", "TWO"); again.ID != first.ID || again.Version != 2 {
		t.Fatalf("%+v, %+v", first, again)
	}
	if it, err := s.client("RQM").Read(s.ctx, "Observation", first.ID); err == nil {
		t.Errorf("read by another trust: %s", it.JSON())
	}
	if it, err := s.client("R1K").Read(s.ctx, "Observation", first.ID); err != nil || !strings.Contains(string(it.JSON()), "TWO") {
		t.Errorf("%v %v", it, err)
	}
}
