package record_test

import (
	"fmt"
	"testing"
	"time"

	"concord/record"
	"concord/record/access"
	"concord/record/person"
)

// TestYearOfALargeIndex: where more are born in a year, or on the day that systems
// write when they know none, than a search looks at, the name finds who is looked for;
// and what the name alone cannot narrow is still too many.
func TestYearOfALargeIndex(t *testing.T) {
	s := newStage(t)
	s.alone = true
	var ops []record.Op
	add := func(family, given, born string) {
		ops = append(ops, record.Op{Kind: record.Create, Type: "Patient", Resource: s.json(fmt.Sprintf(`{"resourceType":"Patient","identifier":[{"system":"urn:concord:R1K:hospital-number","value":"%d"}],"name":[{"family":"%s","given":["%s"]}],"birthDate":"%s"}`,
			len(ops), family, given, born))})
	}
	day := func(i int) string { return time.Date(1960, 1, 1+i%366, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) }
	word := func(i int) string { return fmt.Sprintf("%c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26) }
	const n = 4200
	for i := range n {
		add("Q"+word(i)+"ski", "Ann", day(i))
	}
	for i := range n {
		add("K"+word(i)+"ova", "Jo"+word(i), "1900-01-01")
	}
	add("Penhaligon", "Ann", "1960-05-06")
	add("Penhaligon", "Sue", "1961-05-06")
	add("Trelawny", "Jago", "1900-01-01")
	for start := 0; start < len(ops); start += 400 {
		if _, err := s.client("R1K").Transact(s.ctx, ops[start:min(start+400, len(ops))], record.Commit{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		w    person.Wanted
		hits int
		many bool
	}{
		{"family name and year", person.Wanted{Family: "Penhaligon", BornFrom: "1960-01-01", BornTo: "1960-12-31"}, 1, false},
		{"and given name", person.Wanted{Family: "Penhaligon", Given: "Ann", BornFrom: "1960-01-01", BornTo: "1960-12-31"}, 1, false},
		{"two years", person.Wanted{Family: "Penhaligon", Given: "Ann", BornFrom: "1960-01-01", BornTo: "1961-12-31"}, 1, false},
		{"a wildcard", person.Wanted{Family: "Pen*", BornFrom: "1960-01-01", BornTo: "1960-12-31"}, 1, false},
		{"nobody of the name", person.Wanted{Family: "Nancarrow", BornFrom: "1960-01-01", BornTo: "1960-12-31"}, 0, false},
		{"the day that many have", person.Wanted{Family: "Trelawny", BornFrom: "1900-01-01"}, 1, false},
		{"a name that many have", person.Wanted{Family: "Qa*", Given: "Ann", BornFrom: "1960-01-01", BornTo: "1960-12-31"}, 0, true},
		{"by sound", person.Wanted{Family: "Penhaligan", Given: "Ann", BornFrom: "1960-01-01", BornTo: "1960-12-31", Sounds: true}, 0, true},
		{"with history", person.Wanted{Family: "Penhaligon", BornFrom: "1960-01-01", BornTo: "1960-12-31", History: true}, 0, true},
	} {
		found, err := s.as(access.Clinician).FindWanted(s.ctx, c.w)
		if err != nil || len(found.Hits) != c.hits || found.TooMany != c.many {
			t.Errorf("%s: %+v, %v", c.name, found, err)
		}
	}
}
