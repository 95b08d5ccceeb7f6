package record_test

import (
	"net/url"
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
)

// carrying is an entry of one trust that carries another's hospital number beside its
// own, as letters and laboratories do.
func carrying(trust, number, other, theirs, family, born string) string {
	return strings.Replace(patient(trust, number, nhs, family, "Ada", born, "female"), `"identifier":[`,
		`"identifier":[{"system":"urn:concord:`+other+`:hospital-number","value":"`+theirs+`"},`, 1)
}

// TestNumberOfAnotherTrust: a trust's feed finds nobody by its hospital number but its
// own entry, whoever else carries that number and whoever came first.
func TestNumberOfAnotherTrust(t *testing.T) {
	s := newStage(t)
	own := func() *record.Item {
		t.Helper()
		prior, err := s.client("R1K").Prior(s.ctx, "100", nil)
		if err != nil {
			t.Fatal(err)
		}
		return prior.Patient
	}
	s.create(s.client("RYJ"), carrying("RYJ", "1", "R1K", "100", "Letter", "1950-01-01"))
	if it := own(); it != nil {
		t.Fatalf("the trust's number leads to an entry of %s", it.Org)
	}
	s.create(s.client("RQM"), carrying("RQM", "2", "R1K", "100", "Sample", "1951-01-01"))
	a := s.create(s.client("R1K"), patient("R1K", "100", nhs, "Okonkwo", "Ada", "1948-03-14", "female"))
	if it := own(); it == nil || it.ID != a.ID {
		t.Fatalf("the trust's number does not lead to its entry: %+v", it)
	}
	_, err := s.client("R1K").Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Patient", Resource: s.json(patient("R1K", "100", nhs, "Twice", "Ada", "1949-03-14", "female"))}}, record.Commit{})
	if fault.Of(err).Code != "record.hospital-number" {
		t.Errorf("a second entry of the trust under the number: %v", err)
	}
	s.clean()
}

// TestOwnConditions: with Commit.Own, a condition and a conditional reference find
// what the errand's organisation controls, and nothing of another's.
func TestOwnConditions(t *testing.T) {
	s := newStage(t)
	e := s.client("R1K")
	for i, trust := range []string{"RYJ", "RQM", "RAS"} {
		s.create(s.client(trust), carrying(trust, string(rune('1'+i)), "R1K", "100", "Letter", "1950-01-01"))
	}
	who := url.Values{"identifier": {"urn:concord:R1K:hospital-number|100"}}.Encode()
	ops := func() []record.Op {
		return []record.Op{
			{Kind: record.Create, Type: "Patient", IfNoneExist: who, Resource: s.json(patient("R1K", "100", nhs, "Okonkwo", "Ada", "1948-03-14", "female"))},
			{Kind: record.Create, Type: "AllergyIntolerance", Resource: s.json(`{"resourceType":"AllergyIntolerance","code":{"text":"Penicillin"},"patient":{"reference":"Patient?` + who + `"}}`)},
		}
	}
	for round, want := range []record.Outcome{record.Created, record.Unchanged} {
		res, err := e.Transact(s.ctx, ops(), record.Commit{Own: true})
		if err != nil {
			t.Fatal(err)
		}
		if res[0].Outcome != want || res[0].Item.Org != "R1K" || res[1].Item.Resource.StrAt("patient.reference") != "Patient/"+res[0].ID {
			t.Errorf("round %d: %+v, the allergy is of %s", round, res[0], res[1].Item.Resource.StrAt("patient.reference"))
		}
	}
	if _, err := e.Transact(s.ctx, ops(), record.Commit{}); fault.Of(err).Code != "record.multiple" {
		t.Errorf("without it they are several: %v", err)
	}
	s.clean()
}

// TestOwnNumberOfSomebodyElse: with Commit.Own, a create of a Patient whose condition
// finds somebody else under the number is refused: to take the entry for the patient
// would file one person's record under another.
func TestOwnNumberOfSomebodyElse(t *testing.T) {
	s := newStage(t)
	e := s.client("R1K")
	s.create(e, patient("R1K", "100", nhs, "Okonkwo", "Ada", "1948-03-14", "female"))
	who := url.Values{"identifier": {"urn:concord:R1K:hospital-number|100"}}.Encode()
	create := func(text string) error {
		_, err := e.Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Patient", IfNoneExist: who, Resource: s.json(text)}}, record.Commit{Own: true})
		return err
	}
	if err := create(patient("R1K", "100", "9990000026", "Penhaligon", "Sue", "1990-11-02", "female")); fault.Of(err) == nil || fault.Of(err).Code != "record.other-person" {
		t.Errorf("the number of somebody else: %v", err)
	}
	if err := create(patient("R1K", "100", nhs, "Okonkwo-Bell", "Ada", "1948-03-14", "female")); err != nil {
		t.Errorf("the same person under another name: %v", err)
	}
}
