package record_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/audit"
	"concord/standard/fhir"
)

func (s *stage) privacy(org string) *record.Errand {
	return s.desk.For(access.Requester{ID: "po-" + org, Role: access.Privacy, Org: org}, access.Reason{Purpose: access.Administration})
}

func (s *stage) self(number string) *record.Errand {
	return s.desk.For(access.Requester{ID: "patient-" + number, Role: access.Patient, NHSNumber: number}, access.Reason{Purpose: access.PatientRequest})
}

func (s *stage) sequence() {
	s.t.Helper()
	for {
		if n, err := s.desk.Sequencer(nil).Once(s.ctx); err != nil || n == 0 {
			if err != nil {
				s.t.Fatal(err)
			}
			return
		}
	}
}

// by is a clinician with a name, at a trust.
func (s *stage) by(id, org string) *record.Errand {
	return s.desk.For(access.Requester{ID: id, Role: access.Clinician, Org: org}, access.Reason{Purpose: access.DirectCare})
}

// who are the requesters of a page, in order.
func who(p *record.AuditPage) string {
	var out []string
	for _, e := range p.Events {
		out = append(out, e.Entry.Who)
	}
	return strings.Join(out, " ")
}

// two makes two people, one known by two trusts, whom several have looked at.
func (s *stage) two() (ann, bob string) {
	s.t.Helper()
	a := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Super", "Ann", "1960-02-03", "female"))
	s.create(s.client("RYJ"), patient("RYJ", "9", nhs, "Super", "Ann", "1960-02-03", "female"))
	b := s.create(s.client("RAS"), patient("RAS", "2", "9990000026", "Other", "Bob", "1970-02-03", "male"))
	for _, look := range []struct{ who, org, id string }{{"dr.a", "R1K", a.ID}, {"dr.b", "RYJ", a.ID}, {"dr.c", "RAS", b.ID}, {"dr.a", "R1K", b.ID}} {
		if _, err := s.by(look.who, look.org).Read(s.ctx, "Patient", look.id); err != nil {
			s.t.Fatal(err)
		}
	}
	c, err := s.by("dr.chart", "RQM").Chart(s.ctx, a.ID, record.ChartQuery{})
	if err != nil {
		s.t.Fatal(err)
	}
	return c.Person.ID, b.ID
}

// TestWhoHasLooked: a patient and the privacy officers see who has looked, by
// whatever id of the person, at once; the patient sees their own record alone.
func TestWhoHasLooked(t *testing.T) {
	s := newStage(t)
	ann, bob := s.two()
	for _, filed := range []bool{false, true} {
		if filed {
			s.sequence()
		}
		p, err := s.self(nhs).WhoHasLooked(s.ctx, "", time.Time{}, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.ReplaceAll(who(p), "patient-"+nhs+" ", "") // their own looks
		if want := "dr.chart dr.b dr.a"; got != want || p.Patient != "Patient/"+ann {
			t.Errorf("indexed %v: %q of %s, want %q of %s", filed, got, p.Patient, want, ann)
		}
	}
	if _, err := s.self(nhs).WhoHasLooked(s.ctx, bob, time.Time{}, "", 0); !fault.Is(err, fault.Withheld) {
		t.Errorf("somebody else's: %v", err)
	}
	if p, err := s.self(nhs).WhoHasLooked(s.ctx, ann, time.Time{}, "", 0); err != nil || len(p.Events) < 3 {
		t.Errorf("their own by its id: %v", err)
	}
	for number, code := range map[string]string{"9990000034": "record.no-own", "": "record.no-own"} {
		if _, err := s.self(number).WhoHasLooked(s.ctx, "", time.Time{}, "", 0); fault.Of(err) == nil || fault.Of(err).Code != code {
			t.Errorf("number %q: %v", number, err)
		}
	}
	if _, err := s.self(nhs).FindAudit(s.ctx, record.AuditAsk{}); !fault.Is(err, fault.Denied) {
		t.Errorf("a patient searches the log: %v", err)
	}
	// The same number on a record that disagrees: nobody is shown anything.
	s.create(s.client("RQM"), patient("RQM", "3", nhs, "Quite", "Different", "1999-09-09", "male"))
	if _, err := s.self(nhs).WhoHasLooked(s.ctx, "", time.Time{}, "", 0); fault.Of(err) == nil || fault.Of(err).Code != "record.own-unsure" {
		t.Errorf("a number on two people: %v", err)
	}
}

// TestAuditSearch: what each privacy officer may see, and that each search is
// in the log itself.
func TestAuditSearch(t *testing.T) {
	s := newStage(t)
	ann, bob := s.two()
	s.sequence()
	reads := audit.Query{Actions: []access.Action{access.Read}}
	for _, c := range []struct {
		name string
		by   *record.Errand
		ask  record.AuditAsk
		want string
	}{
		{"the domain sees all", s.privacy(access.Domain), record.AuditAsk{Query: reads}, "dr.a dr.c dr.b dr.a"},
		{"an operator sees all", s.desk.For(access.Requester{ID: "op", Role: access.Operator}, access.Reason{Purpose: access.Integrity}), record.AuditAsk{Query: reads}, "dr.a dr.c dr.b dr.a"},
		{"a trust sees what its people did", s.privacy("R1K"), record.AuditAsk{Query: reads}, "dr.a dr.a"},
		{"a trust sees all of its own patient", s.privacy("RAS"), record.AuditAsk{Query: reads, Patient: bob}, "dr.a dr.c"},
		{"and of another's what its people did", s.privacy("RAS"), record.AuditAsk{Query: reads, Patient: ann}, ""},
		{"a trust asks for another's people", s.privacy("RAS"), record.AuditAsk{Query: audit.Query{Org: "R1K"}}, ""},
		{"by user", s.privacy(access.Domain), record.AuditAsk{Query: audit.Query{Who: "dr.b"}}, "dr.b"},
		{"by patient", s.privacy(access.Domain), record.AuditAsk{Query: reads, Patient: ann}, "dr.b dr.a"},
		{"by resource", s.privacy(access.Domain), record.AuditAsk{Query: audit.Query{Thing: "Patient/" + bob}}, "dr.a dr.c pas-RAS"},
		{"nobody", s.privacy(access.Domain), record.AuditAsk{Query: audit.Query{Who: "nobody"}}, ""},
	} {
		_, from := s.audited(0)
		p, err := c.by.FindAudit(s.ctx, c.ask)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := who(p); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if trail, _ := s.audited(from); trail["read-audit"] != 1 || len(trail) != 1 {
			t.Errorf("%s leaves %v", c.name, trail)
		}
	}
	for _, role := range access.Roles() {
		if role == access.Privacy || role == access.Operator {
			continue
		}
		if _, err := s.as(role).FindAudit(s.ctx, record.AuditAsk{}); !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %v", role, err)
		}
	}
	if _, err := s.privacy(access.Domain).FindAudit(s.ctx, record.AuditAsk{Page: "x-y"}); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

// TestAuditPages: an entry that names several patients is an event of each, and
// pages break between them without losing or repeating one.
func TestAuditPages(t *testing.T) {
	s := newStage(t)
	s.alone = true
	s.two()
	if _, err := s.by("dr.find", "RQM").FindPeople(s.ctx, record.PeopleQuery{Text: "super"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.by("dr.list", "RQM").Search(s.ctx, record.Asked{Types: []string{"Patient"}, Form: map[string][]string{"birthdate": {"gt1900-01-01"}}}); err != nil {
		t.Fatal(err)
	}
	s.sequence()
	ids := func(limit int) (out []string) {
		for page, n := "", 0; n < 100; n++ {
			p, err := s.privacy(access.Domain).FindAudit(s.ctx, record.AuditAsk{Page: page, Query: audit.Query{Limit: limit, Org: "RQM", Purpose: access.DirectCare}})
			if err != nil || len(p.Events) > limit {
				t.Fatal(len(p.Events), err)
			}
			for _, e := range p.Events {
				out = append(out, audit.EventID(e.Seq, e.Patient))
			}
			if page = p.Next; page == "" {
				return out
			}
		}
		t.Fatal("the pages do not end")
		return nil
	}
	whole := ids(1000)
	if len(whole) != 4 { // a list of two people, a search of one, a chart
		t.Errorf("events %v", whole)
	}
	for limit := 1; limit < 5; limit++ {
		if got := ids(limit); !slices.Equal(got, whole) {
			t.Errorf("in pages of %d: %v, want %v", limit, got, whole)
		}
	}
	for _, id := range whole {
		if _, err := s.privacy(access.Domain).ReadAudit(s.ctx, id); err != nil {
			t.Error(id, err)
		}
		if _, err := s.privacy("R1K").ReadAudit(s.ctx, id); err != nil && !fault.Is(err, fault.NotFound) {
			t.Error(id, err)
		}
	}
	for _, id := range []string{"x", "999999", whole[0] + "9", "0.none-0"} {
		if _, err := s.privacy(access.Domain).ReadAudit(s.ctx, id); !fault.Is(err, fault.NotFound) {
			t.Error(id, err)
		}
	}
}

// TestAuditEventsAreReadOnly: nobody writes an AuditEvent, by whatever way.
func TestAuditEventsAreReadOnly(t *testing.T) {
	s := newStage(t)
	v := s.json(`{"resourceType":"AuditEvent","id":"a","type":{"code":"rest"},"recorded":"2026-01-01T00:00:00Z","agent":[{"requestor":true}],"source":{"observer":{"display":"x"}}}`)
	for _, op := range []record.Op{{Kind: record.Create, Type: "AuditEvent", Resource: v.Without("id")}, {Kind: record.Update, Type: "AuditEvent", ID: "a", Resource: v},
		{Kind: record.Patch, Type: "AuditEvent", ID: "a", Change: func(v *fhir.Value) (*fhir.Value, error) { return v, nil }}} {
		if _, err := s.client("R1K").Transact(context.WithoutCancel(s.ctx), []record.Op{op}, record.Commit{}); err == nil {
			t.Error(fmt.Sprint(op.Kind), "is kept")
		}
	}
}
