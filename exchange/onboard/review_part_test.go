package onboard

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concord/fault"
	"concord/record"
	"concord/record/person"
)

// TestReviewPageByPage: whatever was decided, the pages of the list are the list,
// and each pair is found by itself.
func TestReviewPageByPage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "review")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		s := &Stage{Dir: dir, Trust: "R1K", Now: time.Now}
		x := &Extract{ID: "x", dir: dir, Parts: make([]Part, 1)}
		pairs := rapid.SliceOfNDistinct(rapid.Custom(drawPair), 0, 40, func(p Pair) string { return p.Key + " " + p.Entry }).Draw(t, "pairs")
		w, err := x.newPairs()
		if err != nil {
			t.Fatal(err)
		}
		defer w.close()
		want := []Reviewed{}
		for i := range pairs {
			if err := w.add(&pairs[i]); err != nil {
				t.Fatal(err)
			}
			want = append(want, Reviewed{Pair: pairs[i]})
		}
		if err := w.commit(); err != nil {
			t.Fatal(err)
		}
		if err := writeJSON(x.path(matchFile), Matching{Part: 1}); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if r := drawRuling(t, &want[i]); r != nil {
				if err := s.KeepRuling(*r); err != nil {
					t.Fatal(err)
				}
			}
		}
		pagesAreTheList(t, s, x, want)
	})
}

func drawPair(t *rapid.T) Pair {
	return Pair{Key: rapid.StringMatching(`[A-C][0-9]`).Draw(t, "key"), Entry: rapid.StringMatching(`e[0-9]`).Draw(t, "entry"), Said: "s", Person: "p",
		Outcome: rapid.SampledFrom([]record.Foresight{record.ForeseenConflict, record.ForeseenPossible}).Draw(t, "outcome"), Weight: float32(rapid.IntRange(0, 3).Draw(t, "weight"))}
}

func drawRuling(t *rapid.T, r *Reviewed) *PairRuling {
	how := rapid.SampledFrom([]string{"", "", "join", "source", "person", "need-more"}).Draw(t, "how")
	if how == "" {
		return nil
	}
	p := &PairRuling{Key: r.Key, Entry: r.Entry, Said: "s", Person: "p", Verb: person.Join, Who: "R1K/a", At: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), Why: "w"}
	switch how {
	case "source":
		p.Said, r.Changed = "other", "source"
	case "person":
		p.Person, r.Changed = "other", "person"
	case "need-more":
		p.Verb = person.NeedMore
	}
	r.Ruling = p
	return p
}

func pagesAreTheList(t *rapid.T, s *Stage, x *Extract, want []Reviewed) {
	ctx := context.Background()
	place := func(r *Reviewed) int {
		switch {
		case r.Changed != "":
			return 0
		case r.Waits():
			return 1
		}
		return 2
	}
	slices.SortFunc(want, func(a, b Reviewed) int {
		conflict := func(r *Reviewed) int {
			if r.Outcome == record.ForeseenConflict {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(place(&a), place(&b)), cmp.Compare(conflict(&a), conflict(&b)), cmp.Compare(b.Weight, a.Weight), strings.Compare(a.Key, b.Key), strings.Compare(a.Entry, b.Entry))
	})
	waiting := 0
	var names []string
	for i := range want {
		if place(&want[i]) < 2 {
			waiting++
		}
		names = append(names, nameOfPair(&want[i]))
	}
	for _, all := range []bool{true, false} {
		list, end := []string{}, waiting
		if all {
			end = len(want)
		}
		for from := 0; from <= end; from += 7 {
			v, err := s.Review(ctx, x, ReviewAsked{From: from, Most: 7, All: all})
			if err != nil {
				t.Fatal(err)
			}
			if v.Total != end || v.Waiting != waiting || v.Decided != len(want)-waiting || v.Gone != 0 || len(v.Pairs) > 7 {
				t.Fatalf("%+v of %d, %d wait", v, len(want), waiting)
			}
			for i := range v.Pairs {
				list = append(list, nameOfPair(&v.Pairs[i]))
			}
		}
		if !slices.Equal(list, names[:end]) {
			t.Fatalf("%v\nnot %v", list, names[:end])
		}
	}
	for i := range want {
		v, err := s.Review(ctx, x, ReviewAsked{Key: want[i].Key, Entry: want[i].Entry})
		if err != nil || len(v.Pairs) != 1 || nameOfPair(&v.Pairs[0]) != nameOfPair(&want[i]) {
			t.Fatalf("%+v %v", v, err)
		}
	}
}

func nameOfPair(r *Reviewed) string {
	return fmt.Sprint(r.Key, r.Entry, r.Changed, r.Ruling != nil, r.Weight)
}

// TestPairsOfAStoppedMatch: lines without their index are no pairs: the match is
// made again.
func TestPairsOfAStoppedMatch(t *testing.T) {
	dir := t.TempDir()
	s, x := &Stage{Dir: dir, Trust: "R1K", Now: time.Now}, &Extract{ID: "x", dir: dir, Parts: make([]Part, 1)}
	w, err := x.newPairs()
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if err := w.add(&Pair{Key: "L1", Entry: "e"}); err != nil {
		t.Fatal(err)
	}
	if err := w.commit(); err != nil {
		t.Fatal(err)
	}
	if err := writeJSON(x.path(matchFile), Matching{Part: 1}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(x.path(pairsFile), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Review(context.Background(), x, ReviewAsked{}); fault.Of(err).Code != "onboard.not-matched" {
		t.Error(err)
	}
}
