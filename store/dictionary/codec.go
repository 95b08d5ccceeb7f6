package dictionary

import (
	_ "embed"

	"concord/store"
)

//go:embed v1.dict
var v1 []byte

// Codec packs with the newest dictionary and unpacks with all.
func Codec() (*store.Codec, error) { return For(store.Fast) }

// For is Codec with another effort.
func For(effort store.Effort) (*store.Codec, error) {
	return store.NewCodec(map[byte][]byte{1: v1}, 1, effort)
}
