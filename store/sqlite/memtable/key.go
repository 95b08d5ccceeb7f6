package memtable

import (
	"cmp"
	"strings"
)

// Kind is the table that an entry belongs in.
type Kind uint8

// The numbers are written to disk.
const (
	Posting    Kind = 1 // how many documents of a record have a term, by how much it changes
	Identifier Kind = 2 // a document has an identifier, or no longer
	Text       Kind = 3 // a document has a string, or no longer
	Alias      Kind = 4 // an id is of a document
)

// Key is the key of a row: a hash (a term, an identifier, a parameter), for Text
// the value, and the record or document.
type Key struct {
	Kind Kind
	H    int64
	V    string
	ID   int64
}

// Compare orders keys as the tables do: numbers signed, text by bytes.
func (k Key) Compare(o Key) int {
	switch { // the hashes tell most apart
	case k.Kind != o.Kind:
		return cmp.Compare(k.Kind, o.Kind)
	case k.H != o.H:
		return cmp.Compare(k.H, o.H)
	case k.V != o.V:
		return strings.Compare(k.V, o.V)
	}
	return cmp.Compare(k.ID, o.ID)
}

// Entry says what is pending for a row: of a Posting what its count changes by,
// of others 1 when it is to be there and -1 when it is not.
type Entry struct {
	Key
	N int64
}

// add joins what is pending for one row earlier and later.
func (k Kind) add(earlier, later int64) int64 {
	if k == Posting {
		return earlier + later
	}
	return later
}

// Stands tells what a row comes to, from the count that the database has for it (of
// others than Postings 1 or 0) and what is pending; 0 when there is no row.
func (e Entry) Stands(have int64) int64 {
	return max(0, e.Kind.add(have, e.N))
}
