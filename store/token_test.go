package store_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"concord/store"
)

func TestTokens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		few := rapid.SliceOf(rapid.Uint32Range(0, 40))
		tokens, wanted := few.Draw(rt, "tokens"), few.Draw(rt, "wanted")
		want := slices.ContainsFunc(tokens, func(n uint32) bool { return slices.Contains(wanted, n) })
		if store.HasToken(store.PackTokens(tokens), wanted) != want {
			rt.Fatalf("%v in %v", wanted, tokens)
		}
	})
	if packed := store.PackTokens([]uint32{0x01020304}); string(packed) != "\x04\x03\x02\x01" {
		t.Errorf("% x", packed)
	}
}

func TestKey(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		typ, seq := rapid.Uint16Max(32767).Draw(rt, "type"), rapid.Uint32().Draw(rt, "seq")
		k := store.Key{PK: 1, LID: store.MakeLID(typ, seq)}
		if k.Type() != typ || k.Seq() != seq || k.LID < 0 {
			rt.Fatalf("%d, %d became %d: %d, %d", typ, seq, k.LID, k.Type(), k.Seq())
		}
	})
}
