package record_test

import (
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/demo/linked"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/standard/uk"
)

// rehearsed gives what is foreseen for each record.
func (s *stage) rehearsed(most int, list ...match.Record) ([]record.Foreseen, *record.Rehearsal) {
	s.t.Helper()
	var out []record.Foreseen
	totals, err := s.as(access.Operator).Rehearse(s.ctx, recordsOf(list), most, func(n int64, f *record.Foreseen) error {
		if n != int64(len(out)) {
			s.t.Fatalf("record %d is told after %d", n, len(out))
		}
		out = append(out, *f)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out, totals
}

func recordsOf(list []match.Record) iter.Seq2[match.Record, error] {
	return func(yield func(match.Record, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestRehearse(t *testing.T) {
	s := newStage(t)
	john := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male")).ID
	s.create(s.client("RYJ"), patient("RYJ", "2", nhs, "Smith", "John", "1950-01-01", "male"))
	ann := match.Record{NHS: "9990000026", Family: "Quillfeather", Given: "Ann Rosalind", Born: "1971-06-12", Sex: "female", Address: "4 Made Up Lane", Locality: "Harrow",
		Postcode: "HA1 3ZZ", Phones: []string{"000 1234 5678"}, Email: "ann.quillfeather@example.org", Numbers: []match.Number{{Scope: "RYJ", Value: "3"}}}
	s.bring(ann)
	ann.NHS = "9990000034"
	record1 := func(number, family, given, born, sex string) match.Record {
		return match.Record{NHS: number, Family: family, Given: given, Born: born, Sex: sex}
	}
	list := []match.Record{
		record1(nhs, "Smith", "John", "1950-01-01", "male"),     // certain
		record1(nhs, "Okafor", "Ngozi", "1988-07-30", "female"), // John's number on somebody else
		ann, // under another number
		record1("", "Zimmer", "Otto", "1933-03-03", "male"), // nobody knows him
		record1("", "Smith", "John", "1950-01-01", "male"),  // may be John
		record1("", "Zimmer", "Otto", "1933-03-03", "male"), // the source has Otto twice
	}
	for _, most := range []int{0, 2} { // in one go, and in several
		before := s.lastChange()
		got, totals := s.rehearsed(most, list...)
		var outcomes []string
		for _, f := range got {
			outcomes = append(outcomes, strings.TrimSpace(string(f.Outcome)+" "+f.Why))
		}
		want := []string{"certain", "conflict number-other-person", "conflict other-number", "new", "possible", "new"}
		if !slices.Equal(outcomes, want) {
			t.Errorf("foreseen %q, not %q", outcomes, want)
		}
		if h := got[0].Hits; len(h) != 2 || h[0].Person != s.personOf(john) || h[0].Grade != match.Certain {
			t.Errorf("John's hits are %+v", h)
		}
		if !slices.Contains(got[0].Same, 4) && got[0].Like == 0 {
			t.Errorf("the source's own Johns are not told: %+v", got[0])
		}
		if len(got[3].Same) == 0 && got[3].Like == 0 {
			t.Errorf("the source's own Ottos are not told: %+v", got[3])
		}
		if totals.Records != 6 || totals.Entries != 3 || totals.By[record.ForeseenConflict] != 2 || totals.Persons != 1 {
			t.Errorf("%+v", totals)
		}
		if s.lastChange() != before {
			t.Error("a rehearsal has changed the record")
		}
	}
	s.clean()
}

// lastChange is the number of the record's last change of a resource or link.
func (s *stage) lastChange() int {
	s.t.Helper()
	n := 0
	for _, typ := range []string{"Patient", "Person"} {
		f, err := s.as(access.Operator).Search(s.ctx, record.Asked{Types: []string{typ}})
		if err != nil {
			s.t.Fatal(err)
		}
		for _, m := range f.Matches {
			n += int(m.Version)
		}
	}
	conflicts, err := s.as(access.Steward).Conflicts(s.ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return n*1000 + len(conflicts)
}

// TestRehearsedClaims: a rare name with its date of birth is foreseen certain when no
// third record speaks against it, in the record or in the extract itself.
func TestRehearsedClaims(t *testing.T) {
	s := newStage(t)
	s.names()
	s.create(s.client("RQM"), away("RQM", "n1", otherNHS, "Orinthia", "Penhaligon", "1920-02-03", "N1 1AA"))
	staged := func(n, number, born string) match.Record {
		return match.Record{NHS: number, Family: "Penhaligon", Given: "Orinthia", Born: born, Sex: "female", Address: "7 New Road", Locality: "Chelsea",
			Postcode: "SW3 4BB", Numbers: []match.Number{{Scope: "RYJ", Value: n}}}
	}
	list := []match.Record{
		staged("1", thirdNHS, "1910-02-03"), // nobody else
		staged("2", thirdNHS, "1920-02-03"), // a namesake of that day is in the record
		staged("3", thirdNHS, "1930-02-03"), // and here in the extract
		staged("4", fourthNHS, "1930-02-03"),
	}
	got, totals := s.rehearsed(0, list...)
	for i, want := range []string{"certain no-rival", "possible", "possible", "possible"} {
		if is := strings.TrimSpace(string(got[i].Outcome) + " " + got[i].Why); is != want {
			t.Errorf("record %d: %s, not %s: %+v", i+1, is, want, got[i].Hits)
		}
	}
	if totals.Why["no-rival"] != 1 {
		t.Errorf("%+v", totals)
	}
}

// TestRehearsalComesTrue: of a made-up population that two trusts have brought
// in, each record of the others comes to what was foreseen when it arrives.
func TestRehearsalComesTrue(t *testing.T) {
	s := newStage(t)
	var live, joins []linked.Row
	for row := range linked.New(4, linked.Frozen().Times(3)).Rows(900) {
		switch row.Record.Numbers[0].Scope {
		case "RYJ", "RQM":
			live = append(live, row)
		default:
			joins = append(joins, row)
		}
	}
	for _, row := range live {
		s.bring(row.Record)
	}
	s.counted()
	list := make([]match.Record, len(joins))
	for i, row := range joins {
		list[i] = row.Record
	}
	foreseen, totals := s.rehearsed(0, list...)
	among := map[int64]bool{}
	for i, f := range foreseen {
		for _, j := range f.Same {
			among[int64(i)], among[j] = true, true
		}
	}
	checked := map[record.Foresight]int{}
	for i, row := range joins {
		f := foreseen[i]
		was := map[string]bool{}
		for _, h := range f.Hits {
			if h.Grade == match.Certain {
				was[s.personOf(h.Entry)] = true
			}
		}
		id := s.bring(row.Record)
		if among[int64(i)] { // it may come to a person who came with the joiner
			continue
		}
		checked[f.Outcome]++
		now := s.entries(id, time.Time{})
		switch f.Outcome {
		case record.ForeseenCertain:
			if !was[s.personOf(id)] {
				t.Errorf("record %d was foreseen certain, and was not joined", i)
			}
		case record.ForeseenNew, record.ForeseenPossible:
			if len(now) > 1 {
				t.Errorf("record %d was foreseen %s, and is of a person with %d entries", i, f.Outcome, len(now))
			}
		}
	}
	if checked[record.ForeseenCertain] < 50 || checked[record.ForeseenNew] < 100 {
		t.Errorf("too few to say anything: %v of %+v", checked, totals)
	}
	s.clean()
}

// bring lets a record arrive, and gives the id of its entry.
func (s *stage) bring(r match.Record) string {
	s.t.Helper()
	trust := r.Numbers[0].Scope
	ids := []*fhir.Value{fhir.Obj("system", uk.HospitalNumber.System(trust), "value", r.Numbers[0].Value)}
	if r.NHS != "" {
		ids = append(ids, fhir.Obj("system", uk.NHSNumberSystem, "value", r.NHS))
	}
	names := []*fhir.Value{fhir.Obj("use", "official", "family", r.Family, "given", strings.Fields(r.Given))}
	if r.Former != "" {
		names = append(names, fhir.Obj("use", "maiden", "family", r.Former))
	}
	var telecom []*fhir.Value
	for _, p := range r.Phones {
		telecom = append(telecom, fhir.Obj("system", "phone", "value", p))
	}
	if r.Email != "" {
		telecom = append(telecom, fhir.Obj("system", "email", "value", r.Email))
	}
	p := fhir.Obj("resourceType", "Patient", "identifier", ids, "name", names, "telecom", telecom, "gender", r.Sex, "birthDate", r.Born,
		"address", fhir.Arr(fhir.Obj("use", "home", "line", fhir.Arr(r.Address), "city", r.Locality, "postalCode", r.Postcode)))
	if r.Practice != "" {
		p = p.With("generalPractitioner", fhir.Arr(fhir.Obj("identifier", fhir.Obj("system", uk.ODSOrganization, "value", r.Practice))))
	}
	return s.create(s.client(trust), string(p.JSON())).ID
}
