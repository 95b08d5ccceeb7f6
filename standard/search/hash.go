package search

import (
	"encoding/binary"

	"github.com/dchest/siphash"
)

// Hasher makes keyed hashes, so that an index tells nothing to who holds the
// file without the installation's secret.
type Hasher struct{ k0, k1 uint64 }

// NewHasher takes the first 16 bytes of an installation's secret.
func NewHasher(secret []byte) Hasher {
	return Hasher{binary.LittleEndian.Uint64(secret), binary.LittleEndian.Uint64(secret[8:])}
}

// Sum hashes parts, told apart by a zero byte.
func (h Hasher) Sum(parts ...string) uint64 {
	var buf [192]byte
	b := buf[:0]
	for _, p := range parts {
		b = append(b, p...)
		b = append(b, 0)
	}
	return h.Text(b)
}

// Text hashes a text as it is.
func (h Hasher) Text(b []byte) uint64 { return siphash.Hash(h.k0, h.k1, b) }

// Token is the 32-bit form for the token column.
func (h Hasher) Token(parts ...string) uint32 { return uint32(h.Sum(parts...)) }
