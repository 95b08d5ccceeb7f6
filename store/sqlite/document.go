package sqlite

import (
	"context"
	"strings"

	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/store"
	"concord/store/sqlite/memtable"
)

// The header of a version, in the order that header reads it.
const columns = "ver, cseq, upd, del, org, feed, d"

// header reads columns, of which the first is column number from.
func (s *snapshot) header(st *sqlite.Stmt, k store.Key, from int) (*store.Doc, error) {
	d := &store.Doc{
		Key: k, Version: st.ColumnInt64(from), Change: st.ColumnInt64(from + 1),
		Updated: moment(st.ColumnInt64(from+2) + epoch), Deleted: st.ColumnInt64(from+3) != 0,
		Date: st.ColumnInt64(from + 6),
	}
	var err error
	if d.Org, err = s.nameOf(st.ColumnInt64(from + 4)); err != nil {
		return nil, err
	}
	d.Feed, err = s.nameOf(st.ColumnInt64(from + 5))
	return d, err
}

// Get returns the current version, tombstones included.
func (s *snapshot) Get(ctx context.Context, k store.Key) (*store.Doc, error) {
	row, err := rowOf(k)
	if err != nil {
		return nil, err
	}
	d, err := s.get(row)
	if err == nil && d == nil {
		return nil, fault.New(fault.NotFound, "store.document", "there is no such document")
	}
	return d, err
}

// get is Get with nil for a document that does not exist.
func (s *snapshot) get(row int64) (*store.Doc, error) {
	const query = "SELECT " + columns + ", body FROM rec WHERE id = ?1"
	st, err := s.prepare(query)
	if err != nil {
		return nil, err
	}
	st.BindInt64(1, row)
	start := s.started()
	d, err := s.oneDoc(st, keyOf(row))
	s.told(query, start, d != nil)
	return d, err
}

// at returns the version that stood at a moment (microseconds), nil if none.
func (s *snapshot) at(row, asAt int64) (*store.Doc, error) {
	d, err := s.get(row)
	if err != nil || d == nil || d.Updated.UnixMicro() <= asAt {
		return d, err
	}
	st, err := s.prepare("SELECT " + columns + ", body FROM rec_hist WHERE id = ?1 AND upd <= ?2 ORDER BY ver DESC LIMIT 1")
	if err != nil {
		return nil, err
	}
	st.BindInt64(1, row)
	st.BindInt64(2, asAt-epoch)
	return s.oneDoc(st, keyOf(row))
}

func (s *snapshot) oneDoc(st *sqlite.Stmt, k store.Key) (*store.Doc, error) {
	var d *store.Doc
	err := rows(st, func(st *sqlite.Stmt) error {
		var err error
		if d, err = s.header(st, k, 0); err != nil {
			return err
		}
		d.Body = blob(st, 7)
		return stop{}
	})
	return d, err
}

// GetMany returns the current versions of those that exist, in the order asked.
func (s *snapshot) GetMany(ctx context.Context, keys []store.Key) ([]*store.Doc, error) {
	out := make([]*store.Doc, 0, len(keys))
	for _, k := range keys {
		row, err := rowOf(k)
		if err != nil {
			return nil, err
		}
		d, err := s.get(row)
		if err != nil {
			return nil, err
		}
		if d != nil {
			out = append(out, d)
		}
	}
	return out, nil
}

// Versions returns the versions of one resource, newest first.
func (s *snapshot) Versions(ctx context.Context, k store.Key) ([]*store.Doc, error) {
	row, err := rowOf(k)
	if err != nil {
		return nil, err
	}
	d, err := s.get(row)
	if err != nil || d == nil {
		return nil, err
	}
	out := []*store.Doc{d}
	err = s.each("SELECT "+columns+", body FROM rec_hist WHERE id = ?1 ORDER BY ver DESC", func(st *sqlite.Stmt) error {
		d, err := s.header(st, k, 0)
		if err != nil {
			return err
		}
		d.Body = blob(st, 7)
		out = append(out, d)
		return nil
	}, row)
	return out, err
}

// NextSeq is the next free sequence of a type within a record, from 1.
func (s *snapshot) NextSeq(ctx context.Context, pk int64, typ uint16) (uint32, error) {
	first, end, err := rowsOf(pk, typ)
	if err != nil {
		return 0, err
	}
	last, err := s.intOf("SELECT id FROM rec WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 1", first, end)
	return keyOf(last).Seq() + 1, err
}

// Scan walks the current documents of one type over all records.
//
// Rows of other types lie between those wanted. A few are stepped over; when
// there are more, the walk seeks to the next place where the type can stand.
func (s *snapshot) Scan(ctx context.Context, typ uint16, after store.Key, limit int) ([]*store.Doc, error) {
	const patience = 8
	var out []*store.Doc
	from := int64(0)
	if after != (store.Key{}) {
		row, err := rowOf(after)
		if err != nil {
			return nil, err
		}
		from = row + 1
	}
	for len(out) < limit {
		other, seek := 0, false
		err := s.each("SELECT id, "+columns+", body FROM rec WHERE id >= ?1 ORDER BY id", func(st *sqlite.Stmt) error {
			k := keyOf(st.ColumnInt64(0))
			if typ != 0 && k.Type() != typ {
				if other++; other < patience {
					return nil
				}
				if k.Type() > typ {
					k.PK++
				}
				var err error
				seek = true
				if from, _, err = rowsOf(k.PK, typ); err != nil {
					return err
				}
				return stop{}
			}
			other = 0
			d, err := s.header(st, k, 1)
			if err != nil {
				return err
			}
			d.Body = blob(st, 8)
			if out = append(out, d); len(out) >= limit {
				return stop{}
			}
			return nil
		}, from)
		if err != nil || !seek {
			return out, err
		}
	}
	return out, nil
}

// Find looks up the alias and identifier indexes, aliases first.
func (s *snapshot) Find(ctx context.Context, h uint64, limit int) ([]store.Key, error) {
	found := distinct{limit: limit}
	if err := s.aliased(h, found.add); err != nil {
		return nil, err
	}
	err := s.identified(h, found.add)
	return found.keys, err
}

// identified gives the documents that are filed under a hash, in their order.
func (s *snapshot) identified(h uint64, f func(id int64) error) error {
	return s.hashed(memtable.Key{Kind: memtable.Identifier, H: int64(h)}, "SELECT id FROM ident WHERE h = ?1 ORDER BY id", f)
}

// aliased gives what has a hash as its own, if anything has.
func (s *snapshot) aliased(h uint64, f func(id int64) error) error {
	return s.hashed(memtable.Key{Kind: memtable.Alias, H: int64(h)}, "SELECT id FROM alias WHERE h = ?1", f)
}

// hashed walks the places that are filed under the hash of a key.
func (s *snapshot) hashed(from memtable.Key, query string, f func(id int64) error) error {
	return s.overlaid(from, func(k memtable.Key) bool { return k.H == from.H }, query, func(st *sqlite.Stmt) memtable.Entry {
		return memtable.Entry{Key: memtable.Key{Kind: from.Kind, H: from.H, ID: st.ColumnInt64(0)}, N: 1}
	}, func(e memtable.Entry) error { return f(e.ID) }, from.H)
}

// FindString looks up the string index, in value order.
func (s *snapshot) FindString(ctx context.Context, h uint64, prefix string, exact bool, limit int) ([]store.Key, error) {
	found := distinct{limit: limit}
	from := memtable.Key{Kind: memtable.Text, H: int64(h), V: prefix}
	query, within := "SELECT id, v FROM str WHERE h = ?1 AND v >= ?2 ORDER BY v, id", func(k memtable.Key) bool {
		return k.H == from.H && strings.HasPrefix(k.V, prefix)
	}
	if exact {
		query, within = "SELECT id, v FROM str WHERE h = ?1 AND v = ?2 ORDER BY id", func(k memtable.Key) bool {
			return k.H == from.H && k.V == prefix
		}
	}
	err := s.overlaid(from, within, query, func(st *sqlite.Stmt) memtable.Entry {
		return memtable.Entry{Key: memtable.Key{Kind: memtable.Text, H: from.H, V: st.ColumnText(1), ID: st.ColumnInt64(0)}, N: 1}
	}, func(e memtable.Entry) error { return found.add(e.ID) }, from.H, prefix)
	return found.keys, err
}

// distinct gathers keys once each, in order of appearance, up to a limit.
type distinct struct {
	limit int
	keys  []store.Key
	seen  map[store.Key]bool
}

func (f *distinct) add(row int64) error {
	if len(f.keys) >= f.limit {
		return stop{}
	}
	k := keyOf(row)
	if f.seen[k] {
		return nil
	}
	if f.seen == nil {
		f.seen = map[store.Key]bool{}
	}
	f.seen[k] = true
	f.keys = append(f.keys, k)
	return nil
}
