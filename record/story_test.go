package record_test

import (
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/person"
)

// watched looks at everything that was written.
func (s *stage) watched() {
	s.t.Helper()
	for range 100 {
		more, err := s.desk.Watch(s.ctx)
		if err != nil {
			s.t.Fatal(err)
		}
		if !more {
			return
		}
	}
	s.t.Fatal("watching comes to no end")
}

func (s *stage) alarms() []record.Alarm {
	s.t.Helper()
	s.watched()
	list, err := s.as(access.Steward).Alarms(s.ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func inHospital(entry, from, to, more string) string {
	period := `"start":"` + from + `"`
	if to != "" {
		period += `,"end":"` + to + `"`
	}
	status := map[bool]string{true: "finished", false: "in-progress"}[to != ""]
	return `{"resourceType":"Encounter","status":"` + status + `","class":{"code":"IMP"},"subject":{"reference":"Patient/` + entry + `"},"period":{` + period + `}` + more + `}`
}

// TestAlarms: two stays at once raise one alarm, whatever is written after; it is
// over when the entries are parted, or when a steward explains it, for good.
func TestAlarms(t *testing.T) {
	s := newStage(t)
	a := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Okonkwo", "Adaeze", "1948-03-14", "female"))
	b := s.create(s.client("RYJ"), patient("RYJ", "2", nhs, "Okonkwo", "Ada", "1948-03-14", "female"))
	if s.personOf(a.ID) != s.personOf(b.ID) {
		t.Fatal("not one person")
	}
	s.create(s.client("R1K"), inHospital(a.ID, "2026-11-01T10:00:00Z", "2026-11-05T10:00:00Z", ""))
	if list := s.alarms(); len(list) != 0 {
		t.Fatalf("%+v", list)
	}
	s.create(s.client("RYJ"), inHospital(b.ID, "2026-11-02T10:00:00Z", "2026-11-09T10:00:00Z", ""))
	list := s.alarms()
	if len(list) != 1 || list[0].Kind != person.TwoHospitals || len(list[0].Shown) != 2 || len(list[0].Stays) != 2 || list[0].Stays[0].Org == list[0].Stays[1].Org {
		t.Fatalf("%+v", list)
	}
	s.create(s.client("R1K"), inHospital(a.ID, "2026-11-12T10:00:00Z", "2026-11-13T10:00:00Z", ""))
	if again := s.alarms(); len(again) != 1 || again[0].ID != list[0].ID {
		t.Fatalf("it was raised again: %+v", again)
	}
	steward := s.as(access.Steward)
	parted, err := steward.Rule(s.ctx, record.IdentityRuling{Verb: person.Unlink, A: b.ID, Why: "another person"})
	if err != nil {
		t.Fatal(err)
	}
	if list := s.alarms(); len(list) != 0 {
		t.Errorf("parted, and still there: %+v", list)
	}
	if _, err := steward.Rule(s.ctx, record.IdentityRuling{Verb: person.TakeBack, Of: parted.ID}); err != nil {
		t.Fatal(err)
	}
	if list := s.alarms(); len(list) != 1 {
		t.Errorf("together again, and not there: %+v", list)
	}
	if err := s.as(access.Clinician).SettleAlarm(s.ctx, list[0].ID, "x"); !fault.Is(err, fault.Denied) {
		t.Errorf("a clinician settles it: %v", err)
	}
	if err := steward.SettleAlarm(s.ctx, list[0].ID, "the discharge was written a week late"); err != nil {
		t.Fatal(err)
	}
	if err := steward.SettleAlarm(s.ctx, list[0].ID, "again"); fault.Of(err).Code != "person.settled" {
		t.Errorf("settled twice: %v", err)
	}
	s.create(s.client("RYJ"), inHospital(b.ID, "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z", ""))
	if list := s.alarms(); len(list) != 0 {
		t.Errorf("explained, and asked again: %+v", list)
	}
	s.clean()
}

// TestDeadAndChanged: a visit after the death that another trust reports, and an
// entry that turned into somebody else.
func TestDeadAndChanged(t *testing.T) {
	s := newStage(t)
	a := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Okonkwo", "Adaeze", "1948-03-14", "female"))
	dead := strings.TrimSuffix(patient("RYJ", "2", nhs, "Okonkwo", "Adaeze", "1948-03-14", "female"), "}") + `,"deceasedDateTime":"2026-10-01"}`
	s.create(s.client("RYJ"), dead)
	s.create(s.client("R1K"), inHospital(a.ID, "2026-11-01T10:00:00Z", "", ""))
	if list := s.alarms(); len(list) != 1 || list[0].Kind != person.AfterDeath {
		t.Fatalf("%+v", list)
	}
	other := s.create(s.client("R1K"), patient("R1K", "7", "9990000026", "Quill", "Ann", "1990-01-12", "female"))
	s.update(s.client("R1K"), other.ID, strings.Replace(patient("R1K", "7", "9990000026", "Smith", "John", "1952-07-30", "male"), `{"resourceType":"Patient"`, `{"resourceType":"Patient","id":"`+other.ID+`"`, 1))
	list := s.alarms()
	if len(list) != 2 || list[0].Kind != person.SuddenChange || len(list[0].Shown) != 1 || list[0].Shown[0].ID != other.ID {
		t.Fatalf("%+v", list)
	}
	n, err := s.as(access.Steward).IndexCounted(s.ctx)
	if err != nil || n.Alarms != 2 || n.Tally == nil || n.Tally.Now["joined/model"] != 1 {
		t.Errorf("in numbers %+v %v", n, err)
	}
	if _, err := s.as(access.Receptionist).IndexCounted(s.ctx); !fault.Is(err, fault.Denied) {
		t.Errorf("a receptionist reads the numbers: %v", err)
	}
	s.clean()
}
