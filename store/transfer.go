package store

import (
	"context"
	"iter"
)

// Transfer moves everything that a store holds to another one, of the same or
// another engine. It is for the operator's tools, while nobody writes.
type Transfer interface {
	// Dump hands over every row of one snapshot, table by table in the order of
	// Tables. A row is valid until yield returns.
	Dump(ctx context.Context, yield func(Row) error) error
	// Load fills an empty store with the rows of a Dump in one transaction.
	// Before the commit accept is given the sums of what now lies in the store,
	// read back from it under the key; what it returns undoes everything: the
	// store is whole and accepted, or empty as before. Errors: Conflict
	// "store.not-empty"; TooCostly "store.range".
	Load(ctx context.Context, rows iter.Seq2[Row, error], key []byte, accept func([]Sum) error) error
}

// Kind is what a cell of a neutral row holds.
type Kind uint8

// The kinds of columns. What an engine keeps less exactly than another is
// compared as the less exact keeps it.
const (
	Int   Kind = iota + 1
	Some       // an Int that may be absent
	Text       // words: any bytes, sorted by bytes; absent is empty
	Blob       // bytes; absent is empty
	Hash       // 32 bits of a hash, absent without one; 0 and 1 are compared as the same
	Date       // search.Entries.Date, compared within the years 1820 to 9986
	Real       // a number, compared in four bytes
	Place      // a LID: one engine packs it together with the record key before it
)

// Column is one column of a neutral table.
type Column struct {
	Name string
	Kind Kind
}

// Table is one table in its neutral form.
type Table struct {
	Name    string
	Columns []Column
}

// Row is one row of a table: a cell for each column.
type Row struct {
	Table *Table
	Cells []Cell
}

// Cell is one value. Null is an absent Some, Hash or Real.
type Cell struct {
	Null  bool
	Int   int64
	Real  float64
	Bytes []byte
}

// Tables are the tables that make up a store, in the order of a Dump. Names
// come first, since rows hold their numbers; the counters come last.
func Tables() []Table {
	place := []Column{{"pk", Int}, {"lid", Place}}
	version := join(place, ints("ver", "cseq", "upd", "del", "org", "feed"), []Column{{"d", Date}})
	content := []Column{{"tok", Blob}, {"body", Blob}}
	return []Table{
		{"name", join(ints("id"), []Column{{"v", Text}})},
		{"rec", join(version, []Column{{"code", Hash}, {"qh", Hash}, {"qv", Real}}, content)},
		{"rec_hist", join(version, content)},
		{"str", join(ints("h"), []Column{{"v", Text}}, place)},
		{"ident", join(ints("h"), place)},
		{"alias", join(ints("h"), place)},
		{"post", ints("term", "pk", "n")},
		{"change", join(ints("cseq", "at"), []Column{{"puts", Blob}})},
		{"journal", join(ints("seq", "at", "org", "feed"), []Column{{"trig", Text}, {"control", Text}}, ints("digest", "state", "code"),
			[]Column{{"place", Text}, {"text", Text}, {"records", Blob}, {"detail", Blob}})},
		{"journal_raw", join(ints("seq"), []Column{{"raw", Blob}})},
		{"journal_record", ints("pk", "seq")},
		{"journal_tally", ints("feed", "state", "n")},
		{"journal_hour", ints("feed", "hour", "n")},
		{"journal_feed", ints("feed", "org", "last")},
		{"kv", join(ints("space"), []Column{{"k", Text}, {"exp", Some}, {"v", Blob}})},
		{"link", join(ints("pk", "cseq", "person", "since"), []Column{{"till", Some}})},
		{"log", join(ints("log", "seq", "at"), []Column{{"body", Blob}})},
		{"loghash", join(ints("log", "first"), []Column{{"h", Blob}})},
		{"queue", join(ints("id", "topic", "due"), []Column{{"owner", Text}, {"until", Some}}, ints("attempts", "parked"),
			[]Column{{"reason", Text}, {"body", Blob}})},
		{"counter", ints("change", "at", "pk", "job", "message")},
	}
}

func ints(names ...string) []Column {
	out := make([]Column, len(names))
	for i, n := range names {
		out[i] = Column{n, Int}
	}
	return out
}

func join(lists ...[]Column) []Column {
	var out []Column
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// Rows turns a Dump round, so that its rows can be asked for.
func Rows(ctx context.Context, t Transfer) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		enough := false
		err := t.Dump(ctx, func(r Row) error {
			if !yield(r, nil) {
				enough = true
				return errEnough{}
			}
			return nil
		})
		if err != nil && !enough {
			yield(Row{}, err)
		}
	}
}

// errEnough ends a Dump that nobody reads any more.
type errEnough struct{}

func (errEnough) Error() string { return "enough" }
