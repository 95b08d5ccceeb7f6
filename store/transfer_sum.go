package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
)

// Sum tells the content of a table: how many rows, and the sum of a keyed hash
// of each, so that order plays no part. Tables that differ in one bit have
// different sums, whoever chose the content, as long as the key is secret
// until then.
type Sum struct {
	Table  string
	Rows   int64
	Digest [4]uint64 // of 256 bits each hash, added by parts of 64
}

// String is the digest in short, for a table to look at.
func (s Sum) String() string { return fmt.Sprintf("%016x%016x", s.Digest[0], s.Digest[1]) }

// Summer adds up rows by table.
type Summer struct {
	hash hash.Hash
	key  []byte
	room []byte
	sums []Sum
	at   map[string]int
}

// NewSummer begins with every table empty.
func NewSummer(key []byte) *Summer {
	s := &Summer{hash: sha256.New(), key: key, at: map[string]int{}}
	for i, t := range Tables() {
		s.at[t.Name] = i
		s.sums = append(s.sums, Sum{Table: t.Name})
	}
	return s
}

// Add takes one row in.
func (s *Summer) Add(r Row) {
	b := append(s.room[:0], s.key...)
	b = append(append(b, r.Table.Name...), 0)
	for i, c := range r.Cells {
		b = appendCell(b, r.Table.Columns[i].Kind, c)
	}
	s.room = b
	s.hash.Reset()
	s.hash.Write(b)
	var out [sha256.Size]byte
	h := s.hash.Sum(out[:0])
	sum := &s.sums[s.at[r.Table.Name]]
	sum.Rows++
	for i := range sum.Digest {
		sum.Digest[i] += binary.LittleEndian.Uint64(h[8*i:])
	}
}

// Sums are those of all tables, in the order of Tables.
func (s *Summer) Sums() []Sum { return s.sums }

// appendCell writes a value as every engine can keep it.
func appendCell(b []byte, k Kind, c Cell) []byte {
	v := c.Int
	switch k {
	case Text, Blob:
		b = binary.BigEndian.AppendUint32(b, uint32(len(c.Bytes)))
		return append(b, c.Bytes...)
	case Real:
		v = 0
		if !c.Null {
			v = int64(math.Float32bits(float32(c.Real)))
		}
	case Hash:
		switch {
		case c.Null:
			v = 0
		case v == 0:
			v = 1
		}
	case Date:
		if v != 0 {
			v = min(max(v, 1), math.MaxUint32)
		}
	case Some:
		if c.Null {
			return append(b, 0)
		}
		b = append(b, 1)
	}
	return binary.BigEndian.AppendUint64(b, uint64(v))
}

// SumsOf adds up what a store holds.
func SumsOf(ctx context.Context, t Transfer, key []byte) ([]Sum, error) {
	s := NewSummer(key)
	err := t.Dump(ctx, func(r Row) error { s.Add(r); return nil })
	return s.Sums(), err
}
