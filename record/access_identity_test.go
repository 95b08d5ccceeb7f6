package record_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/audit"
	"concord/record/person"
)

// living is a Patient with an address and a telephone.
func living(trust, number, nhs, postcode, phone, security string) string {
	return strings.Replace(patient(trust, number, nhs, "Whitcombe", "Rosalind", "1950-03-04", "female"), `"resourceType":"Patient",`,
		`"resourceType":"Patient",`+security+`"address":[{"line":["7 Hidden Lane"],"postalCode":"`+postcode+`"}],"telecom":[{"system":"phone","value":"`+phone+`"}],`, 1)
}

func (s *stage) outside() *record.Errand {
	s.t.Helper()
	scopes, err := access.ParseScopes("system/*.cruds system/AuditEvent.rs")
	if err != nil {
		s.t.Fatal(err)
	}
	return s.desk.For(access.Requester{ID: "x", Role: access.System, Org: "X9X", Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
}

// TestRestrictedIsNotGuessed: the score of a match tells nobody where a
// restricted patient lives, however the guess is put.
func TestRestrictedIsNotGuessed(t *testing.T) {
	s := newStage(t)
	s.create(s.client("R1K"), living("R1K", "1", nhs, "HA1 3UJ", "07700900123", label(access.Confidentiality, "R")))
	ask := func(e *record.Errand, postcode, phone string) *record.MatchFound {
		t.Helper()
		f, err := e.Match(s.ctx, record.MatchAsked{Patient: s.json(living("RQM", "", "", postcode, phone, ""))})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for name, e := range map[string]*record.Errand{"clinician": s.as(access.Clinician), "reception": s.as(access.Receptionist), "another trust": s.client("RQM")} {
		right, wrong := ask(e, "HA1 3UJ", "07700900123"), ask(e, "SW10 9NH", "07700900999")
		if len(right.Hits) != len(wrong.Hits) || len(right.Hits) == 1 && right.Hits[0].Score != wrong.Hits[0].Score {
			t.Errorf("%s: the right guess gives %+v, a wrong one %+v", name, right.Hits, wrong.Hits)
		}
		for _, h := range right.Hits {
			if strings.Contains(string(h.Item.JSON()), "Hidden") {
				t.Errorf("%s: %s", name, h.Item.JSON())
			}
		}
	}
	own := s.client("R1K")
	if right, wrong := ask(own, "HA1 3UJ", "07700900123"), ask(own, "SW10 9NH", "07700900999"); len(right.Hits) != 1 || len(wrong.Hits) == 1 && wrong.Hits[0].Score >= right.Hits[0].Score {
		t.Errorf("the trust that sends it: %+v %+v", right.Hits, wrong.Hits)
	}
}

// TestRestrictedHasNoIdentityOutside: by no path of identity does a system
// outside this care system find a restricted patient.
func TestRestrictedHasNoIdentityOutside(t *testing.T) {
	s := newStage(t)
	p := s.create(s.client("R1K"), living("R1K", "1", nhs, "HA1 3UJ", "07700900123", label(access.Confidentiality, "R"))).ID
	q := s.create(s.client("RQM"), patient("RQM", "2", "9990000026", "Other", "Bob", "1970-02-03", "male")).ID
	e := s.outside()
	const number = "https://fhir.nhs.uk/Id/nhs-number"
	for name, do := range map[string]func(nhs, id string) error{
		"match": func(nhs, _ string) error {
			f, err := e.Match(s.ctx, record.MatchAsked{Patient: s.json(living("RQM", "", nhs, "HA1 3UJ", "07700900123", ""))})
			if err == nil && len(f.Hits) == 0 {
				return fault.New(fault.NotFound, "test.none", "nobody")
			}
			return err
		},
		"cross-reference": func(nhs, _ string) error { _, err := e.CrossReference(s.ctx, number, nhs, nil); return err },
		"who has looked":  func(_, id string) error { _, err := e.WhoHasLooked(s.ctx, id, time.Time{}, "", 0); return err },
		"audit": func(_, id string) error {
			_, err := e.FindAudit(s.ctx, record.AuditAsk{Patient: id, Query: audit.Query{}})
			return err
		},
		"ruling": func(_, id string) error {
			_, err := e.Rule(s.ctx, record.IdentityRuling{Verb: person.Join, A: id, B: q, Why: "the same person"})
			if fault.Is(err, fault.Denied) {
				return fault.New(fault.NotFound, "test.denied", "refused whoever it is")
			}
			return err
		},
	} {
		if err := do(nhs, p); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s finds the restricted patient: %v", name, err)
		}
	}
}

// TestRestrictedByJoin: one trust's flag holds for what another trust sent of
// the same person, from the moment at which they are joined.
func TestRestrictedByJoin(t *testing.T) {
	s := newStage(t)
	there := s.create(s.client("RYJ"), living("RYJ", "9", nhs, "HA1 3UJ", "07700900123", "")).ID
	shows := func(e *record.Errand) bool {
		t.Helper()
		it, err := e.Read(s.ctx, "Patient", there)
		if err != nil {
			t.Fatal(err)
		}
		f, err := e.Search(s.ctx, record.Asked{Types: []string{"Patient"}, Form: url.Values{"_id": {there}}})
		if err != nil || len(f.Matches) != 1 {
			t.Fatal(f, err)
		}
		read, found := strings.Contains(string(it.JSON()), "Hidden"), strings.Contains(string(f.Matches[0].JSON()), "Hidden")
		if read != found {
			t.Errorf("read shows it: %v, search: %v", read, found)
		}
		return read
	}
	if !shows(s.client("RQM")) {
		t.Fatal("it is not shown before")
	}
	here := s.create(s.client("R1K"), living("R1K", "1", nhs, "HA1 3UJ", "07700900123", label(access.Confidentiality, "R"))).ID
	if shows(s.client("RQM")) {
		t.Error("the other trust's entry shows the address after the join")
	}
	if !shows(s.client("RYJ")) {
		t.Error("the trust that sends it cannot read it")
	}
	// A steward's ruling counts at once too.
	e := s.as(access.Steward)
	if _, err := e.Rule(s.ctx, record.IdentityRuling{Verb: person.Part, A: here, B: there, Why: "two people after all"}); err != nil {
		t.Fatal(err)
	}
	if !shows(s.client("RQM")) {
		t.Error("it is kept back after they were told apart")
	}
}

// TestRelationshipEndsWithThePerson: who looked after one of two entries that
// were one person has nothing to do with the other from the moment at which they
// are two: when one changes, when one is deleted, and when a third that held them
// together goes.
func TestRelationshipEndsWithThePerson(t *testing.T) {
	for name, c := range map[string]struct {
		third bool // the two are held together by a third entry
		part  func(s *stage, cared, third string)
	}{
		"one changes": {false, func(s *stage, cared, _ string) {
			if _, err := s.rewrite(s.client("R1K"), "Patient", cared, patient("R1K", "1", "9990000026", "Different", "Bob", "1999-09-09", "male")); err != nil {
				s.t.Fatal(err)
			}
		}},
		"one is deleted":       {false, func(s *stage, cared, _ string) { s.delete(s.client("R1K"), "Patient", cared) }},
		"the third is deleted": {true, func(s *stage, _, third string) { s.delete(s.client("RAS"), "Patient", third) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.alone = true
			number, third := nhs, ""
			if c.third {
				number = ""
				third = s.create(s.client("RAS"), patient("RAS", "3", nhs, "Super", "Ann", "1960-02-03", "female")).ID
			}
			other := s.create(s.client("RYJ"), patient("RYJ", "2", number, "Super", "Ann", "1960-02-03", "female")).ID
			if c.third {
				s.join(third, other)
			}
			cared := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Super", "Ann", "1960-02-03", "female")).ID
			obs := s.create(s.client("RYJ"), s.observation(other, "PRIVATE", "")).ID
			s.create(s.client("RQM"), fmt.Sprintf(stayJSON, "in-progress", cared, ""))
			e := s.clinician("RQM")
			if _, err := e.Read(s.ctx, "Observation", obs); err != nil {
				t.Fatal("while they are one:", err)
			}
			if _, err := e.Read(s.ctx, "Patient", cared); err != nil {
				t.Fatal(err)
			}
			c.part(s, cared, third)
			if name != "one is deleted" && s.personOf(other) == s.personOf(cared) {
				t.Fatal("they are one still")
			}
			if _, err := e.Read(s.ctx, "Observation", obs); !fault.Is(err, fault.Withheld) {
				t.Errorf("after they are two: %v", err)
			}
		})
	}
}

func (s *stage) delete(e *record.Errand, typ, id string) {
	s.t.Helper()
	if _, err := e.Transact(s.ctx, []record.Op{{Kind: record.Delete, Type: typ, ID: id}}, record.Commit{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) join(a, b string) {
	s.t.Helper()
	if _, err := s.as(access.Steward).Rule(s.ctx, record.IdentityRuling{Verb: person.Join, A: a, B: b, Why: "one person"}); err != nil {
		s.t.Fatal(err)
	}
}
