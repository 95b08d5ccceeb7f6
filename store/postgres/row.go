package postgres

import (
	"math"

	"concord/fault"
	"concord/store"
)

// Keys are kept in four bytes each, so that a row and its entry in the primary
// key take 24 bytes less than with eight: lid is type << 23 | sequence, which
// sorts as the full one does.
const (
	seqBits = 23
	typeMax = 255
)

// place is a key as the tables hold it.
type place struct{ pk, lid int32 }

func (p place) less(q place) bool { return p.pk < q.pk || p.pk == q.pk && p.lid < q.lid }

func (p place) key() store.Key { return keyOf(int64(p.pk), int64(p.lid)) }

// placeOf packs a key. Errors: TooCostly "store.range" beyond 2 billion
// records, 255 types, or 8 million resources of one type in a record.
func placeOf(k store.Key) (place, error) {
	typ := uint64(k.LID) >> 32
	if k.PK < 0 || k.PK > math.MaxInt32 || typ > typeMax || k.Seq()>>seqBits != 0 {
		return place{}, rangeFault()
	}
	return place{int32(k.PK), int32(typ)<<seqBits | int32(k.Seq())}, nil
}

func rangeFault() error {
	return fault.New(fault.TooCostly, "store.range", "a record key, type or sequence is beyond what the store can number")
}

// keyOf unpacks a key.
func keyOf(pk, lid int64) store.Key {
	return store.Key{PK: pk, LID: store.MakeLID(uint16(lid>>seqBits), uint32(lid)&(1<<seqBits-1))}
}

// typeRange are the packed lids of one type, both ends included; those of all
// for type 0.
func typeRange(typ uint16) (first, last int32, ok bool) {
	if typ == 0 {
		return 0, math.MaxInt32, true
	}
	if typ > typeMax {
		return 0, 0, false
	}
	first = int32(typ) << seqBits
	return first, first | (1<<seqBits - 1), true
}

// pkOf packs a record key; one that is out of range leads nowhere.
func pkOf(pk int64) int32 {
	if pk < 0 || pk > math.MaxInt32 {
		return -1
	}
	return int32(pk)
}

// short makes 32 bits of the hash of a code or unit, never 0 for one that is
// there: they narrow a search that the body confirms.
func short(h uint64) int32 {
	if h == 0 {
		return 0
	}
	if s := int32(h ^ h>>32); s != 0 {
		return s
	}
	return 1
}

// noDate is the date of a document without one: before every date.
const noDate = math.MinInt32

// packDate keeps eighths of a minute in four bytes. Dates outside the years 1820 to 2840
// count as the first or last minute of these.
func packDate(d int64) int32 {
	if d == 0 {
		return noDate
	}
	return int32(min(max(d, 1), math.MaxUint32) + noDate)
}

func unpackDate(d int64) int64 {
	return d - noDate
}
