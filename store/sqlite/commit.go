package sqlite

import (
	"context"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"concord/store"
)

// prepare brings the database up to date and reads the counters.
func (w *writer) prepare() error {
	conn := w.snap.conn
	conn.SetBusyTimeout(writerWait)
	sync := "FULL"
	if w.e.opts.NoSync {
		sync = "OFF"
	}
	settings := []string{"journal_mode = WAL", "synchronous = " + sync, fmt.Sprintf("journal_size_limit = %d", journalSizeLimit)}
	if err := pragmas(conn, settings...); err != nil {
		return err
	}
	if err := migrate(conn); err != nil {
		return err
	}
	if n := w.e.opts.MaxPages; n > 0 {
		if err := pragmas(conn, fmt.Sprintf("max_page_count = %d", n)); err != nil {
			return err
		}
	}
	var err error
	if w.c, err = w.load(); err != nil {
		return err
	}
	if err := w.loadNames(); err != nil {
		return err
	}
	if w.pending, err = openPending(w.e, w.snap); err != nil {
		return err
	}
	w.snap.pending = w.pending
	id, err := w.snap.identity()
	if err != nil {
		return err
	}
	if w.ahead, err = openAhead(w.e.path+aheadSuffix, id, w.e.opts.NoSync, w.recover); err != nil {
		return err
	}
	w.fold, err = openFolder(w.e)
	return err
}

func (w *writer) load() (counters, error) {
	var c counters
	err := w.snap.each("SELECT change, at, pk, job, message FROM counter", func(st *sqlite.Stmt) error {
		c = counters{st.ColumnInt64(0), st.ColumnInt64(1), st.ColumnInt64(2), st.ColumnInt64(3), st.ColumnInt64(4)}
		return nil
	})
	return c, err
}

func (w *writer) loadNames() error {
	all := map[string]int64{}
	err := w.snap.each("SELECT v, id FROM name", func(st *sqlite.Stmt) error {
		all[st.ColumnText(0)] = st.ColumnInt64(1)
		return nil
	})
	w.e.names.add(all)
	return err
}

func (w *writer) begin() error { return w.snap.run("BEGIN IMMEDIATE") }

// enter begins the transaction that Updates share, if it has not begun.
func (w *writer) enter() error {
	if w.begun {
		return nil
	}
	if err := w.begin(); err != nil {
		return err
	}
	w.begun = true
	return nil
}

// keep makes durable what the Updates have written: entries of logs alone ahead
// of the database, anything else in a transaction.
func (w *writer) keep() error {
	if !w.wrote && w.bulk == nil {
		if len(w.logs) == 0 {
			return nil
		}
		if w.ahead.takes(w.logs) && w.ahead.add(w.logs) == nil {
			w.kept()
			return nil
		}
	}
	if err := w.enter(); err != nil {
		return err
	}
	return w.commitAll()
}

// commitAll commits the open transaction and makes its names known to readers.
func (w *writer) commitAll() error {
	if w.dirty || len(w.logs) > 0 || w.ahead.waits() {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if err := w.snap.run("COMMIT"); err != nil {
		return err
	}
	w.pending.committed()
	w.begun, w.rows = false, 0
	w.ahead.caughtUp()
	w.e.behind.Store(false)
	if len(w.snap.fresh) > 0 {
		w.e.names.add(w.snap.fresh)
		clear(w.snap.fresh)
	}
	w.born, w.counts = w.born[:0], w.counts[:0]
	return nil
}

// flush writes what a commit writes once, however many Updates share it.
func (w *writer) flush() error {
	if err := w.writeLogs(); err != nil {
		return err
	}
	if err := w.writeCounts(); err != nil {
		return err
	}
	if err := w.pending.write(w.snap); err != nil {
		return err
	}
	st, err := w.snap.prepare(`UPDATE counter SET change = ?1, at = ?2, pk = ?3, job = ?4, message = ?5,
		filed = ?6, merging = ?7, filling = ?8, merged = ?9`)
	if err != nil {
		return err
	}
	m := w.pending.state()
	for i, v := range [...]int64{w.c.change, w.c.at, w.c.pk, w.c.job, w.c.message, m.filed, m.merging, m.filling} {
		st.BindInt64(i+1, v)
	}
	bindBlob(st, 9, m.pack())
	return done(st)
}

// tx is one Update inside the writer's transaction. Its snapshot is taken
// away when the function returns, so that a Tx kept longer cannot write.
type tx struct {
	*snapshot
	w      *writer
	change int64
	at     int64 // microseconds since 1970
	dirty  bool
	first  bool  // nothing was written in the transaction before this Update
	opened bool  // what this Update's statements do can be taken back
	saved  bool  // by a savepoint: others have written before it
	broken error // a statement failed: nothing of this may be kept
	puts   store.PackedVersions
	posts  posts
	marks  map[string][]byte // set in this Update
	logs   []logRow          // appended in this Update, and not written yet
}

var _ store.Tx = (*tx)(nil)

func (t *tx) Change() int64 { return t.change }

func (t *tx) Time() time.Time { return moment(t.at) }

// LastChange is this Update's own number once it has written more than logs.
func (t *tx) LastChange(context.Context) (int64, error) {
	if t.opened {
		return t.change, nil
	}
	return t.change - 1, nil
}

// open begins the savepoint of an Update before its first statement that changes
// something. Most Updates only append to a log, which is written once for all
// that share the commit: they need none.
func (t *tx) open() error {
	if t.opened {
		return nil
	}
	if err := t.w.enter(); err != nil {
		return t.fail(err)
	}
	t.w.wrote = t.w.wrote || len(t.w.logs) > 0 // they leave memory now
	if err := t.w.writeLogs(); err != nil {
		t.w.lost = true // rows of Updates that have succeeded
		return t.fail(err)
	}
	t.opened = true
	if t.first { // what else lies in the transaction is durable ahead of the database
		return nil
	}
	t.saved = true
	return t.fail(t.w.snap.run("SAVEPOINT one"))
}

// write prepares a statement that changes something.
func (t *tx) write(ctx context.Context, query string) (*sqlite.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, cancelled(err)
	}
	if err := t.open(); err != nil {
		return nil, err
	}
	st, err := t.prepare(query)
	if err != nil {
		return nil, t.fail(err)
	}
	t.dirty = true
	return st, nil
}

// exec runs a prepared statement that changes something.
func (t *tx) exec(st *sqlite.Stmt) error {
	t.w.rows++
	return t.fail(done(st))
}

// apply prepares, binds and runs a statement that changes something.
func (t *tx) apply(ctx context.Context, query string, args ...any) error {
	st, err := t.write(ctx, query)
	if err != nil {
		return err
	}
	bind(st, args)
	return t.exec(st)
}

func (t *tx) fail(err error) error {
	if err != nil && t.broken == nil {
		t.broken = err
	}
	return err
}

// finish writes the change feed's row.
func (t *tx) finish() error {
	if t.broken != nil {
		return t.broken
	}
	if !t.dirty {
		return nil
	}
	if t.w.c.at = t.at; !t.opened { // it only appended to logs
		return nil
	}
	t.w.c.change = t.change
	t.writePosts()
	return t.writeFeed()
}

// moment is a stored time.
func moment(us int64) time.Time { return time.UnixMicro(us).UTC() }
