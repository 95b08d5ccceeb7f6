package record_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/match"
	"concord/store/dictionary"
)

// bare is a Patient without an NHS number unless one is given.
func bare(trust, number, nhs, given, family, born, post string) string {
	more := ""
	if nhs != "" {
		more = `,{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + nhs + `"}`
	}
	return `{"resourceType":"Patient","identifier":[{"system":"urn:concord:` + trust + `:hospital-number","value":"` + number + `"}` + more + `],` +
		`"name":[{"family":"` + family + `","given":["` + given + `"]}],"gender":"female","birthDate":"` + born + `","address":[{"use":"home","line":["12 Mill Lane"],"city":"Harrow","postalCode":"` + post + `"}]}`
}

// away is bare with a home, a telephone, an email and a practice of its own.
func away(trust, number, nhs, given, family, born, post string) string {
	text := strings.Replace(bare(trust, number, nhs, given, family, born, post), "12 Mill Lane", "5 "+post+" Road", 1)
	n := 0
	for _, c := range trust + number + post {
		n = (n*31 + int(c)) % 100_000_000
	}
	return text[:len(text)-1] + fmt.Sprintf(`,"telecom":[{"system":"phone","value":"000 %08d"},{"system":"email","value":"%x@example.org"}],`+
		`"generalPractitioner":[{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"E%05d"}}]}`, n, n*2654435761, n%100_000)
}

const otherNHS, thirdNHS, fourthNHS = "9990000026", "9990000034", "9990000042" // made up too

// matchedBy opens the desk anew with another model.
func (s *stage) matchedBy(m *match.Model) {
	s.t.Helper()
	codec, err := dictionary.Codec()
	if err != nil {
		s.t.Fatal(err)
	}
	if s.desk, err = record.Open(s.ctx, record.Options{Engine: s.engine, Codec: codec, Secret: []byte(secret), Now: s.now, Model: m}); err != nil {
		s.t.Fatal(err)
	}
}

// withSecondNames is the model that ships, with the rule that it has off.
func withSecondNames() *match.Model {
	m := match.ShippedModel()
	m.Version, m.Unrivalled.SecondName = "with second names", 16.6
	return m
}

// TestSecondNameUnlessATwin: by a model that lets it, one number under two given names joins two records
// of two trusts, unless the twin has a record of her own, whichever comes first;
// then a steward is asked, and told why. A third record with the number is no
// proof either.
func TestSecondNameUnlessATwin(t *testing.T) {
	anjali := bare("R1K", "1", nhs, "Anjali", "Vekaria", "2011-05-06", "HA1 1AA")
	priya := bare("RYJ", "2", nhs, "Priya", "Vekaria", "2011-05-06", "HA1 1AA")
	twin := bare("RAS", "3", otherNHS, "Priya", "Vekaria", "2011-05-06", "HA1 1AA")
	third := bare("RQM", "4", nhs, "Anjali", "Vekaria", "2011-05-06", "HA9 1AA")
	sameTrust := bare("R1K", "5", nhs, "Priya", "Vekaria", "2011-05-06", "HA1 1AA")
	for _, c := range []struct {
		name    string
		records []string
		joined  bool // of the records about Anjali and Priya with one number
	}{
		{"two trusts", []string{anjali, priya}, true},
		{"the twin comes last", []string{anjali, priya, twin}, false},
		{"the twin comes first", []string{twin, priya, anjali}, false},
		{"the twin comes between", []string{priya, twin, anjali}, false},
		{"a third takes a side, last", []string{anjali, priya, third}, false},
		{"a third takes a side, first", []string{third, anjali, priya}, false},
		{"one trust knows both", []string{anjali, sameTrust}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			s.matchedBy(withSecondNames())
			var a, b string
			for _, text := range c.records {
				org := text[strings.Index(text, "urn:concord:")+len("urn:concord:"):][:3]
				id := s.create(s.client(org), text).ID
				switch text {
				case anjali:
					a = id
				case priya, sameTrust:
					b = id
				}
			}
			if got := s.personOf(a) == s.personOf(b); got != c.joined {
				t.Errorf("joined is %v", got)
			}
			history, err := s.as(access.Steward).IdentityHistory(s.ctx, a, b)
			if err != nil || len(history) == 0 {
				t.Fatal(history, err)
			}
			last := history[len(history)-1]
			waiting, err := s.as(access.Steward).Conflicts(s.ctx)
			if err != nil {
				t.Fatal(err)
			}
			asked := slices.ContainsFunc(waiting, func(w record.Conflict) bool {
				return w.Waterfall.Rival && strings.Contains(w.Waterfall.String(), match.RivalWords)
			})
			switch {
			case c.joined && (last.Claim != match.BySecondName || last.Outcome != person.Joined):
				t.Errorf("the decision is %+v", last)
			case !c.joined && last.Claim != match.NoClaim && !asked:
				t.Errorf("the steward is not told why: %+v %v", last, waiting)
			case !c.joined && len(waiting) == 0:
				t.Error("no steward is asked")
			}
			s.clean()
		})
	}
}

// TestRivalInOneTransaction: records that come in one message are each other's
// rivals.
func TestRivalInOneTransaction(t *testing.T) {
	s := newStage(t)
	s.matchedBy(withSecondNames())
	var ops []record.Op
	for _, text := range []string{bare("RAS", "1", nhs, "Anjali", "Vekaria", "2011-05-06", "HA1 1AA"), bare("RAS", "2", otherNHS, "Priya", "Vekaria", "2011-05-06", "HA1 1AA")} {
		v := s.json(text)
		ops = append(ops, record.Op{Kind: record.Create, Type: v.Type(), Resource: v})
	}
	b := s.create(s.client("RYJ"), bare("RYJ", "2", nhs, "Priya", "Vekaria", "2011-05-06", "HA1 1AA")).ID
	res, err := s.client("RAS").Transact(s.ctx, ops, record.Commit{})
	if err != nil {
		t.Fatal(err)
	}
	if s.personOf(res[0].Item.ID) == s.personOf(b) {
		t.Error("joined, though the twin came with it")
	}
	s.clean()
}

// TestNameUnlessANamesake: when names have been counted, a rare name with a date
// of birth joins two records without a common number, from another home; not if
// somebody of that name was born on that day and has another number, and not a
// common name. A model without the rule would ask.
func TestNameUnlessANamesake(t *testing.T) {
	s := newStage(t)
	s.names()
	pair := func(n, given, family, born string) (string, string) {
		a := s.create(s.client("RAS"), away("RAS", "a"+n, nhs, given, family, born, "HA1 1AA")).ID
		return a, s.create(s.client("RYJ"), away("RYJ", "b"+n, "", given, family, born, "SW3 4BB")).ID
	}
	a, b := pair("1", "Orinthia", "Penhaligon", "1915-02-03")
	history, err := s.as(access.Steward).IdentityHistory(s.ctx, a, b)
	if err != nil || s.personOf(a) != s.personOf(b) || history[0].Claim != match.ByName {
		t.Errorf("a rare name without a rival is not joined by that: %+v %v", history, err)
	}
	model := *match.ShippedModel()
	model.Version, model.Unrivalled = "without", nil
	out, err := s.as(access.Operator).WhatWouldChange(s.ctx, &model, func(record.IdentityChange) error { return nil })
	if err != nil || out.Changes["joined → possible"] != 1 {
		t.Errorf("a model without the rule: %+v %v", out, err)
	}
	if out, err = s.as(access.Operator).WhatWouldChange(s.ctx, match.ShippedModel(), func(record.IdentityChange) error { return nil }); err != nil || len(out.Changes) != 0 {
		t.Errorf("the model in use: %+v %v", out, err)
	}
	s.create(s.client("RQM"), away("RQM", "c1", otherNHS, "Orinthia", "Penhaligon", "1915-02-03", "N1 1AA"))
	if s.personOf(a) == s.personOf(b) {
		t.Error("still joined, though a namesake of one birthday came")
	}
	a = s.create(s.client("RAS"), away("RAS", "a3", thirdNHS, "Orinthia Wren", "Penhaligon", "1925-02-03", "HA4 4AA")).ID
	b = s.create(s.client("RYJ"), away("RYJ", "b3", "", "Wren", "Penhaligon", "1925-02-03", "HA4 4AB")).ID
	if history, err = s.as(access.Steward).IdentityHistory(s.ctx, a, b); err != nil || s.personOf(a) != s.personOf(b) || history[0].Claim != match.ByOtherGiven {
		t.Errorf("who goes by a second name is not joined by that: %+v %v", history, err)
	}
	s.create(s.client("RQM"), away("RQM", "c3", fourthNHS, "Beatrix", "Penhaligon", "1925-02-03", "HA4 4AA"))
	if s.personOf(a) == s.personOf(b) {
		t.Error("still joined, though a twin came who may be called that")
	}
	if a, b := pair("2", "Maryam", "Khan", "1919-01-02"); s.personOf(a) == s.personOf(b) {
		t.Error("two of the commonest name are joined")
	}
	s.clean()
}

// names brings in people of one trust, half of them of one name, six of a rare one,
// born 3-Feb-1910, 1920 and so on, and has names counted.
func (s *stage) names() {
	s.t.Helper()
	for i := range 60 {
		s.create(s.client("R1K"), away("R1K", fmt.Sprint("m", i), "", "Maryam", "Khan", fmt.Sprintf("19%02d-01-02", i+10), fmt.Sprintf("UB%d 1AA", i+1)))
		given, family := strings.Repeat(string(rune('a'+i%26)), 3)+fmt.Sprint(i), strings.Repeat(string(rune('a'+i/26)), 4)+fmt.Sprint(i)
		if i%10 == 0 {
			given, family = "Orinthia", "Penhaligon"
		}
		s.create(s.client("R1K"), away("R1K", fmt.Sprint("x", i), "", given, family, fmt.Sprintf("19%02d-02-03", i+10), fmt.Sprintf("HA%d 1AA", i+1)))
	}
	s.counted()
}

// TestNumberAndNameWithinAYear: one number and name with another day of the same
// year of birth is one person; with another year it may be father and son.
func TestNumberAndNameWithinAYear(t *testing.T) {
	s := newStage(t)
	a := s.create(s.client("R1K"), bare("R1K", "1", nhs, "Anjali", "Vekaria", "1971-05-06", "HA1 1AA")).ID
	b := s.create(s.client("RYJ"), bare("RYJ", "2", nhs, "Anjali", "Vekaria", "1971-08-29", "HA1 1AA")).ID
	c := s.create(s.client("RAS"), bare("RAS", "3", nhs, "Anjali", "Vekaria", "1943-12-15", "HA1 1AA")).ID
	if s.personOf(a) != s.personOf(b) || s.personOf(a) == s.personOf(c) {
		t.Errorf("%s, %s, %s", s.personOf(a), s.personOf(b), s.personOf(c))
	}
	s.clean()
}
