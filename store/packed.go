package store

import (
	"encoding/binary"

	"concord/fault"
)

// PackedVersions is the list of the versions that one Update wrote, as the
// change feed keeps it: one row a commit. Each version takes four varints: the
// record key less the one before it (zigzag), the type, the sequence, and
// version << 1 | deleted: 5 or 6 bytes. The zero value is empty.
type PackedVersions struct {
	Bytes []byte
	last  int64
}

// Add appends a version.
func (p *PackedVersions) Add(k Key, ver int64, deleted bool) {
	b := binary.AppendVarint(p.Bytes, k.PK-p.last)
	b = binary.AppendUvarint(b, uint64(k.Type()))
	b = binary.AppendUvarint(b, uint64(k.Seq()))
	v := uint64(ver) << 1
	if deleted {
		v |= 1
	}
	p.Bytes, p.last = binary.AppendUvarint(b, v), k.PK
}

// UnpackVersions hands each version of PackedVersions' bytes to yield, in the
// order written. Errors: Internal "store.damaged".
func UnpackVersions(packed []byte, yield func(k Key, ver int64, deleted bool)) error {
	var pk int64
	for len(packed) > 0 {
		step, n := binary.Varint(packed)
		if n <= 0 {
			return damagedFeed()
		}
		packed = packed[n:]
		var v [3]uint64
		for i := range v {
			if v[i], n = binary.Uvarint(packed); n <= 0 {
				return damagedFeed()
			}
			packed = packed[n:]
		}
		pk += step
		yield(Key{PK: pk, LID: MakeLID(uint16(v[0]), uint32(v[1]))}, int64(v[2]>>1), v[2]&1 == 1)
	}
	return nil
}

func damagedFeed() error {
	return fault.New(fault.Internal, "store.damaged", "a row of the change feed cannot be read")
}

// PackRecords lays record keys out as varints.
func PackRecords(pks []int64) []byte {
	var b []byte
	for _, pk := range pks {
		b = binary.AppendVarint(b, pk)
	}
	return b
}

// UnpackRecords is the inverse of PackRecords.
func UnpackRecords(b []byte) []int64 {
	var out []int64
	for len(b) > 0 {
		pk, n := binary.Varint(b)
		if n <= 0 {
			return out
		}
		out, b = append(out, pk), b[n:]
	}
	return out
}
