package sqlite

import (
	"concord/fault"
	"concord/store"
)

// A document's place in the file is one integer, so that its row lies in an
// integer-keyed table: record key << 31 | type << 23 | sequence. It sorts as
// (pk, lid) does. An integer key is compared faster than a composed one, fills
// pages to the brim when records come one after the other, and keeps a row of
// up to 8 KB in one page.
const (
	seqBits  = 23
	typeBits = 8
	pkBits   = 32
)

// rowOf is the place of a key. Errors: TooCostly "store.range" beyond
// 4 billion records, 255 types, or 8 million resources of one type in a record.
func rowOf(k store.Key) (int64, error) {
	typ := uint64(k.LID) >> 32
	if uint64(k.PK)>>pkBits != 0 || typ>>typeBits != 0 || k.Seq()>>seqBits != 0 {
		return 0, fault.New(fault.TooCostly, "store.range", "a record key, type or sequence is beyond what the store can number")
	}
	return k.PK<<(typeBits+seqBits) | int64(typ)<<seqBits | int64(k.Seq()), nil
}

func keyOf(row int64) store.Key {
	typ := uint16(row >> seqBits & (1<<typeBits - 1))
	return store.Key{PK: row >> (typeBits + seqBits), LID: store.MakeLID(typ, uint32(row&(1<<seqBits-1)))}
}

// rowsOf are the places of one type of one record, of all for type 0: from
// first to before end.
func rowsOf(pk int64, typ uint16) (first, end int64, err error) {
	if typ == 0 {
		first, err = rowOf(store.Key{PK: pk})
		return first, first + 1<<(typeBits+seqBits), err
	}
	first, err = rowOf(store.Key{PK: pk, LID: store.MakeLID(typ, 0)})
	return first, first + 1<<seqBits, err
}

// Code and unit hashes are kept as 32 bits: they narrow a search that the body
// confirms, and four bytes less stand in the row and in the index.
func short(h uint64) int64 { return int64(int32(h ^ h>>32)) }

// epoch is the origin of rec.upd, 2030-06-01, so that the times of a decade
// around it take six bytes and not eight.
const epoch = 1_906_502_400_000_000
