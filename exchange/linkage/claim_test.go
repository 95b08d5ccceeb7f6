package linkage

import (
	"context"
	"iter"
	"testing"

	"concord/standard/match"
)

// TestClaimsInABatch: one number under two given names joins two records unless
// the twin has one of her own or a third record has the number; a rare name with
// its date of birth joins two without a number, unless a namesake of one
// birthday has another number.
func TestClaimsInABatch(t *testing.T) {
	at := func(id, keeper, given, family, born, number, post string) Entry {
		return Entry{ID: id, Record: match.Record{Given: given, Family: family, Born: born, Sex: "female", NHS: number, Postcode: post, Address: "1 " + post + " Lane", Practice: "E" + post, Keeper: keeper}}
	}
	lone := []Entry{
		at("lone-1", "R1K", "Anjali", "Vekaria", "2011-05-06", "9990000018", "HA1 1AA"), at("lone-2", "RYJ", "Priya", "Vekaria", "2011-05-06", "9990000018", "HA1 1AA"),
		at("twin-1", "R1K", "Hafsa", "Warsame", "2009-05-06", "9990000026", "HA1 1AB"), at("twin-2", "RYJ", "Hibo", "Warsame", "2009-05-06", "9990000026", "HA1 1AB"),
		at("twin-3", "RAS", "Hafsa", "Warsame", "2009-05-06", "9990000034", "HA1 1AB"),
		at("three-1", "R1K", "Wren", "Quex", "2007-05-06", "9990000042", "HA1 1AC"), at("three-2", "RYJ", "Ottilie", "Quex", "2007-05-06", "9990000042", "HA1 1AC"),
		at("three-3", "RAS", "Wren", "Quex", "2007-05-06", "9990000042", "HA1 1AC"),
		at("name-1", "R1K", "Orinthia", "Penhaligon", "1961-07-08", "9990000050", "HA2 2AA"), at("name-2", "RYJ", "Orinthia", "Penhaligon", "1961-07-08", "", "SW3 3BB"),
		at("sake-1", "R1K", "Perpetua", "Trevanion", "1961-09-10", "9990000069", "HA2 2AC"), at("sake-2", "RYJ", "Perpetua", "Trevanion", "1961-09-10", "", "SW3 3BD"),
		at("sake-3", "RAS", "Perpetua", "Trevanion", "1961-09-10", "9990000077", "N1 1AA"),
	}
	people, _ := population(11, 4000, 1)
	var entries iter.Seq2[Entry, error] = func(yield func(Entry, error) bool) {
		for e, err := range people {
			if !yield(e, err) {
				return
			}
		}
		for _, e := range lone {
			if !yield(e, nil) {
				return
			}
		}
	}
	opt := options(t)
	opt.Model.Unrivalled.SecondName = 16.6
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
	first := all - len(lone)
	of := func(id string) uint32 {
		for i, e := range lone {
			if e.ID == id {
				return clusters.Of(uint32(first + i))
			}
		}
		t.Fatal(id)
		return 0
	}
	for pair, want := range map[[2]string]bool{
		{"lone-1", "lone-2"}: true, {"name-1", "name-2"}: true, {"three-1", "three-3"}: true,
		{"twin-1", "twin-2"}: false, {"twin-1", "twin-3"}: false, {"three-1", "three-2"}: false,
		{"sake-1", "sake-2"}: false, {"sake-3", "sake-2"}: false,
	} {
		if got := of(pair[0]) == of(pair[1]); got != want {
			t.Errorf("%s and %s are one: %v", pair[0], pair[1], got)
		}
	}
	if clusters.Claimed == 0 || clusters.Rivals == 0 {
		t.Errorf("%d claimed, %d rivalled", clusters.Claimed, clusters.Rivals)
	}
}
