package memtable

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// model is what a table is to be: for each commit the entries that it filed.
type model []map[Key]int64

// seen joins the commits up to one.
func (m model) seen(upTo int64) map[Key]int64 {
	out := map[Key]int64{}
	for seq := range min(int64(len(m)), upTo+1) {
		for k, n := range m[seq] {
			out[k] = k.Kind.add(out[k], n)
		}
	}
	return out
}

func randomKey(r *rand.Rand) Key {
	k := Key{Kind: Kind(1 + r.IntN(4)), H: int64(r.IntN(5)) - 2, ID: int64(1 + r.IntN(6))}
	if k.Kind == Text {
		k.V = []string{"", "a", "ab", "b", "é"}[r.IntN(5)]
	}
	return k
}

func randomEntry(r *rand.Rand) Entry {
	return Entry{randomKey(r), []int64{1, -1}[r.IntN(2)]}
}

func compareKeys(a, b Key) int { return a.Compare(b) }

// TestViewsStand files, takes back, moves on to a second table and merges the first
// at random, and asks at each step for what every commit before it saw.
func TestViewsStand(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		first, second := New(1), New(2)
		var commits model
		var firstCommits int
		for range 40 {
			into := first
			if len(commits) >= 15 {
				into = second
			} else {
				firstCommits = len(commits) + 1
			}
			seq := int64(len(commits))
			this := map[Key]int64{}
			var steps []Change
			for range r.IntN(8) {
				e := randomEntry(r)
				if r.IntN(4) == 0 { // an Update that fails
					before := len(steps)
					steps = into.Add(seq, []Entry{e, randomEntry(r)}, steps)
					into.Undo(seq, steps[before:])
					steps = steps[:before]
					continue
				}
				steps = into.Add(seq, []Entry{e}, steps)
				this[e.Key] = e.Kind.add(this[e.Key], e.N)
			}
			checkOutcome(t, steps, this)
			commits = append(commits, this)
			for upTo := range int64(len(commits)) {
				checkView(t, See(first, nil, second, upTo), commits.seen(upTo))
			}
		}
		// Merged up to some entry, a view is the rest of the first and the second.
		all := See(first, nil, nil, 1<<62).Pending(nil, 1<<30)
		if got := len(all); got != len(commits[:firstCommits].seen(1<<62)) {
			t.Fatalf("seed %d: %d entries to merge", seed, got)
		}
		for i := range all {
			want := map[Key]int64{}
			for _, e := range all[i+1:] {
				want[e.Key] = e.N
			}
			for k, n := range commits[firstCommits:].seen(1 << 62) {
				want[k] = k.Kind.add(want[k], n)
			}
			checkView(t, See(first, &all[i].Key, second, 1<<62), want)
			rest := See(first, nil, nil, 1<<62).Pending(&all[i].Key, 3)
			if !slices.Equal(rest, all[i+1:min(len(all), i+4)]) {
				t.Fatalf("seed %d: after %v comes %v", seed, all[i], rest)
			}
		}
	}
}

// checkOutcome holds what the steps of a commit come to against what it filed.
func checkOutcome(t *testing.T, steps []Change, want map[Key]int64) {
	t.Helper()
	got := map[Key]int64{}
	out := Outcome(steps)
	for _, e := range out {
		got[e.Key] = e.N
	}
	want = maps.Clone(want)
	maps.DeleteFunc(want, func(_ Key, n int64) bool { return n == 0 })
	if !maps.Equal(got, want) || len(out) != len(got) || !slices.IsSortedFunc(out, func(a, b Entry) int { return a.Compare(b.Key) }) {
		t.Fatalf("the steps come to %v, not %v", out, want)
	}
}

// checkView asks for whole kinds, and for the same a few at a time.
func checkView(t *testing.T, v *View, want map[Key]int64) {
	t.Helper()
	anything := func(Key) bool { return true }
	got := map[Key]int64{}
	for _, kind := range Kinds() {
		entries, whole := v.Entries(Key{Kind: kind, H: -1 << 63}, 1<<30, anything)
		if !whole || !slices.IsSortedFunc(entries, func(a, b Entry) int { return a.Compare(b.Key) }) {
			t.Fatalf("kind %d: %v", kind, entries)
		}
		for _, e := range entries {
			got[e.Key] = e.N
		}
		var parts []Entry
		for from, whole := (Key{Kind: kind, H: -1 << 63}), false; !whole; {
			var some []Entry
			if some, whole = v.Entries(from, 2, anything); !whole && len(some) == 0 {
				t.Fatal("nothing, and more behind it")
			}
			parts = append(parts, some...)
			if !whole {
				from = some[len(some)-1].Key
				from.ID++
			}
		}
		if !slices.Equal(parts, entries) {
			t.Fatalf("kind %d in parts: %v, want %v", kind, parts, entries)
		}
	}
	if !maps.Equal(got, want) {
		t.Fatalf("got %v\nwant %v", got, want)
	}
}

func TestStands(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		have, n    int64
		wantStands int64
	}{
		{Posting, 2, -1, 1}, {Posting, 1, -1, 0}, {Posting, 0, -3, 0}, {Posting, 0, 2, 2},
		{Identifier, 1, 1, 1}, {Identifier, 1, -1, 0}, {Identifier, 0, 1, 1}, {Text, 0, -1, 0},
	} {
		if got := (Entry{Key{Kind: c.kind}, c.n}).Stands(c.have); got != c.wantStands {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestPack(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		var in []Entry
		for range r.IntN(20) {
			e := randomEntry(r)
			e.H, e.ID, e.N = int64(r.Uint64()), int64(r.Uint64()), int64(r.Uint64())
			in = append(in, e)
		}
		out, err := Unpack(Pack(in))
		if err != nil || !slices.Equal(in, out) { // Pack sorts in
			t.Fatalf("%v: got %v, want %v", err, out, in)
		}
	}
}

// FuzzUnpack: whatever is read is an error, or entries that pack to the same.
func FuzzUnpack(f *testing.F) {
	f.Add(Pack([]Entry{{Key{Posting, 1, "", 2}, 3}, {Key{Text, -1, "smith", 2}, -1}}))
	f.Add([]byte{3, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := Unpack(b)
		if err != nil {
			return
		}
		again, err := Unpack(Pack(slices.Clone(entries)))
		slices.SortFunc(entries, func(a, b Entry) int { return compareKeys(a.Key, b.Key) })
		if err != nil || len(again) != len(entries) {
			t.Fatalf("%v: %d entries of %d", err, len(again), len(entries))
		}
		if !bytes.Equal(Pack(again), Pack(entries)) {
			t.Fatal("another text")
		}
	})
}
