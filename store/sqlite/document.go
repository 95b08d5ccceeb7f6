package sqlite

import (
	"context"
	"strings"

	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/store"
)

// The header of a version, in the order that header reads it.
const columns = "ver, cseq, upd, del, org, feed, d"

// header reads columns, of which the first is column number from.
func (s *snapshot) header(st *sqlite.Stmt, k store.Key, from int) (*store.Doc, error) {
	d := &store.Doc{
		Key: k, Version: st.ColumnInt64(from), Change: st.ColumnInt64(from + 1),
		Updated: moment(st.ColumnInt64(from + 2)), Deleted: st.ColumnInt64(from+3) != 0,
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
	d, err := s.get(k)
	if err == nil && d == nil {
		return nil, fault.New(fault.NotFound, "store.document", "there is no such document")
	}
	return d, err
}

// get is Get with nil for a document that does not exist.
func (s *snapshot) get(k store.Key) (*store.Doc, error) {
	st, err := s.conn.Prepare("SELECT " + columns + ", body FROM rec WHERE pk = ?1 AND lid = ?2")
	if err != nil {
		return nil, failed(err, "prepare get")
	}
	st.BindInt64(1, k.PK)
	st.BindInt64(2, k.LID)
	return s.oneDoc(st, k)
}

// at returns the version that stood at a moment (microseconds), nil if none.
func (s *snapshot) at(k store.Key, asAt int64) (*store.Doc, error) {
	d, err := s.get(k)
	if err != nil || d == nil || d.Updated.UnixMicro() <= asAt {
		return d, err
	}
	st, err := s.conn.Prepare("SELECT " + columns + ", body FROM rec_hist WHERE pk = ?1 AND lid = ?2 AND upd <= ?3 ORDER BY ver DESC LIMIT 1")
	if err != nil {
		return nil, failed(err, "prepare history")
	}
	st.BindInt64(1, k.PK)
	st.BindInt64(2, k.LID)
	st.BindInt64(3, asAt)
	return s.oneDoc(st, k)
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
		d, err := s.get(k)
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
	d, err := s.get(k)
	if err != nil || d == nil {
		return nil, err
	}
	out := []*store.Doc{d}
	err = s.each("SELECT "+columns+", body FROM rec_hist WHERE pk = ?1 AND lid = ?2 ORDER BY ver DESC", func(st *sqlite.Stmt) error {
		d, err := s.header(st, k, 0)
		if err != nil {
			return err
		}
		d.Body = blob(st, 7)
		out = append(out, d)
		return nil
	}, k.PK, k.LID)
	return out, err
}

// NextSeq is the next free sequence of a type within a record, from 1.
func (s *snapshot) NextSeq(ctx context.Context, pk int64, typ uint16) (uint32, error) {
	lid, err := s.intOf("SELECT lid FROM rec WHERE pk = ?1 AND lid >= ?2 AND lid < ?3 ORDER BY lid DESC LIMIT 1",
		pk, store.MakeLID(typ, 0), lidEnd(typ))
	if err != nil {
		return 0, err
	}
	seq := store.Key{LID: lid}.Seq()
	if seq == 1<<32-1 {
		return 0, fault.New(fault.TooCostly, "store.sequence", "a record holds no more of one type")
	}
	return seq + 1, nil
}

// Scan walks the current documents of one type over all records.
//
// Rows of other types lie between those wanted. A few are stepped over; when
// there are more, the walk seeks to the next place where the type can stand.
func (s *snapshot) Scan(ctx context.Context, typ uint16, after store.Key, limit int) ([]*store.Doc, error) {
	const patience = 8
	var out []*store.Doc
	from := store.Key{PK: after.PK, LID: after.LID + 1}
	if first := store.MakeLID(typ, 0); typ != 0 && from.LID < first {
		from.LID = first
	}
	for len(out) < limit {
		other, seek := 0, false
		err := s.each("SELECT pk, lid, "+columns+", body FROM rec WHERE (pk, lid) >= (?1, ?2) ORDER BY pk, lid", func(st *sqlite.Stmt) error {
			k := store.Key{PK: st.ColumnInt64(0), LID: st.ColumnInt64(1)}
			if typ != 0 && k.Type() != typ {
				if other++; other < patience {
					return nil
				}
				seek, from = true, store.Key{PK: k.PK, LID: store.MakeLID(typ, 0)}
				if k.Type() > typ {
					from.PK++
				}
				return stop{}
			}
			other = 0
			d, err := s.header(st, k, 2)
			if err != nil {
				return err
			}
			d.Body = blob(st, 9)
			if out = append(out, d); len(out) >= limit {
				return stop{}
			}
			return nil
		}, from.PK, from.LID)
		if err != nil || !seek {
			return out, err
		}
	}
	return out, nil
}

// Find looks up the alias and identifier indexes, aliases first.
func (s *snapshot) Find(ctx context.Context, h uint64, limit int) ([]store.Key, error) {
	found := distinct{limit: limit}
	for _, q := range [...]string{
		"SELECT pk, lid FROM alias WHERE h = ?1",
		"SELECT pk, lid FROM ident WHERE h = ?1 ORDER BY pk, lid",
	} {
		if err := s.each(q, found.add, int64(h)); err != nil {
			return nil, err
		}
	}
	return found.keys, nil
}

// FindString looks up the string index, in value order.
func (s *snapshot) FindString(ctx context.Context, h uint64, prefix string, exact bool, limit int) ([]store.Key, error) {
	found := distinct{limit: limit}
	if exact {
		err := s.each("SELECT pk, lid FROM str WHERE h = ?1 AND v = ?2 ORDER BY pk, lid", found.add, int64(h), prefix)
		return found.keys, err
	}
	err := s.each("SELECT pk, lid, v FROM str WHERE h = ?1 AND v >= ?2 ORDER BY v, pk, lid", func(st *sqlite.Stmt) error {
		if !strings.HasPrefix(st.ColumnText(2), prefix) {
			return stop{}
		}
		return found.add(st)
	}, int64(h), prefix)
	return found.keys, err
}

// distinct gathers keys once each, in order of appearance, up to a limit.
type distinct struct {
	limit int
	keys  []store.Key
	seen  map[store.Key]bool
}

func (f *distinct) add(st *sqlite.Stmt) error {
	if len(f.keys) >= f.limit {
		return stop{}
	}
	k := store.Key{PK: st.ColumnInt64(0), LID: st.ColumnInt64(1)}
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
