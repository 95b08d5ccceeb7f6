package sqlite

import (
	"context"

	"zombiezen.com/go/sqlite"

	"concord/store"
)

// writeFeed files what this Update wrote.
func (t *tx) writeFeed() error {
	if len(t.puts.Bytes) == 0 {
		return nil
	}
	return t.run("INSERT INTO change (cseq, at, puts) VALUES (?1, ?2, ?3) ON CONFLICT (cseq) DO UPDATE SET puts = excluded.puts",
		t.change, t.at, t.puts.Bytes)
}

// Changes lists the change feed after a change number. A commit is never cut:
// the last one is given whole, even if that is more than limit.
func (s *snapshot) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	var out []store.Change
	if limit <= 0 {
		return nil, nil
	}
	err := s.each("SELECT cseq, at, puts FROM change WHERE cseq > ?1 ORDER BY cseq", func(st *sqlite.Stmt) error {
		c := store.Change{Change: st.ColumnInt64(0), At: moment(st.ColumnInt64(1))}
		err := store.UnpackVersions(blob(st, 2), func(k store.Key, ver int64, deleted bool) {
			c.Key, c.Version, c.Deleted = k, ver, deleted
			out = append(out, c)
		})
		if err == nil && len(out) >= limit {
			return stop{}
		}
		return err
	}, after)
	return out, err
}

// Changes sees this Update's own versions too.
func (t *tx) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	if err := t.writeFeed(); err != nil {
		return nil, t.fail(err)
	}
	return t.snapshot.Changes(ctx, after, limit)
}

// LastChange is the change number of the newest commit in this snapshot.
func (s *snapshot) LastChange(context.Context) (int64, error) {
	return s.intOf("SELECT change FROM counter")
}
