package sqlite

import (
	"context"

	"zombiezen.com/go/sqlite"

	"concord/store"
)

const (
	codeLatest = "SELECT id, d FROM rec WHERE code = ?1 AND d >= ?2 AND (d, id) < (?3, ?4) ORDER BY d DESC, id DESC LIMIT +?5"
	codeOldest = "SELECT id, d FROM rec WHERE code = ?1 AND d < ?2 AND (d, id) > (?3, ?4) ORDER BY d, id LIMIT +?5"
)

// FindCode looks up the index by code and date.
func (s *snapshot) FindCode(ctx context.Context, r store.CodeRange, limit int) ([]store.Dated, error) {
	to := r.To
	if to == 0 {
		to = 1<<63 - 1
	}
	query, bound, date, row := codeLatest, r.From, to, int64(0)
	if r.Oldest {
		query, bound, date, row = codeOldest, to, r.From, -1
	}
	if r.After != (store.Dated{}) {
		var err error
		if row, err = rowOf(r.After.Key); err != nil {
			return nil, err
		}
		date = r.After.Date
	}
	var out []store.Dated
	err := s.each(query, func(st *sqlite.Stmt) error {
		out = append(out, store.Dated{Key: keyOf(st.ColumnInt64(0)), Date: st.ColumnInt64(1)})
		return nil
	}, short(r.Code), bound, date, row, max(limit, 0))
	return out, err
}

// FindQuantity looks up the index by unit and value.
func (s *snapshot) FindQuantity(ctx context.Context, unit uint64, low, high float64, limit int) ([]store.Key, error) {
	st, err := s.prepare("SELECT id FROM rec WHERE qh = ?1 AND qv >= ?2 AND qv <= ?3 ORDER BY qv, id LIMIT +?4")
	if err != nil {
		return nil, err
	}
	st.BindInt64(1, short(unit))
	st.BindFloat(2, low)
	st.BindFloat(3, high)
	st.BindInt64(4, int64(max(limit, 0)))
	var out []store.Key
	err = rows(st, func(st *sqlite.Stmt) error {
		out = append(out, keyOf(st.ColumnInt64(0)))
		return nil
	})
	return out, err
}
