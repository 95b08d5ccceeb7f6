package record_test

import (
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
)

func (s *stage) rewrite(e *record.Errand, typ, id, text string) (record.Result, error) {
	s.t.Helper()
	v := s.json(text).With("id", id)
	res, err := e.Transact(s.ctx, []record.Op{{Kind: record.Update, Type: typ, ID: id, Resource: v}}, record.Commit{})
	if err != nil {
		return record.Result{}, err
	}
	return res[0], nil
}

// TestDemographicsThatNoLongerAgree: an entry whose demographics become another
// person's leaves the person that it had joined, and goes to the stewards when
// it keeps the NHS number.
func TestDemographicsThatNoLongerAgree(t *testing.T) {
	for _, number := range []string{nhs, "9990000026"} {
		s := newStage(t)
		a := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Super", "Ann", "1960-02-03", "female"))
		b := s.create(s.client("RYJ"), patient("RYJ", "1", nhs, "Super", "Ann", "1960-02-03", "female"))
		if _, err := s.rewrite(s.client("RYJ"), "Patient", b.ID, patient("RYJ", "1", number, "Different", "Bob", "1999-09-09", "male")); err != nil {
			t.Fatal(err)
		}
		one, err := s.as(access.Clinician).Chart(s.ctx, a.ID, record.ChartQuery{})
		if err != nil {
			t.Fatal(err)
		}
		two, err := s.as(access.Clinician).Chart(s.ctx, b.ID, record.ChartQuery{})
		if err != nil {
			t.Fatal(err)
		}
		if one.Person.ID == two.Person.ID {
			t.Errorf("with number %s two humans read as one record", number)
		}
		list, err := s.as(access.Steward).Conflicts(s.ctx)
		if want := map[bool]int{true: 1, false: 0}[number == nhs]; err != nil || len(list) != want {
			t.Errorf("with number %s the stewards' list holds %d, want %d: %v", number, len(list), want, err)
		}
		if _, err := s.rewrite(s.client("RYJ"), "Patient", b.ID, patient("RYJ", "1", nhs, "Super", "Ann", "1960-02-03", "female")); err != nil {
			t.Fatal(err)
		}
		found, err := s.as(access.Clinician).FindPeople(s.ctx, record.PeopleQuery{Text: nhs})
		if err != nil || len(found.Hits) != 1 {
			t.Errorf("corrected again, the two are one: %v %v", found, err)
		}
		s.clean()
	}
}

// TestEachTrustControlsItsOwn: another organisation's client can read, not
// change; who controls a resource does not change with who writes it.
func TestEachTrustControlsItsOwn(t *testing.T) {
	s := newStage(t)
	text := patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male")
	p := s.create(s.client("R1K"), text)
	if _, err := s.rewrite(s.client("RAS"), "Patient", p.ID, text); fault.Of(err).Code != "access.controller" {
		t.Errorf("another trust's update: %v", err)
	}
	del := []record.Op{{Kind: record.Delete, Type: "Patient", ID: p.ID}}
	if _, err := s.client("RAS").Transact(s.ctx, del, record.Commit{}); !fault.Is(err, fault.Denied) {
		t.Errorf("another trust's delete: %v", err)
	}
	res, err := s.rewrite(s.client(access.Domain), "Patient", p.ID, text)
	if err != nil || res.Item.Org != "R1K" {
		t.Errorf("the domain's update leaves the controller: %+v %v", res.Item, err)
	}
}

// TestSourceCannotBeForged: a client may name a source of its own, never a
// feed's.
func TestSourceCannotBeForged(t *testing.T) {
	s := newStage(t)
	forged := strings.Replace(patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male"), `{"resourceType":"Patient",`,
		`{"resourceType":"Patient","meta":{"source":"urn:concord:feed:R1K:pas#1"},`, 1)
	p := s.create(s.client("RAS"), forged)
	if got := p.Item.Resource.StrAt("meta.source"); got != "urn:concord:client:ras:pas-RAS" {
		t.Errorf("the source reads %s", got)
	}
	own := s.create(s.client("RAS"), strings.Replace(strings.Replace(forged, "urn:concord:feed:R1K:pas#1", "https://app.example/visit/1", 1), `"1"`, `"2"`, 1))
	if got := own.Item.Resource.StrAt("meta.source"); got != "https://app.example/visit/1" {
		t.Errorf("a client's own source reads %s", got)
	}
}

// TestDeletedEntryGivesItsNumberBack: a trust's number can be used again once
// its entry has been deleted, and the old entry stays deleted.
func TestDeletedEntryGivesItsNumberBack(t *testing.T) {
	s := newStage(t)
	text := patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male")
	p := s.create(s.client("R1K"), text)
	if _, err := s.client("R1K").Transact(s.ctx, []record.Op{{Kind: record.Delete, Type: "Patient", ID: p.ID}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	again := s.create(s.client("R1K"), text)
	prior, err := s.client("R1K").Prior(s.ctx, "1", nil)
	if err != nil || prior.Patient == nil || prior.Patient.ID != again.ID {
		t.Errorf("the number leads to %+v, %v", prior.Patient, err)
	}
	s.clean()
}
