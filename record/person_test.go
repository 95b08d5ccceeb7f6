package record_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/match"
)

// personOf is the person of an entry, by the link that it is served with.
func (s *stage) personOf(entry string) string {
	s.t.Helper()
	it, err := s.as(access.Clinician).Read(s.ctx, "Patient", entry)
	if err != nil {
		s.t.Fatal(err)
	}
	for l := range it.Resource.Get("link").Each() {
		if l.StrAt("type") == "refer" {
			return strings.TrimPrefix(l.StrAt("other.reference"), "Patient/")
		}
	}
	s.t.Fatalf("%s has no person: %s", entry, it.Resource.JSON())
	return ""
}

func (s *stage) update(e *record.Errand, id, text string) {
	s.t.Helper()
	v := s.json(text).With("id", id)
	if _, err := e.Transact(s.ctx, []record.Op{{Kind: record.Update, Type: v.Type(), ID: id, Resource: v}}, record.Commit{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) entries(id string, asAt time.Time) []string {
	s.t.Helper()
	c, err := s.as(access.Clinician).Chart(s.ctx, id, record.ChartQuery{AsAt: asAt})
	if err != nil {
		s.t.Fatalf("chart of %s: %v", id, err)
	}
	var out []string
	for _, it := range c.Person.Entries {
		out = append(out, it.ID)
	}
	slices.Sort(out)
	return out
}

// moment is a time after everything so far and before everything to come.
func (s *stage) moment() time.Time {
	s.clock.Add(1000)
	at := s.now()
	s.clock.Add(1000)
	return at
}

// TestAsAtIncludesLinks: what was known then is what is shown, links included.
func TestAsAtIncludesLinks(t *testing.T) {
	s := newStage(t)
	before := s.moment()
	a := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Okonkwo", "Ada", "1948-03-14", "female")).ID
	one := s.moment()
	b := s.create(s.client("RYJ"), patient("RYJ", "2", "9990000026", "Okonkwo", "Ada", "1948-03-14", "female")).ID
	first, second := s.personOf(a), s.personOf(b)
	obs := s.create(s.client("RYJ"), `{"resourceType":"Observation","status":"final","code":{"text":"Hb"},"subject":{"reference":"Patient/`+b+`"}}`).ID
	apart := s.moment()
	s.update(s.client("RYJ"), b, patient("RYJ", "2", nhs, "Okonkwo", "Ada", "1948-03-14", "female"))
	joined := s.moment()
	if s.personOf(b) != first {
		t.Fatal("the entries were not joined")
	}
	both := []string{a, b}
	slices.Sort(both)
	for name, c := range map[string]struct {
		id   string
		at   time.Time
		want []string
	}{
		"the first, alone":              {first, one, []string{a}},
		"the first, before the join":    {first, apart, []string{a}},
		"the second, before the join":   {second, apart, []string{b}},
		"the first, after the join":     {first, joined, both},
		"the second redirects":          {second, joined, both},
		"the first, now":                {first, time.Time{}, both},
		"an entry is that entry":        {b, time.Time{}, []string{b}},
		"an entry then is what it was":  {b, apart, []string{b}},
		"an entry then, of its trust's": {a, one, []string{a}},
	} {
		if got := s.entries(c.id, c.at); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	for _, c := range []struct {
		id string
		at time.Time
	}{{first, before}, {second, one}, {a, before}, {b, one}} {
		if _, err := s.as(access.Clinician).Chart(s.ctx, c.id, record.ChartQuery{AsAt: c.at}); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s was known before it came: %v", c.id, err)
		}
	}
	sections := record.ChartQuery{AsAt: apart, Sections: []record.Section{{Type: "Observation"}}}
	if c, err := s.as(access.Clinician).Chart(s.ctx, first, sections); err != nil || len(c.Sections[0]) != 0 {
		t.Errorf("the first person's chart shows the other's observation before the join: %v", err)
	}
	sections.AsAt = joined
	if c, err := s.as(access.Clinician).Chart(s.ctx, second, sections); err != nil || len(c.Sections[0]) != 1 || c.Sections[0][0].ID != obs || c.Person.ID != first {
		t.Errorf("the chart after the join: %v", err)
	}
	s.clean()
}

// TestWrongCheckDigitNeverJoins: a number that is not well formed is kept and
// joins nobody, whatever else agrees; a steward is asked.
func TestWrongCheckDigitNeverJoins(t *testing.T) {
	s := newStage(t)
	for _, number := range []string{"9990000019", "999000001", "0000000000", "1111111111", "99900000188", "999000001A"} {
		a := s.create(s.client("R1K"), patient("R1K", "a"+number, number, "Smith", "John", "1950-01-01", "male")).ID
		b := s.create(s.client("RYJ"), patient("RYJ", "b"+number, number, "Smith", "John", "1950-01-01", "male")).ID
		if s.personOf(a) == s.personOf(b) {
			t.Errorf("%s joined two entries", number)
		}
		it, err := s.as(access.Clinician).Read(s.ctx, "Patient", a)
		if err != nil || it.Resource.StrAt("identifier.1.value") != number {
			t.Errorf("%s is not kept: %v", number, err)
		}
	}
	list, err := s.as(access.Steward).Conflicts(s.ctx)
	if err != nil || len(list) == 0 {
		t.Errorf("nobody is asked: %v", err)
	}
	for _, c := range list {
		if c.Waterfall.Grade == match.Certain {
			t.Errorf("certain, and not joined: %s", c.Waterfall)
		}
	}
	s.clean()
}

// TestPairsOfAnOrganisation: of the pairs that wait an organisation's are those with
// an entry of its own; a deleted entry has none.
func TestPairsOfAnOrganisation(t *testing.T) {
	s := newStage(t)
	pair := func(number, x, y string) string {
		a := s.create(s.client(x), patient(x, "a"+number, number, "Smith", "John", "1950-01-01", "male")).ID
		s.create(s.client(y), patient(y, "b"+number, number, "Brown", "Mary", "1982-11-30", "female"))
		return a
	}
	gone := pair("9990000018", "R1K", "RYJ")
	pair("9990000077", "RYJ", "RAS")
	of := func(want map[string]int) {
		t.Helper()
		for org, n := range want {
			if got, err := s.as(access.Steward).PairsOf(s.ctx, org); err != nil || got != n {
				t.Errorf("%s has %d pairs, not %d: %v", org, got, n, err)
			}
		}
	}
	of(map[string]int{"R1K": 1, "RYJ": 2, "RAS": 1, "RQM": 0})
	if _, err := s.client("R1K").Transact(s.ctx, []record.Op{{Kind: record.Delete, Type: "Patient", ID: gone}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	of(map[string]int{"R1K": 0, "RYJ": 1, "RAS": 1})
}

// TestDemographicCheck: what joins and what goes to the stewards.
func TestDemographicCheck(t *testing.T) {
	for name, c := range map[string]struct {
		family, given, born, sex string
		joins                    bool
		differs                  int
	}{
		"the same":                     {"Smith", "John", "1950-01-01", "male", true, 0},
		"another given name":           {"Smith", "Jack", "1950-01-01", "male", true, 0}, // the sex agrees
		"another family name, married": {"Jones", "John", "1950-01-01", "male", true, 0},
		"another name and sex":         {"Jones", "Mary", "1950-01-01", "female", false, 2},
		"accents and case":             {"SMÏTH", "JOHN", "1950-01-01", "unknown", true, 0},
		"sex unknown, another name":    {"Jones", "Mary", "1950-01-01", "unknown", false, 1},
		"a slip in the date of birth":  {"Smith", "John", "1950-01-02", "male", true, 0}, // a number, a name and all but a digit
		"another date of birth":        {"Smith", "John", "1961-02-13", "male", false, 1},
		"a year of birth alone":        {"Smith", "John", "1950", "male", true, 0},
	} {
		s := newStage(t)
		a := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male")).ID
		b := s.create(s.client("RYJ"), patient("RYJ", "2", nhs, c.family, c.given, c.born, c.sex)).ID
		if joined := s.personOf(a) == s.personOf(b); joined != c.joins {
			t.Errorf("%s: joined %v", name, joined)
		}
		list, err := s.as(access.Steward).Conflicts(s.ctx)
		if err != nil || c.joins != (len(list) == 0) {
			t.Errorf("%s: conflicts %v %v", name, list, err)
		}
		if len(list) == 1 && len(list[0].Differs) != c.differs {
			t.Errorf("%s: differs %v", name, list[0].Differs)
		}
		s.clean()
	}
}

// TestConflictSettles: a pair leaves the stewards' list once its demographics
// agree, once the number turns out to be another's, or once a trust says that
// both are one.
func TestConflictSettles(t *testing.T) {
	for name, settle := range map[string]func(s *stage, a, b string){
		"demographics corrected": func(s *stage, a, b string) {
			s.update(s.client("R1K"), b, patient("R1K", "2", nhs, "Smith", "John", "1950-01-01", "male"))
		},
		"number corrected": func(s *stage, a, b string) {
			s.update(s.client("R1K"), b, patient("R1K", "2", "9990000026", "Patel", "Meera", "1988-07-07", "female"))
		},
		"merged": func(s *stage, a, b string) { s.merge(b, a) },
		"deleted": func(s *stage, a, b string) {
			if _, err := s.client("R1K").Transact(s.ctx, []record.Op{{Kind: record.Delete, Type: "Patient", ID: b}}, record.Commit{}); err != nil {
				s.t.Fatal(err)
			}
		},
	} {
		s := newStage(t)
		a := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male")).ID
		b := s.create(s.client("R1K"), patient("R1K", "2", nhs, "Patel", "Meera", "1988-07-07", "female")).ID
		if list, err := s.as(access.Steward).Conflicts(s.ctx); err != nil || len(list) != 1 {
			t.Fatalf("conflicts %v %v", list, err)
		}
		settle(s, a, b)
		if list, err := s.as(access.Steward).Conflicts(s.ctx); err != nil || len(list) != 0 {
			t.Errorf("%s: still on the list: %d %v", name, len(list), err)
		}
		s.clean()
	}
}

// merge says that one entry goes on under another.
func (s *stage) merge(from, into string) {
	s.t.Helper()
	it, err := s.as(access.Clinician).Read(s.ctx, "Patient", from)
	if err != nil {
		s.t.Fatal(err)
	}
	op := record.Op{Kind: record.Update, Type: "Patient", ID: from, Resource: it.Resource.With("active", false)}
	if _, err := s.client("R1K").Transact(s.ctx, []record.Op{op}, record.Commit{Joins: []record.Join{{From: from, Into: into}}}); err != nil {
		s.t.Fatal(err)
	}
}

// TestMergeChain: persons that are merged one into the next all lead to the
// one that stays, at every step of the past too.
func TestMergeChain(t *testing.T) {
	s := newStage(t)
	const n = 5
	var entries, persons []string
	for i := range n {
		number := fmt.Sprint(i)
		entries = append(entries, s.create(s.client("R1K"), patient("R1K", number, "", "Smith", "John", "1950-01-01", "male")).ID)
		persons = append(persons, s.personOf(entries[i]))
	}
	var times []time.Time
	for i := n - 1; i > 0; i-- {
		times = append(times, s.moment())
		s.merge(entries[i], entries[i-1])
	}
	for i, id := range persons {
		if got := s.entries(id, time.Time{}); len(got) != n {
			t.Errorf("person %d leads to %d entries", i, len(got))
		}
		it, err := s.as(access.Clinician).Read(s.ctx, "Patient", id)
		if err != nil || it.ID != persons[0] {
			t.Errorf("person %d is %v now: %v", i, it, err)
		}
	}
	for step, at := range times { // before the merge of entry n-1-step
		if got := s.entries(persons[n-1], at); len(got) != step+1 {
			t.Errorf("before step %d the last person had %d entries", step, len(got))
		}
	}
	s.clean()
}

// nhsNumber makes the n-th number of the range that is never issued, with its
// check digit; n for which there is none are left out by the caller.
func nhsNumber(n int) (string, bool) {
	digits := fmt.Sprintf("999%06d", n)
	sum := 0
	for i, c := range digits {
		sum += int(c-'0') * (10 - i)
	}
	check := (11 - sum%11) % 11
	return digits + fmt.Sprint(check), check < 10
}

// TestJoinOrder: the same entries, in whatever order they come, are parted
// among persons in the same way.
func TestJoinOrder(t *testing.T) {
	s := newStage(t)
	type entry struct {
		number                   int
		family, given, born, sex string
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 7).Draw(rt, "entries")
		entries, order := make([]entry, n), make([]int, n)
		for i := range entries {
			order[i] = i
			entries[i] = entry{
				rapid.IntRange(0, 2).Draw(rt, "nhs"), rapid.SampledFrom([]string{"Smith", "Jones", "Smith-Jones"}).Draw(rt, "family"), rapid.SampledFrom([]string{"Sam", "Alex"}).Draw(rt, "given"),
				rapid.SampledFrom([]string{"1950-01-01", "1961-02-02"}).Draw(rt, "born"), rapid.SampledFrom([]string{"male", "female", "unknown"}).Draw(rt, "sex"),
			}
		}
		bring := func(order []int) string {
			numbers := s.freshNumbers(3)
			ids := make([]string, n)
			for _, i := range order {
				e := entries[i]
				s.fresh++
				ids[i] = s.create(s.client("R1K"), patient("R1K", fmt.Sprint("j", s.fresh), numbers[e.number], e.family, e.given, e.born, e.sex)).ID
			}
			return s.partition(ids)
		}
		first := bring(order)
		if again := bring(rapid.Permutation(order).Draw(rt, "order")); again != first {
			rt.Fatalf("%s in one order, %s in another", first, again)
		}
	})
	s.clean()
}

func (s *stage) freshNumbers(n int) []string {
	var out []string
	for len(out) < n {
		s.fresh++
		if number, ok := nhsNumber(s.fresh); ok {
			out = append(out, number)
		}
	}
	return out
}

// partition says which entries share a person: "0 0 1 ".
func (s *stage) partition(ids []string) string {
	groups, out := map[string]int{}, ""
	for _, id := range ids {
		p := s.personOf(id)
		if _, ok := groups[p]; !ok {
			groups[p] = len(groups)
		}
		out += fmt.Sprint(groups[p], " ")
	}
	return out
}
