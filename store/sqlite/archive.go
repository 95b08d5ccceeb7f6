package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"

	"concord/fault"
)

// Archive copies what is committed to another folder, in small pieces, so that
// the store can be brought back as it was at any moment (Restore).
//
// The log must not start again from its beginning before its frames are
// copied. A log on which a reader has its place does not, so the archive holds
// such a place, at or behind the last frame copied; it lets go of it only in
// between two commits, in the writer's goroutine, when all is copied.
type Archive struct {
	e      *Engine
	folder string
	every  time.Duration
	report func(error)
	lock   *os.File
	conns  [2]*snapshot // one holds the place, the other is about to
	quit   chan struct{}
	ended  chan struct{}
	once   sync.Once

	// What follows belongs to the goroutine, or to the writer's while that works
	// for it.
	dir     string // of the generation
	number  int    // of its last segment
	counter uint32
	big     bool
	at      walPlace // everything before it is in the archive
	last    stamp
	mark    int64 // the place held is at most here
	turn    int64 // frames after which the log is to start again
	due     int64 // the frame at which it is next tried: a long View may be in the way
}

// turnPart is which part of the length at which the log is folded back makes
// the archive turn: well before the writer would have to wait.
const turnPart = 8

// Archive begins to copy to a folder, every so often until Close, which comes
// before that of the engine. What goes wrong meanwhile is reported and tried
// again; the log then grows until it succeeds. Errors: Conflict
// "store.archive-locked" when another process writes there.
func (e *Engine) Archive(ctx context.Context, folder string, every time.Duration, report func(error)) (*Archive, error) {
	a := &Archive{e: e, folder: folder, every: every, report: report, quit: make(chan struct{}), ended: make(chan struct{}),
		turn: max(int64(e.opts.CheckpointPages/turnPart), 16)}
	err := os.MkdirAll(folder, 0o700)
	if err == nil {
		a.lock, err = lock(folder)
	}
	if f := fault.Of(err); f != nil && f.Code == "store.locked" {
		return nil, fault.New(fault.Conflict, "store.archive-locked", "another process writes to this archive")
	}
	for i := range a.conns {
		if err != nil {
			break
		}
		var conn *sqlite.Conn
		if conn, err = openConn(e.path, 64); err == nil {
			a.conns[i] = &snapshot{conn: conn, names: e.names, now: e.opts.Now}
			err = pragmas(conn, "query_only = ON")
		}
	}
	if err == nil {
		err = a.begin(ctx)
	}
	if err != nil {
		a.release()
		return nil, failed(err, "begin the archive")
	}
	go a.loop()
	return a, nil
}

// release gives back what is held.
func (a *Archive) release() {
	for _, s := range a.conns {
		if s != nil {
			s.conn.Close()
		}
	}
	if a.lock != nil {
		a.lock.Close()
	}
}

func (a *Archive) loop() {
	defer close(a.ended)
	tick := time.NewTicker(a.every)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-a.quit:
			return
		case <-tick.C:
			err := failed(a.step(), "archive")
			if err != nil && fault.Of(err).Code != said { // once, not with every try
				a.report(err)
			}
			if said = ""; err != nil {
				said = fault.Of(err).Code
			}
		}
	}
}

// step copies what is new and moves the place held up behind it.
func (a *Archive) step() error {
	end, err := a.copied()
	if err != nil && fault.Of(err).Code == gap {
		a.conns[0].end()
		return a.begin(context.Background())
	}
	if err != nil || end.Frame <= a.mark {
		// A new place would be of no use: a reader that finds the whole log in
		// the database file does not keep the log from starting again.
		return err
	}
	if err := a.place(a.conns[1]); err != nil {
		return err
	}
	if end, err = a.copied(); err != nil {
		a.conns[1].end()
		return err
	}
	a.mark = end.Frame
	a.conns[0].end()
	a.conns[0], a.conns[1] = a.conns[1], a.conns[0]
	if a.at.Frame >= a.due {
		return a.work(func(w *writer) error {
			if _, err := a.copied(); err != nil {
				return err
			}
			a.conns[0].end()
			w.snap.conn.SetBusyTimeout(readerWait)
			w.finish("RESTART")
			w.snap.conn.SetBusyTimeout(writerWait)
			return a.hold(w)
		})
	}
	return nil
}

// work runs f in the writer's goroutine between two commits.
func (a *Archive) work(f func(*writer) error) error {
	return a.e.submit(&request{ctx: context.Background(), done: make(chan struct{}, 1), work: func() error {
		a.e.writer.bulk.commit(a.e.writer)
		return f(a.e.writer)
	}})
}

// place makes a connection a reader of the newest snapshot.
func (a *Archive) place(s *snapshot) error {
	if err := s.run("BEGIN"); err != nil {
		return err
	}
	_, err := s.intOf("SELECT change FROM counter")
	if err != nil {
		s.end()
	}
	return err
}

// hold takes a place that keeps the log from starting again. It works for the
// writer, which counts in meta, so that there is a log to have a place on; a
// pass that folds it back at that moment makes it try again.
func (a *Archive) hold(w *writer) error {
	for range 20 {
		if err := w.snap.run("INSERT INTO meta (k, v) VALUES ('archive', ?1) ON CONFLICT (k) DO UPDATE SET v = v + 1", 1); err != nil {
			return err
		}
		if err := a.place(a.conns[0]); err != nil {
			return err
		}
		pages, folded, err := checkpoint(w.snap, "NOOP")
		if err == nil && folded < pages {
			a.mark = int64(pages)
			if err := a.follow(); err != nil {
				return err
			}
			a.due = a.at.Frame + a.turn
			return nil
		}
		a.conns[0].end()
		if err != nil {
			return err
		}
	}
	return fault.New(fault.Busy, "store.busy", "the archive finds no place on the log")
}

// follow goes on at the beginning of the log when it has started again.
func (a *Archive) follow() error {
	w, err := openWAL(a.e.path+"-wal", a.counter)
	if err != nil {
		return err
	}
	defer w.close()
	if w == nil {
		return fault.New(fault.Internal, "store.damaged", "the write-ahead log is not where it should be")
	}
	a.big = w.order == wordOrder(1)
	if w.start.Salt != a.at.Salt {
		a.at = w.start
	}
	return nil
}

// copied writes a segment of what is new, if anything is, and gives the place
// up to which all is copied.
func (a *Archive) copied() (walPlace, error) {
	w, err := openWAL(a.e.path+"-wal", a.counter)
	if err != nil || w == nil {
		return a.at, err
	}
	defer w.close()
	if w.start.Salt != a.at.Salt {
		return a.at, fault.New(fault.Internal, gap, "the write-ahead log started again before it was archived: a new generation of the archive is begun")
	}
	to, last, err := w.end(a.at, a.last)
	if err != nil || to == a.at {
		return a.at, err
	}
	s := segment{Before: a.at, After: to, Big: a.big, Last: last, Written: a.e.opts.Now().UTC()}
	if err := writeSegment(a.dir, a.number+1, w, s); err != nil {
		return a.at, fault.Wrap(err, fault.Busy, "store.archive-full", "the archive does not accept writes; the write-ahead log grows until it does")
	}
	a.number, a.at, a.last = a.number+1, to, last
	return to, nil
}

// Close copies the rest and leaves a note of how the database file lies, by
// which the next server knows that nothing was written in between.
func (a *Archive) Close() error {
	var err error
	a.once.Do(func() {
		close(a.quit)
		<-a.ended
		err = a.work(func(w *writer) error {
			if _, err := a.copied(); err != nil {
				return err
			}
			a.conns[0].end()
			w.finish("TRUNCATE")
			if info, err := os.Stat(a.e.path + "-wal"); err != nil || info.Size() != 0 {
				return nil // a View is long: the next server makes a new copy
			}
			info, err := os.Stat(a.e.path)
			if err != nil {
				return err
			}
			// Whatever is written later has a later time.
			time.Sleep(restTime)
			return writeJSON(filepath.Join(a.dir, endName), rest{info.Size(), info.ModTime().UTC(), a.last})
		})
		a.release()
	})
	return failed(err, "end the archive")
}

// gap is the code of a log that started again before all of it was copied,
// which happens only when the place on it could not be held.
const gap = "store.archive-gap"

// restTime is more than the grain of the times of files.
const restTime = 20 * time.Millisecond
