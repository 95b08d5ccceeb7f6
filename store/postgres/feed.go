package postgres

import (
	"context"
	"math"
	"time"

	"concord/store"
)

const (
	changesAfter  = "SELECT cseq, at, puts FROM change WHERE cseq > $1 ORDER BY cseq LIMIT $2"
	changesBefore = "SELECT cseq, at, puts FROM change WHERE cseq < $1 ORDER BY cseq DESC LIMIT $2"
	lastHead      = "SELECT n, change, at, pk, job, message, name FROM head ORDER BY n DESC LIMIT 1"
	// changeAt halves the range of change numbers: times of the feed never run
	// backwards, so that no index by time is needed.
	changeAt = `WITH RECURSIVE half (low, high, found) AS (
		SELECT 0::bigint, coalesce((SELECT cseq FROM change ORDER BY cseq DESC LIMIT 1), 0), 0::bigint
		UNION ALL SELECT
			CASE WHEN c.at > $1 THEN low ELSE low + (high - low + 1) / 2 END,
			CASE WHEN c.at > $1 THEN c.cseq - 1 ELSE high END,
			CASE WHEN c.at > $1 THEN found ELSE greatest(found, coalesce(c.cseq, 0)) END
		FROM half LEFT JOIN LATERAL (SELECT cseq, at FROM change WHERE cseq <= low + (high - low + 1) / 2 ORDER BY cseq DESC LIMIT 1) c ON true
		WHERE low < high)
		SELECT found FROM half WHERE low >= high LIMIT 1`
)

// Changes lists the change feed after a change number. A commit is never cut:
// the last one is given whole, even if that is more than limit.
func (s *snapshot) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	return s.changes(ctx, changesAfter, after, limit)
}

// ChangesBefore lists the change feed below a change number, newest commit
// first.
func (s *snapshot) ChangesBefore(ctx context.Context, before int64, limit int) ([]store.Change, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	return s.changes(ctx, changesBefore, before, limit)
}

func (s *snapshot) changes(ctx context.Context, query string, bound int64, limit int) ([]store.Change, error) {
	if limit <= 0 {
		return nil, nil
	}
	var out []store.Change
	full := false
	err := s.each(ctx, query, func(r row) error {
		if full {
			return nil
		}
		c := store.Change{Change: r.int(0), At: moment(r.int(1))}
		err := store.UnpackVersions(r[2], func(k store.Key, ver int64, deleted bool) {
			c.Key, c.Version, c.Deleted = k, ver, deleted
			out = append(out, c)
		})
		full = len(out) >= limit
		return err
	}, bound, int64(limit))
	return out, err
}

// ChangeAt is the newest change number written at or before a moment.
func (s *snapshot) ChangeAt(ctx context.Context, at time.Time) (int64, error) {
	return s.intOf(ctx, changeAt, at.UnixMicro())
}

// LastChange is the change number of the newest commit in this snapshot.
func (s *snapshot) LastChange(ctx context.Context) (int64, error) {
	var n int64
	err := s.each(ctx, lastHead, func(r row) error { n = r.int(1); return nil })
	return n, err
}
