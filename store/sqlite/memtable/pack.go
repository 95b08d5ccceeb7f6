package memtable

import (
	"encoding/binary"
	"slices"

	"concord/fault"
)

// Pack writes entries in the order of their keys: for each its kind, hash, place,
// count and, of Text, the value behind its length.
func Pack(entries []Entry) []byte {
	inOrder := func(a, b Entry) int { return a.Compare(b.Key) }
	if !slices.IsSortedFunc(entries, inOrder) {
		slices.SortFunc(entries, inOrder)
	}
	out := make([]byte, 0, 16*len(entries))
	for _, e := range entries {
		out = append(out, byte(e.Kind))
		out = binary.BigEndian.AppendUint64(out, uint64(e.H))
		out = binary.AppendVarint(out, e.ID)
		out = binary.AppendVarint(out, e.N)
		if e.Kind == Text {
			out = binary.AppendUvarint(out, uint64(len(e.V)))
			out = append(out, e.V...)
		}
	}
	return out
}

// Unpack reads what Pack wrote. Errors: Internal "store.pending".
func Unpack(b []byte) ([]Entry, error) {
	var out []Entry
	for len(b) > 0 {
		e, rest := unpackOne(b)
		if rest == nil {
			return nil, fault.New(fault.Internal, "store.pending", "the index entries of a commit cannot be read")
		}
		out, b = append(out, e), rest
	}
	return out, nil
}

// unpackOne gives nil as the rest when there is no entry.
func unpackOne(b []byte) (e Entry, rest []byte) {
	if len(b) < 9 || Kind(b[0]) < Posting || Kind(b[0]) > Alias {
		return e, nil
	}
	e.Kind, e.H, b = Kind(b[0]), int64(binary.BigEndian.Uint64(b[1:])), b[9:]
	for _, v := range [...]*int64{&e.ID, &e.N} {
		n, size := binary.Varint(b)
		if size <= 0 {
			return e, nil
		}
		*v, b = n, b[size:]
	}
	if e.Kind == Text {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return e, nil
		}
		e.V, b = string(b[size:size+int(n)]), b[size+int(n):]
	}
	if b == nil {
		b = []byte{}
	}
	return e, b
}
