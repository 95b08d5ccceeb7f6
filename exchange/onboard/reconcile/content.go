package reconcile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"

	"concord/exchange/onboard"
)

// content is what stands for what a row says: the first 128 bits of its SHA-256.
type content [2]uint64

func contentOf(values []string) content {
	h := sha256.New()
	var n [4]byte
	for _, v := range values {
		binary.BigEndian.PutUint32(n[:], uint32(len(v)))
		h.Write(n[:])
		h.Write([]byte(v))
	}
	sum := h.Sum(nil)
	return content{binary.BigEndian.Uint64(sum), binary.BigEndian.Uint64(sum[8:])}
}

// total is a sum of hashes modulo 2^256, which does not depend on their order.
type total [4]uint64

func (t *total) add(key [2]uint64, c content) {
	var b [32]byte
	for i, v := range []uint64{key[0], key[1], c[0], c[1]} {
		binary.BigEndian.PutUint64(b[8*i:], v)
	}
	sum := sha256.Sum256(b[:])
	carry := uint64(0)
	for i := 3; i >= 0; i-- {
		t[i], carry = bits.Add64(t[i], binary.BigEndian.Uint64(sum[8*i:]), carry)
	}
}

func (t *total) String() string {
	var b [32]byte
	for i, v := range t {
		binary.BigEndian.PutUint64(b[8*i:], v)
	}
	return hex.EncodeToString(b[:])
}

// Which side a mark is of.
const (
	ofStage  = 0
	ofRecord = 1
)

func markOf(key [2]uint64, side uint64, c content) onboard.Mark {
	return onboard.Mark{Key: key, Rank: side, Row: c[0], Sum: c[1]}
}
