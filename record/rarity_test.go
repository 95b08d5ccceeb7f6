package record_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/record"
	"concord/record/access"
	"concord/record/person"
	"concord/store/dictionary"
)

// counted counts names, and takes the counts up.
func (s *stage) counted() int {
	s.t.Helper()
	n, err := s.as(access.Operator).CountNames(s.ctx, -1)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.desk.TakeUpNames(s.ctx); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// TestCommonNamesWeighLess: until names are counted, a name, a birthday and a
// postcode sector join nobody. Then two of a common name, one birthday and one postcode sector still
// are not; two of a rare name are, and the waterfall says why.
func TestCommonNamesWeighLess(t *testing.T) {
	s := newStage(t)
	at := func(number, given, family, born, post string) string {
		return s.create(s.client("R1K"), fmt.Sprintf(`{"resourceType":"Patient","identifier":[{"system":"urn:concord:R1K:hospital-number","value":"%s"}],"name":[{"family":"%s","given":["%s"]}],`+
			`"gender":"male","birthDate":"%s","address":[{"postalCode":"%s"}]}`, number, family, given, born, post)).ID
	}
	pair := func(n int, given, family, born string) bool {
		a, b := at(fmt.Sprint("a", n), given, family, born, "UB1 3XK"), at(fmt.Sprint("b", n), given, family, born, "UB1 3QQ")
		return s.personOf(a) == s.personOf(b)
	}
	for i := range 60 {
		at(fmt.Sprint("m", i), "Mohammed", "Ali", fmt.Sprintf("19%02d-01-02", i+10), "UB2 1AA")
		at(fmt.Sprint("x", i), strings.Repeat(string(rune('a'+i%26)), 3)+fmt.Sprint(i), strings.Repeat(string(rune('a'+i/26)), 4)+fmt.Sprint(i), fmt.Sprintf("19%02d-02-03", i+10), "UB4 1AA")
	}
	if pair(1, "Mohammed", "Ali", "1914-01-02") {
		t.Error("two of one name, birthday and sector are joined, and nobody knows how common the name is")
	}
	waiting, err := s.as(access.Steward).Conflicts(s.ctx)
	if err != nil || !slices.ContainsFunc(waiting, func(c record.Conflict) bool { return strings.Contains(c.Waterfall.String(), "nobody has counted") }) {
		t.Errorf("the queue does not say what they wait for: %v %v", waiting, err)
	}
	if n := s.counted(); n != 122 {
		t.Fatalf("%d counted", n)
	}
	if pair(2, "Mohammed", "Ali", "1915-01-02") {
		t.Error("two of the commonest name are joined by name, birthday and sector")
	}
	if !pair(3, "Liwen", "Penhaligon", "1916-02-03") {
		t.Error("two of a rare name are not")
	}
	list, err := s.as(access.Steward).Conflicts(s.ctx)
	if err != nil || len(list) == 0 || !strings.Contains(list[0].Waterfall.String(), "commoner than most") {
		t.Errorf("the queue does not say why: %v %v", list, err)
	}
	s.clean()
}

// TestRejudged: who waits only because nobody had counted names is looked at
// again by the count: a rare name is joined, a common one goes on waiting, and
// what a steward said stays. Another process takes the count up by itself.
func TestRejudged(t *testing.T) {
	s := newStage(t)
	at := func(number, given, family, born, post string) string {
		return s.create(s.client("R1K"), fmt.Sprintf(`{"resourceType":"Patient","identifier":[{"system":"urn:concord:R1K:hospital-number","value":"%s"}],"name":[{"family":"%s","given":["%s"]}],`+
			`"gender":"male","birthDate":"%s","address":[{"postalCode":"%s"}]}`, number, family, given, born, post)).ID
	}
	pair := func(n int, given, family, born string) (a, b string) {
		return at(fmt.Sprint("a", n), given, family, born, "UB1 3XK"), at(fmt.Sprint("b", n), given, family, born, "UB1 3QQ")
	}
	for i := range 60 {
		at(fmt.Sprint("m", i), "Mohammed", "Ali", fmt.Sprintf("19%02d-01-02", i+10), "UB2 1AA")
		at(fmt.Sprint("x", i), strings.Repeat(string(rune('a'+i%26)), 3)+fmt.Sprint(i), strings.Repeat(string(rune('a'+i/26)), 4)+fmt.Sprint(i), fmt.Sprintf("19%02d-02-03", i+10), "UB4 1AA")
	}
	commonA, commonB := pair(1, "Mohammed", "Ali", "1914-01-02")
	rareA, rareB := pair(2, "Liwen", "Penhaligon", "1916-02-03")
	partedA, partedB := pair(3, "Orinthia", "Quex", "1917-02-03")
	one := func(a, b string) bool { return s.personOf(a) == s.personOf(b) }
	if one(commonA, commonB) || one(rareA, rareB) || one(partedA, partedB) {
		t.Fatal("joined before names are counted")
	}
	if _, err := s.as(access.Steward).Rule(s.ctx, record.IdentityRuling{Verb: person.Part, A: partedA, B: partedB, Why: "father and son"}); err != nil {
		t.Fatal(err)
	}
	if due, err := s.desk.NamesDue(s.ctx, 0); err != nil || due {
		t.Errorf("126 entries are to be counted: %v", err)
	}
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	other, err := record.Open(s.ctx, record.Options{Engine: s.engine, Codec: codec, Secret: []byte(secret), Now: s.now})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.as(access.Operator).CountNames(s.ctx, 0); err != nil || n != 126 {
		t.Fatal(n, err)
	}
	if changed, err := s.desk.TakeUpNames(s.ctx); err != nil || changed {
		t.Errorf("a count of too few is gone by: %v", err)
	}
	s.counted()
	if changed, err := other.TakeUpNames(s.ctx); err != nil || !changed {
		t.Errorf("the other process does not take it up: %v", err)
	}
	n, err := s.desk.Rejudge(s.ctx)
	if err != nil || n < 2 {
		t.Errorf("%d looked at again, %v", n, err)
	}
	if one(commonA, commonB) || !one(rareA, rareB) || one(partedA, partedB) {
		t.Errorf("common %v, rare %v, parted %v", one(commonA, commonB), one(rareA, rareB), one(partedA, partedB))
	}
	if n, err := s.desk.Rejudge(s.ctx); err != nil || n != 0 {
		t.Errorf("a second time %d are looked at, %v", n, err)
	}
	s.clean()
}

// TestNamesDue: names are to be counted when there are enough entries, however few
// transactions brought them, when there are half as many again, and once a week.
func TestNamesDue(t *testing.T) {
	s := newStage(t)
	made := 0
	load := func(n int) {
		t.Helper()
		var ops []record.Op
		for range n {
			made++
			v := s.json(fmt.Sprintf(`{"resourceType":"Patient","name":[{"family":"%s","given":["Ada"]}]}`, strings.Repeat("x", made)))
			ops = append(ops, record.Op{Kind: record.Create, Type: "Patient", Resource: v})
		}
		if _, err := s.client("R1K").Transact(s.ctx, ops, record.Commit{}); err != nil {
			t.Fatal(err)
		}
		s.clock.Add(int64(time.Minute / time.Microsecond))
	}
	due := func(when string, want bool) {
		t.Helper()
		if got, err := s.desk.NamesDue(s.ctx, 30); err != nil || got != want {
			t.Errorf("%s, %d entries: due %v, %v", when, made, got, err)
		}
	}
	count := func() {
		t.Helper()
		if _, err := s.as(access.Operator).CountNames(s.ctx, 30); err != nil {
			t.Fatal(err)
		}
	}
	load(20)
	due("too few", false)
	load(20)
	due("enough", true)
	count()
	due("just counted", false)
	load(10)
	due("a few more", false)
	load(20)
	due("half as many again", true)
	count()
	due("counted again", false)
	s.clock.Add(int64(8 * 24 * time.Hour / time.Microsecond))
	due("a week later", true)
	s.clean()
}
