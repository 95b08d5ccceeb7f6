package record_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
	"concord/store/dictionary"
)

// counted counts names, and opens the Desk anew with the counts.
func (s *stage) counted() int {
	s.t.Helper()
	n, err := s.as(access.Operator).CountNames(s.ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	codec, err := dictionary.Codec()
	if err != nil {
		s.t.Fatal(err)
	}
	if s.desk, err = record.Open(s.ctx, record.Options{Engine: s.engine, Codec: codec, Secret: []byte(secret), Now: s.now}); err != nil {
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
