package sqlite

import (
	"context"
	"time"
)

// kept notes that the rows are durable ahead of the database, which catches up
// soon. Views that begin from now on know that it has not.
func (w *writer) kept() {
	clear(w.logs)
	w.logs = w.logs[:0]
	if !w.e.behind.Swap(true) {
		w.late.Reset(aheadLate)
	}
}

// aheadLate is how long entries wait for the database when nothing else is
// written.
const aheadLate = 100 * time.Millisecond

// catchUp writes the rows that are ahead of the database into it. When it cannot,
// they wait, and nothing more goes ahead.
func (w *writer) catchUp() error {
	if !w.e.behind.Load() {
		return nil
	}
	w.dirty, w.wrote, w.lost = false, false, false
	err := w.enter()
	if err == nil {
		err = w.commitAll()
	}
	return w.caught(err)
}

// catchSome writes a few rows, and leaves the transaction open, while nobody
// waits for the writer: when the database is to have all of them, little is left
// for others to wait for.
func (w *writer) catchSome() bool {
	a := w.ahead
	if w.bulk != nil || a.full || len(a.rows)-a.in < 2*logRows {
		return false
	}
	err := w.enter()
	if err == nil {
		err = w.snap.insertLogs(a.rows[a.in : a.in+2*logRows])
	}
	if w.caught(err) != nil {
		return false
	}
	a.in += 2 * logRows
	return true
}

// caught gives err. After one the rows wait, and nothing more goes ahead.
func (w *writer) caught(err error) error {
	if err != nil {
		w.ahead.full = true
		w.reset()
		w.late.Reset(10 * aheadLate)
	}
	return err
}

// catchUp waits until the database has every entry that was answered for before.
func (e *Engine) catchUp(ctx context.Context) error {
	if !e.behind.Load() {
		return nil
	}
	return e.submit(&request{ctx: ctx, done: make(chan struct{}, 1), work: e.writer.catchUp})
}
