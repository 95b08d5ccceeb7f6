package postgres

import (
	"context"

	"concord/fault"
	"concord/store"
)

// bulkMark is the setting that stands while a bulk load is under way. Its
// process holds a lock beside it: a mark without the lock was left behind by a
// load that was interrupted.
const bulkMark = "bulk"

const (
	readMark = `SELECT EXISTS (SELECT 1 FROM meta WHERE k = $1) AND NOT EXISTS (SELECT 1 FROM pg_locks
		WHERE locktype = 'advisory' AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = $2 AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`
	setMark    = "INSERT INTO meta (k, v) VALUES ($1, 'under way') ON CONFLICT (k) DO UPDATE SET v = excluded.v"
	unsetMark  = "DELETE FROM meta WHERE k = $1"
	anyDoc     = "SELECT 1 FROM rec LIMIT 1"
	lockLoad   = "SELECT pg_advisory_lock($1)"
	unlockLoad = "SELECT pg_advisory_unlock($1)"
	syncOff    = "SET synchronous_commit = off"
	syncOn     = "RESET synchronous_commit"
	memoryMore = "SET maintenance_work_mem = '256MB'"
	memoryLess = "RESET maintenance_work_mem"
	statistics = "ANALYZE rec, rec_hist, str, ident, alias, post, link, journal, journal_record, kv, log, loghash"
)

// bulk is a bulk load under way. Its commits are not waited for by the disk: a
// crash of the server may lose the last of them, and halves none. When the
// connection breaks nobody knows whether the server crashed, so that every
// later Update is refused, and the mark stays. An empty store is loaded
// without its secondary indexes.
//
// https://www.postgresql.org/docs/15/wal-async-commit.html
type bulk struct{ failed error }

// Bulk is described in store.Engine.
func (e *Engine) Bulk(ctx context.Context, on bool) error {
	return e.submit(&request{ctx: ctx, done: make(chan struct{}, 1), work: func() error {
		if on {
			return e.writer.bulkOn()
		}
		return e.writer.bulkOff()
	}})
}

// do runs statements of their own, each committed, on the writer's connection.
func (w *writer) do(query string, sink func(row) error, args ...any) error {
	ctx := context.Background()
	if err := w.connect(ctx); err != nil {
		return err
	}
	return failed(w.c.run(ctx, query, sink, args...), "load in bulk")
}

// steps runs statements without arguments, to the first that fails.
func (w *writer) steps(queries ...string) error {
	for _, q := range queries {
		if err := w.do(q, nil); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) bulkOn() error {
	if w.bulk != nil {
		return nil
	}
	if err := w.do(lockLoad, nil, lockKey(w.e.schema, lockBulk)); err != nil {
		return err
	}
	if err := w.do(setMark, nil, bulkMark); err != nil {
		return err
	}
	some := false
	if err := w.do(anyDoc, func(row) error { some = true; return nil }); err != nil {
		return err
	}
	if !some {
		if err := w.steps(dropCode, dropValue); err != nil {
			return err
		}
	}
	if err := w.steps(syncOff); err != nil {
		return err
	}
	w.bulk = &bulk{}
	return nil
}

// bulkOff makes everything durable: the commit that takes the mark away is
// waited for, and with it the log of all before it.
func (w *writer) bulkOff() error {
	b := w.bulk
	if b == nil {
		return nil
	}
	w.bulk = nil
	if err := w.steps(syncOn, memoryMore, createCode, createValue, memoryLess, statistics); err != nil {
		w.e.interrupted.Store(true)
		return err
	}
	if b.failed != nil {
		w.e.interrupted.Store(true) // the mark stands
		return b.failed
	}
	if err := w.do(unsetMark, nil, bulkMark); err != nil {
		return err
	}
	w.e.interrupted.Store(false)
	return w.do(unlockLoad, nil, lockKey(w.e.schema, lockBulk))
}

// lose notes that the connection broke during a load.
func (b *bulk) lose() {
	if b != nil && b.failed == nil {
		b.failed = fault.New(fault.Busy, "store.unreachable", "the database went away during a bulk load; what it had not yet kept may be lost: run it again")
	}
}

// loadMark finds out at the start whether a bulk load was interrupted.
func (e *Engine) loadMark(ctx context.Context) error {
	return e.View(ctx, func(r store.Reader) error {
		left, err := r.(*snapshot).bulkLeft(ctx)
		e.interrupted.Store(left)
		return err
	})
}

// bulkLeft tells whether a bulk load was left unfinished.
func (s *snapshot) bulkLeft(ctx context.Context) (bool, error) {
	left := false
	err := s.each(ctx, readMark, func(r row) error { left = r.bool(0); return nil }, bulkMark, lockKey(s.e.schema, lockBulk))
	return left, err
}
