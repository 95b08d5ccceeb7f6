package match

import (
	"bytes"
	"testing"
)

func counted() *Frequencies {
	l, r, f := ShippedLexicon(), scorerOnce().Rules, NewFrequencies()
	for i, name := range []string{"Mohammed Ali", "Liwen Penhaligon", "Ann Quill"} {
		given, family, _ := bytes.Cut([]byte(name), []byte(" "))
		for range []int{900, 1, 99}[i] {
			s := l.Prepare(&Record{Given: string(given), Family: string(family), Born: "1971-06-12"}, r)
			f.Add(&s)
		}
	}
	return f
}

// TestRarityIsKept: counts that were kept and read again rate as before, a
// common name counts for less than a rare one.
func TestRarityIsKept(t *testing.T) {
	f := counted()
	g, err := ParseFrequencies(f.Bytes())
	if err != nil || !bytes.Equal(g.Bytes(), f.Bytes()) {
		t.Fatalf("%v", err)
	}
	s, err := NewScorer(ShippedModel(), g)
	if err != nil {
		t.Fatal(err)
	}
	weight := func(given, family string) float32 {
		x := ShippedLexicon().Prepare(&Record{Given: given, Family: family, Born: "1971-06-12", Sex: "male"}, s.Rules)
		g.Rate(&x, s.Model.Commonest)
		return s.Score(&x, &x).Weight
	}
	if common, rare := weight("Mohammed", "Ali"), weight("Liwen", "Penhaligon"); common >= rare-10 {
		t.Errorf("a common name weighs %.1f, a rare one %.1f", common, rare)
	}
}

func FuzzParseFrequencies(f *testing.F) {
	f.Add(counted().Bytes())
	f.Add([]byte(frequencyFormat))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ParseFrequencies(data)
		if err != nil {
			return
		}
		again, err := ParseFrequencies(got.Bytes())
		if err != nil || !bytes.Equal(again.Bytes(), got.Bytes()) {
			t.Fatal("what was read does not read again")
		}
		got.Usual()
	})
}
