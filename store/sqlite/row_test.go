package sqlite

import (
	"cmp"
	"testing"

	"pgregory.net/rapid"

	"concord/fault"
	"concord/store"
)

// TestRow: places go there and back, and sort as keys do.
func TestRow(t *testing.T) {
	draw := func(rt *rapid.T) store.Key {
		return store.Key{
			PK:  rapid.Int64Range(0, 1<<pkBits-1).Draw(rt, "pk"),
			LID: store.MakeLID(rapid.Uint16Range(0, 255).Draw(rt, "type"), rapid.Uint32Range(0, 1<<seqBits-1).Draw(rt, "seq")),
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		a, b := draw(rt), draw(rt)
		ra, err := rowOf(a)
		if err != nil || keyOf(ra) != a {
			rt.Fatalf("%v became %v, %v", a, keyOf(ra), err)
		}
		rb, _ := rowOf(b)
		if cmp.Compare(ra, rb) != cmp.Or(cmp.Compare(a.PK, b.PK), cmp.Compare(a.LID, b.LID)) {
			rt.Fatalf("%v and %v sort differently as %d and %d", a, b, ra, rb)
		}
	})
	for _, k := range []store.Key{
		{PK: 1 << pkBits, LID: 1}, {PK: -1, LID: 1}, {PK: 1, LID: -1},
		{PK: 1, LID: store.MakeLID(256, 1)}, {PK: 1, LID: store.MakeLID(1, 1<<seqBits)},
	} {
		if _, err := rowOf(k); !fault.Is(err, fault.TooCostly) {
			t.Errorf("%v: %v", k, err)
		}
	}
}
