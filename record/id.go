package record

import (
	"encoding/base32"
	"strconv"
	"strings"

	"concord/standard/search"
	"concord/store"
)

// A logical id is the permuted record key in eight letters, a dash, and the
// sequence within (record, type): "k3v9x2ab-12". It leads to its record
// without a directory, and tells nothing of the order in which records came.
// Sequence 0 is the person; a trust's Patient entry is 1.
type ids struct{ hash search.Hasher }

const (
	idBits   = 40 // record keys that an id can hold: 1.1e12
	halfBits = idBits / 2
	halfMask = 1<<halfBits - 1
	idRounds = 6
	idLength = idBits / 5
)

var idAlphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// round is the Feistel round function of the permutation: a hash of "id", the round,
// and the half in base 36, as Sum tells parts apart. Every resource on a page has an
// id and refers to others, so it is written out here, which takes a third of the time.
func (x ids) round(i int, half uint64) uint64 {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	b := [...]byte{'i', 'd', 0, '0' + byte(i), 0, 0, 0, 0, 0, 0}
	n := 1 // of digits; four hold any half
	for h := uint32(half); h >= 36; h /= 36 {
		n++
	}
	for at, h := 4+n, uint32(half); at > 4; at, h = at-1, h/36 {
		b[at] = digits[h%36]
	}
	return x.hash.Text(b[:6+n]) & halfMask
}

func (x ids) encode(k store.Key) string {
	var b [idLength + 11]byte
	return string(strconv.AppendUint(append(x.appendPK(b[:0], k.PK), '-'), uint64(k.Seq()), 10))
}

// person is the id of a person's record key.
func (x ids) person(pk int64) string { return x.encodePK(pk) + "-0" }

func (x ids) encodePK(pk int64) string {
	var b [idLength]byte
	return string(x.appendPK(b[:0], pk))
}

func (x ids) appendPK(dst []byte, pk int64) []byte {
	left, right := uint64(pk)>>halfBits&halfMask, uint64(pk)&halfMask
	for i := range idRounds {
		left, right = right, left^x.round(i, right)
	}
	v := left<<halfBits | right
	var b [idBits / 8]byte
	for i := range b {
		b[i] = byte(v >> (idBits - 8 - 8*i))
	}
	return idAlphabet.AppendEncode(dst, b[:])
}

// decode is the inverse of encode; ok is false for ids of any other form,
// which are looked up as aliases.
func (x ids) decode(id string) (pk int64, seq uint32, ok bool) {
	letters, digits, found := strings.Cut(id, "-")
	if !found || len(letters) != idLength || digits == "" || len(digits) > 9 || digits[0] == '0' && digits != "0" {
		return 0, 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0, 0, false
	}
	var text [idLength]byte
	var b [idBits / 8]byte
	copy(text[:], letters)
	if n, err := idAlphabet.Decode(b[:], text[:]); err != nil || n != len(b) { // it passes over the ends of lines
		return 0, 0, false
	}
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	left, right := v>>halfBits&halfMask, v&halfMask
	for i := idRounds - 1; i >= 0; i-- {
		left, right = right^x.round(i, left), left
	}
	return int64(left<<halfBits | right), uint32(n), true
}
