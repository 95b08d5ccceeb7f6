package postgres

import (
	"context"
	"math"

	"concord/store"
)

// The conditions that code and unit are not 0 let the planner use the partial
// indexes whatever the parameter.
const (
	codeLatest = "SELECT pk, lid, d FROM rec WHERE code = $1 AND code <> 0 AND d >= $2 AND (d, pk, lid) < ($3, $4, $5) ORDER BY d DESC, pk DESC, lid DESC LIMIT $6"
	codeOldest = "SELECT pk, lid, d FROM rec WHERE code = $1 AND code <> 0 AND d < $2 AND (d, pk, lid) > ($3, $4, $5) ORDER BY d, pk, lid LIMIT $6"
	findUnit   = "SELECT pk, lid FROM rec WHERE qh = $1 AND qh <> 0 AND qv >= $2 AND qv <= $3 ORDER BY qv, pk, lid LIMIT $4"
	sumTerm    = "SELECT coalesce(sum(n), 0)::bigint FROM post WHERE term = $1"
)

// FindCode looks up the index by code and date.
func (s *snapshot) FindCode(ctx context.Context, r store.CodeRange, limit int) ([]store.Dated, error) {
	end := int64(math.MaxInt32) + 1
	if r.To != 0 {
		end = int64(packDate(r.To))
	}
	query, bound, date := codeLatest, int64(packDate(r.From)), end
	if r.Oldest {
		query, bound, date = codeOldest, end, int64(packDate(r.From))
	}
	var after place
	switch {
	case r.After != (store.Dated{}):
		var err error
		if after, err = placeOf(r.After.Key); err != nil {
			return nil, err
		}
		date = int64(packDate(r.After.Date))
	case r.Oldest:
		after.pk = -1
	}
	var out []store.Dated
	err := s.each(ctx, query, func(r row) error {
		out = append(out, store.Dated{Key: keyOf(r.int(0), r.int(1)), Date: unpackDate(r.int(2))})
		return nil
	}, short(r.Code), bound, date, after.pk, after.lid, int64(max(limit, 0)))
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
