package sqlite

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"

	"concord/store"
)

// ChangesBefore lists the change feed below a change number, newest commit
// first; a commit is never cut.
func (s *snapshot) ChangesBefore(ctx context.Context, before int64, limit int) ([]store.Change, error) {
	if limit <= 0 {
		return nil, nil
	}
	if before <= 0 {
		before = 1<<63 - 1
	}
	var out []store.Change
	err := s.each("SELECT cseq, at, puts FROM change WHERE cseq < ?1 ORDER BY cseq DESC", func(st *sqlite.Stmt) error {
		if err := ctx.Err(); err != nil {
			return cancelled(err)
		}
		c := store.Change{Change: st.ColumnInt64(0), At: moment(st.ColumnInt64(1))}
		err := store.UnpackVersions(blob(st, 2), func(k store.Key, ver int64, deleted bool) {
			c.Key, c.Version, c.Deleted = k, ver, deleted
			out = append(out, c)
		})
		if err == nil && len(out) >= limit {
			return stop{}
		}
		return err
	}, before)
	return out, err
}

// ChangesBefore sees this Update's own versions too.
func (t *tx) ChangesBefore(ctx context.Context, before int64, limit int) ([]store.Change, error) {
	if err := t.writeFeed(); err != nil {
		return nil, t.fail(err)
	}
	return t.snapshot.ChangesBefore(ctx, before, limit)
}

// ChangeAt is the newest change written at or before a moment. Times of the
// feed never run backwards, so that halving the range finds it.
func (s *snapshot) ChangeAt(ctx context.Context, at time.Time) (int64, error) {
	low, high := int64(0), int64(0)
	var err error
	if high, err = s.intOf("SELECT max(cseq) FROM change"); err != nil {
		return 0, err
	}
	limit, found := at.UnixMicro(), int64(0)
	for low < high {
		middle := low + (high-low+1)/2
		var cseq, when int64
		err := s.each("SELECT cseq, at FROM change WHERE cseq <= ?1 ORDER BY cseq DESC LIMIT 1", func(st *sqlite.Stmt) error {
			cseq, when = st.ColumnInt64(0), st.ColumnInt64(1)
			return nil
		}, middle)
		if err != nil {
			return 0, err
		}
		if cseq != 0 && when > limit {
			high = cseq - 1
		} else {
			low, found = middle, max(found, cseq)
		}
	}
	return found, nil
}

// GetVersions returns the versions named that exist, in the order asked.
func (s *snapshot) GetVersions(ctx context.Context, versions []store.VersionKey) ([]*store.Doc, error) {
	out := make([]*store.Doc, 0, len(versions))
	for _, v := range versions {
		if err := ctx.Err(); err != nil {
			return nil, cancelled(err)
		}
		row, err := rowOf(v.Key)
		if err != nil {
			return nil, err
		}
		d, err := s.oneVersion(row, v)
		if err != nil {
			return nil, err
		}
		if d != nil {
			out = append(out, d)
		}
	}
	return out, nil
}

func (s *snapshot) oneVersion(row int64, v store.VersionKey) (*store.Doc, error) {
	for _, q := range [...]string{
		"SELECT " + columns + ", body FROM rec WHERE id = ?1 AND ver = ?2",
		"SELECT " + columns + ", body FROM rec_hist WHERE id = ?1 AND ver = ?2",
	} {
		st, err := s.prepare(q)
		if err != nil {
			return nil, err
		}
		st.BindInt64(1, row)
		st.BindInt64(2, v.Version)
		d, err := s.oneDoc(st, v.Key)
		if err != nil || d != nil {
			return d, err
		}
	}
	return nil, nil
}
