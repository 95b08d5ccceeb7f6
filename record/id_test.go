package record

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"concord/standard/search"
	"concord/store"
)

// TestIDs: an id leads back to its key, and is the one that records made earlier
// have: the rounds hash what they always did.
func TestIDs(t *testing.T) {
	x := ids{search.NewHasher([]byte("sixteen bytes ..and more"))}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		k := store.Key{PK: r.Int64N(1 << idBits), LID: store.MakeLID(1, 1+uint32(r.IntN(1<<20)))}
		pk, seq, ok := x.decode(x.encode(k))
		if !ok || pk != k.PK || seq != uint32(k.Seq()) {
			t.Fatalf("%v becomes %s, that %d and %d", k, x.encode(k), pk, seq)
		}
		i, half := r.IntN(idRounds), r.Uint64N(1<<halfBits)
		if want := x.hash.Sum("id", strconv.Itoa(i), strconv.FormatUint(half, 36)) & halfMask; x.round(i, half) != want {
			t.Fatalf("round %d of %d is %d, not %d", i, half, x.round(i, half), want)
		}
	}
	if got := x.encode(store.Key{PK: 12345, LID: store.MakeLID(1, 7)}); got != "g63fr0tt-7" {
		t.Errorf("key 12345 has the id %s", got)
	}
	for _, id := range []string{"g63fr0tt-", "g63fr0t-7", "g63fr0t\n-7", "\n63fr0tt-7", "g63fr0tu-7", "g63fr0tt-07"} {
		if pk, seq, ok := x.decode(id); ok {
			t.Errorf("%q is read as %d and %d", id, pk, seq)
		}
	}
}

func BenchmarkID(b *testing.B) {
	x := ids{search.NewHasher([]byte("sixteen bytes ..and more"))}
	for b.Loop() {
		x.decode(x.encodePK(12345) + "-7")
	}
}
