package sqlite

import (
	"context"

	"zombiezen.com/go/sqlite"

	"concord/store"
)

// FindCode looks up the index by code and date.
func (s *snapshot) FindCode(ctx context.Context, code uint64, from, to int64, limit int) ([]store.Key, error) {
	if to == 0 {
		to = 1<<63 - 1
	}
	var out []store.Key
	err := s.each("SELECT id FROM rec WHERE code = ?1 AND d >= ?2 AND d < ?3 ORDER BY d DESC, id DESC LIMIT ?4", func(st *sqlite.Stmt) error {
		out = append(out, keyOf(st.ColumnInt64(0)))
		return nil
	}, short(code), from, to, max(limit, 0))
	return out, err
}

// FindQuantity looks up the index by unit and value.
func (s *snapshot) FindQuantity(ctx context.Context, unit uint64, low, high float64, limit int) ([]store.Key, error) {
	st, err := s.prepare("SELECT id FROM rec WHERE qh = ?1 AND qv >= ?2 AND qv <= ?3 ORDER BY qv, id LIMIT ?4")
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
