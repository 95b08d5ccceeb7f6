package storetest

import (
	"testing"
	"time"

	"concord/standard/search"
	"concord/store"
)

// testHistory reads the change feed backwards, by time, and single versions.
func testHistory(t *testing.T, s *stage) {
	a, b := doc(key(1, 1, 1), "a1"), doc(key(2, 1, 1), "b1")
	start := s.clock.Now()
	equal(t, "nothing yet", read(s, func(r store.Reader) (int64, error) { return r.ChangeAt(s.ctx, start) }), 0)
	s.update(func(tx store.Tx) error {
		for _, p := range []store.Put{a, b} {
			if _, err := tx.Put(s.ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	s.clock.move(time.Minute)
	a2 := next(a, 1, "a2", search.Entries{})
	s.put(a2)
	s.clock.move(time.Minute)
	s.put(gone(b, 1))
	all := read(s, func(r store.Reader) ([]store.Change, error) { return r.ChangesBefore(s.ctx, 0, 100) })
	told := func(list []store.Change) (out []any) {
		for _, c := range list {
			out = append(out, c.Key.PK, c.Version, c.Deleted)
		}
		return out
	}
	equal(t, "newest first, a commit in its order", told(all), []any{2, 2, true, 1, 2, false, 1, 1, false, 2, 1, false})
	equal(t, "cut after a commit", told(read(s, func(r store.Reader) ([]store.Change, error) { return r.ChangesBefore(s.ctx, 0, 1) })), []any{2, 2, true})
	equal(t, "never within one", len(read(s, func(r store.Reader) ([]store.Change, error) {
		return r.ChangesBefore(s.ctx, all[1].Change, 1)
	})), 2)
	equal(t, "below the first", len(read(s, func(r store.Reader) ([]store.Change, error) {
		return r.ChangesBefore(s.ctx, all[2].Change, 9)
	})), 0)
	for _, c := range []struct {
		after time.Duration
		want  int64
	}{{-time.Second, 0}, {0, all[2].Change}, {time.Second, all[2].Change}, {time.Minute, all[1].Change}, {90 * time.Second, all[1].Change}, {time.Hour, all[0].Change}} {
		equal(t, "change at "+c.after.String(), read(s, func(r store.Reader) (int64, error) { return r.ChangeAt(s.ctx, start.Add(c.after)) }), c.want)
	}
	docs := read(s, func(r store.Reader) ([]*store.Doc, error) {
		return r.GetVersions(s.ctx, []store.VersionKey{{Key: b.Key, Version: 2}, {Key: a.Key, Version: 1}, {Key: a.Key, Version: 3}, {Key: key(9, 1, 1), Version: 1}, {Key: a.Key, Version: 2}})
	})
	var got []any
	for _, d := range docs {
		got = append(got, d.Key.PK, d.Version, d.Deleted, string(d.Body))
	}
	equal(t, "versions that exist, in the order asked", got, []any{2, 2, true, "", 1, 1, false, "a1", 1, 2, false, "a2"})
}
