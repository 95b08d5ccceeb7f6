package sqlite

import (
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"
)

// idleFold is how often a quiet writer folds the write-ahead log back.
const idleFold = 2 * time.Second

// folder copies the write-ahead log back into the database file. A long log is
// copied by a goroutine on its own connection while the writer goes on; what
// was written meanwhile is little, and the writer copies that itself, so that
// the log can start again from its beginning.
//
// https://www.sqlite.org/wal.html#ckpt
type folder struct {
	snap    *snapshot
	limit   int
	passed  chan struct{} // a background pass has ended
	running bool          // seen by the writer only
	commits int           // since the length was last asked for
	touched bool          // something was committed since the last idle fold
	length  atomic.Int64  // pages, as last asked for
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
		limit: e.opts.CheckpointPages, passed: make(chan struct{}, 1),
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
// Far beyond it, readers are holding it: the writer then waits for them.
func (w *writer) foldLong() {
	f := w.fold
	f.touched = true
	if f.commits++; f.running || f.commits < 64 && !w.bulk {
		return
	}
	f.commits = 0
	pages, _, err := checkpoint(w.snap, "NOOP")
	if err != nil {
		return
	}
	f.length.Store(int64(pages))
	switch {
	case pages > 4*f.limit:
		w.finish("RESTART")
	case pages > f.limit:
		f.running = true
		go func() {
			// A pass that cannot run now is tried again after further commits.
			_, _, _ = checkpoint(f.snap, "PASSIVE")
			f.passed <- struct{}{}
		}()
	}
}

// finishFold copies what was written during a background pass.
func (w *writer) finishFold() {
	w.fold.running = false
	w.finish("PASSIVE")
}

// foldIdle copies the log when there is nothing else to do.
func (w *writer) foldIdle() {
	if w.fold.running || !w.fold.touched || len(w.queue) > 0 {
		return
	}
	w.fold.touched = false
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
