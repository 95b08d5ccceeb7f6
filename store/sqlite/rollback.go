package sqlite

import "concord/fault"

// end runs the statements that end a savepoint and gives err. If one of them
// fails, the whole transaction cannot be trusted.
func (w *writer) end(err error, statements ...string) error {
	for _, q := range statements {
		if w.snap.run(q) != nil {
			w.lost = true
		}
	}
	return err
}

// back forgets what a failed Update put into memory.
func (w *writer) back(m mark) {
	w.c = m.c
	for _, v := range w.born[m.born:] {
		delete(w.snap.fresh, v)
	}
	w.born, w.counts = w.born[:m.born], w.counts[:m.counts]
	w.pending.back(m.filed)
	clear(w.tails)
}

// reset goes back to what the disk has, after a commit that failed.
func (w *writer) reset() {
	if !w.snap.conn.AutocommitEnabled() {
		_ = w.snap.run("ROLLBACK")
	}
	w.begun, w.rows = false, 0
	if w.ahead != nil {
		w.ahead.in = 0
	}
	clear(w.snap.fresh)
	clear(w.tails)
	clear(w.marks)
	w.born, w.counts, w.logs = w.born[:0], w.counts[:0], nil
	if w.pending != nil {
		w.pending.reset()
	}
	if c, err := w.load(); err == nil {
		w.c = c
		w.c.at = max(c.at, w.ahead.time())
	}
}

// abandon answers a batch whose goroutine was ended from within.
func (w *writer) abandon() {
	w.reset()
	w.bulk.fail(fault.New(fault.Internal, "store.goexit", "a change in a bulk load ended its goroutine; what was not yet kept is lost"))
	w.answer(fault.New(fault.Internal, "store.goexit", "a change that shared this commit ended its goroutine; nothing of this was kept"))
	if w.held != nil {
		w.held.err = fault.New(fault.Busy, "store.busy", "the writer was restarted")
		w.held.done <- struct{}{}
		w.held = nil
	}
}
