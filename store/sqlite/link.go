package sqlite

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"

	"concord/store"
)

// PersonOf follows the link of one record key; 0 when it has none.
func (s *snapshot) PersonOf(ctx context.Context, pk int64, asAt time.Time) (int64, error) {
	if at := instant(asAt); at != 0 {
		return s.intOf("SELECT person FROM link WHERE pk = ?1 AND since <= ?2 AND (till IS NULL OR till > ?2) ORDER BY cseq DESC LIMIT 1", pk, at)
	}
	return s.intOf("SELECT person FROM link WHERE pk = ?1 AND till IS NULL ORDER BY cseq DESC LIMIT 1", pk)
}

// PersonsOf follows the links of several record keys.
func (s *snapshot) PersonsOf(ctx context.Context, pks []int64) ([]int64, error) {
	out := make([]int64, len(pks))
	for i, pk := range pks {
		var err error
		if out[i], err = s.PersonOf(ctx, pk, time.Time{}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Members lists the record keys linked to a person, in key order.
func (s *snapshot) Members(ctx context.Context, person int64, asAt time.Time) ([]int64, error) {
	var out []int64
	add := func(st *sqlite.Stmt) error { out = append(out, st.ColumnInt64(0)); return nil }
	if at := instant(asAt); at != 0 {
		err := s.each("SELECT DISTINCT pk FROM link WHERE person = ?1 AND since <= ?2 AND (till IS NULL OR till > ?2) ORDER BY pk", add, person, at)
		return out, err
	}
	err := s.each("SELECT pk FROM link WHERE person = ?1 AND till IS NULL ORDER BY pk", add, person)
	return out, err
}

// LinkHistory lists every link that a record key ever had, oldest first.
func (s *snapshot) LinkHistory(ctx context.Context, pk int64) ([]store.Link, error) {
	var out []store.Link
	err := s.each("SELECT person, since, till, cseq FROM link WHERE pk = ?1 ORDER BY cseq", func(st *sqlite.Stmt) error {
		l := store.Link{PK: pk, Person: st.ColumnInt64(0), From: moment(st.ColumnInt64(1)), Change: st.ColumnInt64(3)}
		if !st.ColumnIsNull(2) {
			l.To = moment(st.ColumnInt64(2))
		}
		out = append(out, l)
		return nil
	}, pk)
	return out, err
}

// SetLink ends the standing link of pk, if any, and makes a new one. A link
// made earlier in the same Update never stood for anybody, and is replaced.
func (t *tx) SetLink(ctx context.Context, pk, person int64) error {
	var stands, made int64
	err := t.each("SELECT person, cseq FROM link WHERE pk = ?1 AND till IS NULL", func(st *sqlite.Stmt) error {
		stands, made = st.ColumnInt64(0), st.ColumnInt64(1)
		return stop{}
	}, pk)
	if err != nil || stands == person {
		return err
	}
	switch {
	case made == t.change:
		err = t.apply(ctx, "DELETE FROM link WHERE pk = ?1 AND cseq = ?2", pk, made)
	case stands != 0:
		err = t.apply(ctx, "UPDATE link SET till = ?3 WHERE pk = ?1 AND cseq = ?2", pk, made, t.at)
	}
	if err != nil || person == 0 {
		return err
	}
	return t.apply(ctx, "INSERT INTO link (pk, cseq, person, since) VALUES (?1, ?2, ?3, ?4)", pk, t.change, person, t.at)
}
