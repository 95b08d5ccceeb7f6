package store

import "encoding/binary"

// PackTokens lays tokens out as the store keeps them: four bytes each, little
// endian, ascending.
func PackTokens(tokens []uint32) []byte {
	if len(tokens) == 0 {
		return nil
	}
	out := make([]byte, 0, 4*len(tokens))
	for _, t := range tokens {
		out = binary.LittleEndian.AppendUint32(out, t)
	}
	return out
}

// HasToken tells whether packed tokens hold one of those wanted.
func HasToken(packed []byte, wanted []uint32) bool {
	for i := 0; i+4 <= len(packed); i += 4 {
		t := binary.LittleEndian.Uint32(packed[i:])
		for _, w := range wanted {
			if t == w {
				return true
			}
		}
	}
	return false
}
