package postgres

import (
	"context"
	"time"

	"concord/store"
)

const (
	personNow   = "SELECT person, cseq, since FROM link WHERE pk = $1 AND till IS NULL ORDER BY cseq DESC LIMIT 1"
	personsNow  = "SELECT pk, person FROM link WHERE pk = ANY($1) AND till IS NULL"
	personThen  = "SELECT person FROM link WHERE pk = $1 AND since <= $2 AND (till IS NULL OR till > $2) ORDER BY cseq DESC LIMIT 1"
	membersNow  = "SELECT pk FROM link WHERE person = $1 AND till IS NULL ORDER BY pk"
	membersThen = "SELECT DISTINCT pk FROM link WHERE person = $1 AND since <= $2 AND (till IS NULL OR till > $2) ORDER BY pk"
	linkHistory = "SELECT person, since, till, cseq FROM link WHERE pk = $1 ORDER BY cseq"
)

// PersonOf follows the link of one record key; 0 when it has none.
func (s *snapshot) PersonOf(ctx context.Context, pk int64, asAt time.Time) (int64, error) {
	if at := instant(asAt); at != 0 {
		return s.intOf(ctx, personThen, pkOf(pk), at)
	}
	return s.intOf(ctx, personNow, pkOf(pk))
}

// PersonsOf follows the links of several record keys at once.
func (s *snapshot) PersonsOf(ctx context.Context, pks []int64) ([]int64, error) {
	if len(pks) == 0 {
		return nil, nil
	}
	of, keys := make(map[int64]int64, len(pks)), make([]int32, len(pks))
	for i, pk := range pks {
		keys[i] = pkOf(pk)
	}
	if err := s.each(ctx, personsNow, func(r row) error { of[r.int(0)] = r.int(1); return nil }, keys); err != nil {
		return nil, err
	}
	out := make([]int64, len(pks))
	for i, pk := range pks {
		out[i] = of[pk]
	}
	return out, nil
}

// Members lists the record keys linked to a person, in key order.
func (s *snapshot) Members(ctx context.Context, person int64, asAt time.Time) ([]int64, error) {
	var out []int64
	add := func(r row) error { out = append(out, r.int(0)); return nil }
	if at := instant(asAt); at != 0 {
		err := s.each(ctx, membersThen, add, pkOf(person), at)
		return out, err
	}
	err := s.each(ctx, membersNow, add, pkOf(person))
	return out, err
}

// LinkHistory lists every link that a record key ever had, oldest first.
func (s *snapshot) LinkHistory(ctx context.Context, pk int64) ([]store.Link, error) {
	var out []store.Link
	err := s.each(ctx, linkHistory, func(r row) error {
		l := store.Link{PK: pk, Person: r.int(0), From: moment(r.int(1)), Change: r.int(3)}
		if !r.null(2) {
			l.To = moment(r.int(2))
		}
		out = append(out, l)
		return nil
	}, pkOf(pk))
	return out, err
}
