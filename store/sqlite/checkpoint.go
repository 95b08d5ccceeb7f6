package sqlite

import (
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"
)

const (
	// idleFold is how often a quiet writer folds the write-ahead log back.
	idleFold = 2 * time.Second
	// writerWait is how long the writer waits for a lock that another process
	// holds, readerWait for Views that keep the log from starting again.
	writerWait = 5 * time.Second
	readerWait = 50 * time.Millisecond
)

// folder copies the write-ahead log back into the database file. A long log is
// copied by a goroutine on its own connection while the writer goes on; what
// was written meanwhile is little, and the writer copies that itself, so that
// the log can start again from its beginning.
//
// https://www.sqlite.org/wal.html#ckpt
type folder struct {
	snap   *snapshot
	limit  int
	passed chan struct{} // a background pass has ended
	length atomic.Int64  // pages, as last asked for

	// What follows is the writer's own.
	running            bool
	passes             int  // in the background, one after the other
	touched            bool // something was committed since the last idle fold
	commits            int  // since the length was last asked for
	hurried, unhurried bool // who has committed since
	patience           int  // the length at which the writer waits for readers
}

func openFolder(e *Engine) (*folder, error) {
	conn, err := openConn(e.path, 64)
	if err != nil {
		return nil, err
	}
	conn.SetBusyTimeout(0)
	sync := "FULL"
	if e.opts.NoSync {
		sync = "OFF"
	}
	if err := pragmas(conn, "synchronous = "+sync); err != nil {
		conn.Close()
		return nil, err
	}
	return &folder{
		snap:  &snapshot{conn: conn, names: e.names, now: e.opts.Now},
		limit: e.opts.CheckpointPages, patience: 4 * e.opts.CheckpointPages, passed: make(chan struct{}, 1),
	}, nil
}

// checkpoint runs one pass of a mode and gives the pages in the log and those
// of them that are in the database file.
func checkpoint(s *snapshot, mode string) (pages, copied int, err error) {
	err = s.each("PRAGMA wal_checkpoint("+mode+")", func(st *sqlite.Stmt) error {
		pages, copied = st.ColumnInt(1), st.ColumnInt(2)
		return nil
	})
	return pages, copied, err
}

// foldLong starts a background pass when the log has grown beyond its limit.
// When passes do not help because Views follow each other without a gap, the
// writer waits a moment for all of them; when that does not help either, some
// View is long, and the log grows until it ends.
func (w *writer) foldLong() {
	f := w.fold
	f.touched = true
	if f.commits++; f.running || w.begun || f.commits < 64 && w.bulk == nil {
		return
	}
	f.commits = 0
	limit := f.bound()
	pages, _, err := checkpoint(w.snap, "NOOP")
	if err != nil {
		return
	}
	f.length.Store(int64(pages))
	switch {
	case pages <= limit:
		f.patience = 4 * f.limit
	case pages > f.patience:
		f.patience = pages + f.limit
		w.snap.conn.SetBusyTimeout(readerWait)
		w.finish("RESTART")
		w.snap.conn.SetBusyTimeout(writerWait)
	default:
		f.passes = 0
		f.pass()
	}
}

// besideShare is how much shorter the log is kept while something in no hurry writes
// much and others wait for commits: a long log is copied in one go, and the disk has
// little time for them then.
const besideShare = 8

// bound is the length at which the log is copied, by who has committed since it was
// asked last.
func (f *folder) bound() int {
	limit := f.limit
	if f.hurried && f.unhurried {
		limit /= besideShare
	}
	f.hurried, f.unhurried = false, false
	return limit
}

// littleLeft is how many pages the writer copies itself: others wait for it.
// mostPasses bounds how often a pass follows another, each over what was written
// during the one before; none follows when the log has grown to where patience ends.
const (
	littleLeft = 64
	mostPasses = 4
)

// pass copies the log in the background.
func (f *folder) pass() {
	f.running = true
	f.passes++
	go func() {
		// A pass that cannot run now is tried again after further commits.
		_, _, _ = checkpoint(f.snap, "PASSIVE")
		f.passed <- struct{}{}
	}()
}

// finishFold copies what was written during a background pass, if that is little.
func (w *writer) finishFold() {
	w.bulk.commit(w) // a log cannot be copied inside a transaction
	_ = w.catchUp()
	f := w.fold
	f.running = false
	if pages, copied, err := checkpoint(w.snap, "NOOP"); err == nil && pages-copied > littleLeft && f.passes < mostPasses && pages < f.patience {
		f.pass()
		return
	}
	w.finish("PASSIVE")
}

// foldIdle copies the log when there is nothing else to do.
func (w *writer) foldIdle() {
	if w.fold.running || !w.fold.touched || len(w.queue)+len(w.later) > 0 {
		return
	}
	w.fold.touched = false
	_ = w.catchUp()
	w.finish("PASSIVE")
}

func (w *writer) finish(mode string) {
	if pages, _, err := checkpoint(w.snap, mode); err == nil {
		w.fold.length.Store(int64(pages))
	}
}

func (f *folder) close() error {
	if f.running {
		<-f.passed
	}
	return f.snap.conn.Close()
}
