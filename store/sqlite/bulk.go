package sqlite

import (
	"context"
	"fmt"
	"time"

	"concord/fault"
)

const (
	// bulkMark is the setting that stands while a bulk load is under way; one
	// that is found at the start was interrupted.
	bulkMark = "bulk"
	// bulkSpan is how long one transaction of a bulk load gathers Updates.
	bulkSpan = 500 * time.Millisecond
	// bulkCacheKB holds the pages that one such transaction changes, so that
	// each is written once.
	bulkCacheKB = 64 << 10
	// bulkRows is how many rows one transaction changes before no other Update
	// shares it. One that comes after others has every page that it changes copied,
	// in memory, so that it alone can be taken back: after a large one that costs
	// more than a commit, and as much memory again as the pages take.
	bulkRows = 2000
)

// bulk is a bulk load under way. Its Updates share transactions over a longer
// time and are answered before the commit; a View commits first, so that what
// was answered can be seen. What is lost by a commit that fails is told to
// every later Update and when bulk is switched off.
//
// The log is synced only before it is folded back: a power cut may lose
// commits from the end, and leaves no half one. An empty store is loaded
// without its secondary indexes.
type bulk struct {
	open   bool // a transaction is open
	start  time.Time
	failed error
}

// Bulk is described in store.Engine.
func (e *Engine) Bulk(ctx context.Context, on bool) error {
	return e.submit(&request{ctx: ctx, done: make(chan struct{}, 1), work: func() error {
		if on {
			return e.writer.bulkOn()
		}
		return e.writer.bulkOff()
	}})
}

func (w *writer) bulkOn() error {
	if w.bulk != nil {
		return nil
	}
	if err := w.catchUp(); err != nil { // commits of a bulk load are not synced, and those entries are answered for
		return err
	}
	if err := w.snap.run("INSERT INTO meta (k, v) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = excluded.v", bulkMark, "under way"); err != nil {
		return err
	}
	some, err := w.snap.intOf("SELECT 1 FROM rec LIMIT 1")
	if err != nil {
		return err
	}
	if some == 0 {
		for _, q := range [...]string{dropCode, dropValue} {
			if err := w.snap.run(q); err != nil {
				return err
			}
		}
	}
	if err := pragmas(w.snap.conn, fmt.Sprintf("cache_size = -%d", bulkCacheKB)); err != nil {
		return err
	}
	w.bulk = &bulk{}
	return w.sync("NORMAL")
}

// bulkOff makes everything durable: the commit that takes the mark away syncs
// the whole log.
func (w *writer) bulkOff() error {
	b := w.bulk
	if b == nil {
		return nil
	}
	w.bulk = nil
	if err := w.sync("FULL"); err != nil {
		return err
	}
	// The rows that an index sorts may be more than memory holds.
	if err := pragmas(w.snap.conn, fmt.Sprintf("cache_size = -%d", writerCacheKB), "shrink_memory", "temp_store = FILE"); err != nil {
		return err
	}
	if err := createSecondary(w.snap.conn); err != nil {
		return err
	}
	if err := pragmas(w.snap.conn, "temp_store = MEMORY"); err != nil {
		return err
	}
	if b.failed != nil {
		w.e.interrupted.Store(true) // the mark stands
		return b.failed
	}
	if err := w.snap.run("DELETE FROM meta WHERE k = ?1", bulkMark); err != nil {
		return err
	}
	w.e.interrupted.Store(false)
	w.finish("PASSIVE")
	return nil
}

func (w *writer) sync(mode string) error {
	if w.e.opts.NoSync {
		return nil
	}
	return pragmas(w.snap.conn, "synchronous = "+mode)
}

// run runs one Update and answers it.
func (b *bulk) run(w *writer, req *request) {
	if w.rows >= bulkRows {
		b.commit(w)
	}
	w.batch = append(w.batch[:0], req)
	switch {
	case b.failed != nil:
		req.err = b.failed
	case !b.open:
		if req.err = w.enter(); req.err == nil {
			b.open, b.start = true, w.snap.now()
			w.lost, w.dirty = false, false
		}
	}
	if req.err == nil && req.start() {
		req.err = w.one(req)
	}
	if b.open && w.lost {
		b.lose(w, fault.New(fault.Busy, "store.full", "a bulk load met a disk that is full; what it had not yet kept is lost: run it again"))
	}
	w.e.unseen.Store(b.open && w.dirty)
	w.answer(b.failed)
	if b.open && w.snap.now().Sub(b.start) > bulkSpan {
		b.commit(w)
	}
}

// commit keeps what has gathered.
func (b *bulk) commit(w *writer) {
	if b == nil || !b.open {
		return
	}
	if err := w.keep(); err != nil {
		b.lose(w, err)
	}
	b.open = false
	w.e.unseen.Store(false)
	w.foldLong()
}

// lose gives up what has gathered since the last commit.
func (b *bulk) lose(w *writer, err error) {
	w.reset()
	b.open = false
	b.fail(err)
}

func (b *bulk) fail(err error) {
	if b != nil {
		b.open, b.failed = false, err
	}
}
