package postgres

import (
	"context"
	"math"

	"concord/store"
)

// The conditions that code and unit are not 0 let the planner use the partial
// indexes whatever the parameter.
const (
	findCode = "SELECT pk, lid FROM rec WHERE code = $1 AND code <> 0 AND d >= $2 AND d < $3 ORDER BY d DESC, pk DESC, lid DESC LIMIT $4"
	findUnit = "SELECT pk, lid FROM rec WHERE qh = $1 AND qh <> 0 AND qv >= $2 AND qv <= $3 ORDER BY qv, pk, lid LIMIT $4"
	sumTerm  = "SELECT coalesce(sum(n), 0)::bigint FROM post WHERE term = $1"
)

// FindCode looks up the index by code and date.
func (s *snapshot) FindCode(ctx context.Context, code uint64, from, to int64, limit int) ([]store.Key, error) {
	first, end := int64(packDate(from)), int64(math.MaxInt32)+1
	if to != 0 {
		end = int64(packDate(to))
	}
	var out []store.Key
	err := s.each(ctx, findCode, func(r row) error {
		out = append(out, keyOf(r.int(0), r.int(1)))
		return nil
	}, short(code), first, end, int64(max(limit, 0)))
	return out, err
}

// FindQuantity looks up the index by unit and value. Values are kept in four
// bytes: rounding keeps their order, so that every value between the bounds is
// between the rounded bounds.
func (s *snapshot) FindQuantity(ctx context.Context, unit uint64, low, high float64, limit int) ([]store.Key, error) {
	var out []store.Key
	err := s.each(ctx, findUnit, func(r row) error {
		out = append(out, keyOf(r.int(0), r.int(1)))
		return nil
	}, short(unit), float32(low), float32(high), int64(max(limit, 0)))
	return out, err
}

// CountTerm adds up the postings of a term.
func (s *snapshot) CountTerm(ctx context.Context, term uint64) (int64, error) {
	return s.intOf(ctx, sumTerm, int64(term))
}
