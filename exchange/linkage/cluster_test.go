package linkage

import (
	"context"
	"iter"
	"testing"

	"concord/standard/match"
)

// TestLikelyTwinUnderOneNumber: a record that looks like a twin's stands in the way
// of a join, unless the number of the record that is joined says that it is the
// same person under a second name; one that the trust of another record keeps
// beside it stands in the way all the same.
func TestLikelyTwinUnderOneNumber(t *testing.T) {
	at := func(id, keeper, given, number string) Entry {
		return Entry{ID: id, Record: match.Record{Given: given, Family: "Penhaligon", Born: "1961-07-08", Sex: "female", NHS: number, Postcode: "HA2 2AA", Address: "1 Mill Lane",
			Practice: "E99123", Phones: []string{"000 7136 6297"}, Keeper: keeper}}
	}
	for _, c := range []struct {
		what, keeper, number string
		joined               bool
	}{
		{"her number", "RAS", "9990000018", true},
		{"no number", "RAS", "", false},
		{"her number, one trust", "RYJ", "9990000018", false},
	} {
		list := []Entry{at("first", "R1K", "Orinthia Wren", "9990000018"), at("second", c.keeper, "Wren", c.number), at("none", "RYJ", "Orinthia", "")}
		people, _ := population(12, 3000, 1)
		var entries iter.Seq2[Entry, error] = func(yield func(Entry, error) bool) {
			for e, err := range people {
				if !yield(e, err) {
					return
				}
			}
			for _, e := range list {
				if !yield(e, nil) {
					return
				}
			}
		}
		opt := options(t)
		opt.Model.Unrivalled = nil
		opt.Learn, opt.Exact, opt.Strict = false, false, true
		run, err := Link(context.Background(), opt, entries)
		if err != nil {
			t.Fatal(err)
		}
		clusters, err := run.Cluster(run.Model().Certain)
		if err != nil {
			t.Fatal(err)
		}
		all, _ := run.Records()
		first, second, none := clusters.Of(uint32(all-3)), clusters.Of(uint32(all-2)), clusters.Of(uint32(all-1))
		if got := first == second && second == none; got != c.joined {
			t.Errorf("%s: one person is %v (%d, %d, %d)", c.what, got, first, second, none)
		}
		if c.what != "no number" && first != second {
			t.Errorf("%s: the number does not join", c.what)
		}
	}
}
