package linked

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"concord/standard/match"
)

// TestRatesAreFrozen: whoever changes a rate has to say so here. The rates were
// fixed on 25 November 2026, before any tuning.
func TestRatesAreFrozen(t *testing.T) {
	sum := sha256.Sum256(frozen)
	if got := hex.EncodeToString(sum[:8]); got != "08acc131f13a2c2d" {
		t.Errorf("rates.yaml has changed: %s", got)
	}
}

func collect(seed uint64, n int) []Row { return slices.Collect(New(seed, Frozen()).Rows(n)) }

func TestRowsAreTheSameEveryTime(t *testing.T) {
	few, many := collect(7, 200), collect(7, 400)
	for i := range few {
		a, b := few[i], many[i]
		if a.ID != b.ID || a.Record.Given != b.Record.Given || a.Record.NHS != b.Record.NHS || a.Record.Address != b.Record.Address {
			t.Fatalf("row %d differs with the size of the population", i)
		}
	}
	other := collect(8, 200)
	if few[0].Record.Family == other[0].Record.Family && few[0].Record.Born == other[0].Record.Born {
		t.Error("two seeds, one population")
	}
}

// TestThePopulationIsAsItsRatesSay looks at what a matcher meets: overlap,
// missing numbers, and that no number could be
// a real one.
func TestThePopulationIsAsItsRatesSay(t *testing.T) {
	const people = 20_000
	rows := collect(3, people)
	byPerson, missing, ids := map[int]int{}, 0, map[string]bool{}
	for _, r := range rows {
		byPerson[r.Person]++
		if ids[r.ID] {
			t.Fatalf("the id %s twice", r.ID)
		}
		ids[r.ID] = true
		if r.Record.NHS == "" {
			missing++
		} else if !strings.HasPrefix(r.Record.NHS, "9") {
			t.Fatalf("an NHS number outside the range that is never issued")
		}
		for _, p := range r.Record.Phones {
			if !strings.HasPrefix(p, "000 ") {
				t.Fatalf("a telephone number that could be somebody's")
			}
		}
		if !utf8.ValidString(r.Record.Given + r.Record.Family) {
			t.Fatal("a name that is not UTF-8")
		}
	}
	several := 0
	for _, n := range byPerson {
		if n > 1 {
			several++
		}
	}
	if share := float64(several) / people; share < 0.27 || share > 0.33 {
		t.Errorf("%.3f of people are known to several trusts, not 0.30", share)
	}
	if share := float64(missing) / float64(len(rows)); share < 0.02 || share > 0.08 {
		t.Errorf("%.3f of records lack an NHS number", share)
	}
}

func TestTimesKeepsTheFrozenRates(t *testing.T) {
	double := Frozen().Times(2)
	if one := Frozen(); double.BornWrong != 2*one.BornWrong || double.NHSMissing[3] != 2*one.NHSMissing[3] || double.Twins != one.Twins || one.NHSMissing[0] != 0.01 {
		t.Errorf("%+v", double)
	}
}

func FuzzParseRates(f *testing.F) {
	f.Add(frozen)
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := ParseRates(data); err == nil {
			for range New(1, r).Rows(3) {
			}
		}
	})
}

func TestScopesAreTrusts(t *testing.T) {
	for _, r := range collect(1, 50) {
		if !strings.HasPrefix(r.ID, r.Record.Numbers[0].Scope+"-") || r.Record.Numbers[0] == (match.Number{}) {
			t.Fatalf("the id %s is not of the trust whose number it has", r.ID)
		}
	}
}
