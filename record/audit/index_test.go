package audit

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestPackedSeqs: any entries come back in descending order, and keys keep the
// order of entries, newest first.
func TestPackedSeqs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seqs := rapid.SliceOfNDistinct(rapid.Int64Range(0, lastEntry), 1, 60, rapid.ID[int64]).Draw(t, "seqs")
		slices.Sort(seqs)
		newest := seqs[len(seqs)-1] + rapid.Int64Range(0, 3).Draw(t, "above")
		got, ok := unpackSeqs(newest, packSeqs(newest, seqs))
		if !ok {
			t.Fatal("not read to the end")
		}
		slices.Reverse(got)
		if !slices.Equal(got, seqs) {
			t.Fatalf("%v became %v", seqs, got)
		}
		prefix := termPrefix(rapid.Uint64().Draw(t, "term"))
		for i := 1; i < len(seqs); i++ {
			a, b := postingKey(prefix, seqs[i-1]), postingKey(prefix, seqs[i])
			if a <= b {
				t.Fatalf("%d does not come before %d", seqs[i], seqs[i-1])
			}
			if n, ok := newestOf(b); !ok || n != seqs[i] {
				t.Fatalf("the key of %d says %d", seqs[i], n)
			}
		}
	})
}

func FuzzPostings(f *testing.F) {
	f.Add(int64(100), []byte{0, 1, 2}, "abc")
	f.Fuzz(func(t *testing.T, newest int64, packed []byte, key string) {
		last := newest + 1
		seqs, _ := unpackSeqs(newest, packed)
		for _, seq := range seqs {
			if seq < 0 || seq >= last {
				t.Fatalf("%d after %d", seq, last)
			}
			last = seq + 1
		}
		if seq, ok := newestOf(key); ok && (seq < 0 || seq > lastEntry) {
			t.Fatal(seq)
		}
	})
}
