package sqlite

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"concord/fault"
	"concord/store"
)

// Bounds of one shared commit. Beyond them the others wait for the next, so
// that the first is not kept waiting.
const (
	batchCount  = 256
	batchTime   = 5 * time.Millisecond
	queueLength = 1024
)

// writer is the one goroutine that changes the store.
//
// Updates are taken in order of arrival and run one after the other, each in
// its own savepoint of one transaction; then the transaction is committed and
// everybody is answered. While the disk works on that commit the next Updates
// gather, so that the number that share a commit follows the load. Those that are
// in no hurry wait while others do (later.go).
type writer struct {
	e     *Engine
	snap  *snapshot
	queue chan *request
	later chan *request // those that are in no hurry
	gate  sync.RWMutex  // held for writing to close the queue
	shut  bool
	ended chan struct{}

	batch []*request
	began time.Time // the batch; for those in a hurry, when the first of them came to it
	held  *request  // work that must run between two commits
	last  int       // how many shared the last commit
	crowd int       // how many shared the last two: about so many callers there are
	lost  bool      // SQLite rolled the whole transaction back
	begun bool      // a transaction is open
	dirty bool      // something was written in this transaction, or is to be
	wrote bool      // what only a commit of the database keeps
	rows  int       // changed since the last commit, about

	c      counters
	born   []string // names made in this transaction, in order
	counts []count  // journal counters that the commit will write
	tails  map[int64]*tail
	marks  map[string][]byte // of logs
	logs   []logRow          // appended by Updates of this transaction that succeeded, and not written yet
	ahead  *ahead            // entries that are durable, and not in the database yet
	late   *time.Timer       // when the database is to catch up with them

	pending *pending // index entries

	bulk *bulk // while a bulk load is under way
	fold *folder
}

// counters are numbers that only grow; each commit writes them.
type counters struct{ change, at, pk, job, message int64 }

// mark is what must be restored when an Update fails.
type mark struct {
	c                   counters
	born, counts, filed int
}

const (
	waiting int32 = iota
	started
	abandoned
)

// request is one Update, or a piece of work for the writer between commits.
type request struct {
	ctx   context.Context
	f     func(store.Tx) error
	work  func() error
	state atomic.Int32
	err   error
	done  chan struct{}
}

// Update runs f in a transaction and returns when it is durable. A context
// that ends before f starts means that f never runs; once started it runs to
// its end. f must not call Update.
func (e *Engine) Update(ctx context.Context, f func(store.Tx) error) error {
	return e.submit(&request{ctx: ctx, f: f, done: make(chan struct{}, 1)})
}

func (e *Engine) submit(req *request) error {
	if e.writer == nil {
		return fault.New(fault.Unsupported, "store.read-only", "the store is open for reading only")
	}
	if err := e.writer.enqueue(req); err != nil {
		return err
	}
	select {
	case <-req.done:
		return req.err
	case <-req.ctx.Done():
	}
	if req.state.CompareAndSwap(waiting, abandoned) {
		return cancelled(req.ctx.Err())
	}
	<-req.done
	return req.err
}

func (w *writer) enqueue(req *request) error {
	w.gate.RLock()
	defer w.gate.RUnlock()
	if w.shut {
		return closedFault()
	}
	queue := w.queueOf(req)
	select {
	case queue <- req:
		return nil
	default:
	}
	select {
	case queue <- req:
		return nil
	case <-req.ctx.Done():
		return cancelled(req.ctx.Err())
	}
}

func (r *request) start() bool {
	if r.ctx.Err() != nil {
		r.err = cancelled(r.ctx.Err())
		return false
	}
	return r.state.CompareAndSwap(waiting, started)
}

func openWriter(e *Engine) (*writer, error) {
	conn, err := openConn(e.path, writerCacheKB)
	if err != nil {
		return nil, err
	}
	w := &writer{
		e: e, queue: make(chan *request, queueLength), later: make(chan *request, queueLength), ended: make(chan struct{}),
		snap:  &snapshot{conn: conn, names: e.names, now: e.opts.Now, fresh: map[string]int64{}},
		tails: map[int64]*tail{}, marks: map[string][]byte{}, late: time.NewTimer(time.Hour),
	}
	if err := w.prepare(); err != nil {
		conn.Close()
		return nil, err
	}
	go w.loop()
	return w, nil
}

// loop takes requests until the queue is closed. A function that ends its
// goroutine (runtime.Goexit) would end the writer with it: then another
// goroutine goes on.
func (w *writer) loop() {
	finished := false
	defer func() {
		if finished {
			close(w.ended)
			return
		}
		w.abandon()
		go w.loop()
	}()
	idle := time.NewTicker(idleFold)
	defer idle.Stop()
	for {
		for len(w.queue) == 0 && len(w.later) == 0 && w.catchSome() {
		}
		select {
		case req, open := <-w.queue:
			if !open {
				w.takeLater()
				w.bulk.commit(w)
				w.catchUp()
				finished = true
				return
			}
			w.take(req)
			continue
		default:
		}
		select {
		case req, open := <-w.queue:
			if open {
				w.take(req)
			}
		case req := <-w.later:
			w.take(req)
		case <-w.late.C:
			w.catchUp()
			if w.bulk == nil {
				w.foldLong()
			}
		case <-w.fold.passed:
			w.finishFold()
		case <-idle.C:
			w.bulk.commit(w)
			w.foldIdle()
		}
	}
}

func (w *writer) take(req *request) {
	for req != nil {
		switch {
		case req.work != nil:
			w.bulk.commit(w)
			_ = w.catchUp() // if it cannot, what waits is durable all the same
			if req.start() {
				req.err = req.work()
			}
			req.done <- struct{}{}
		case w.bulk != nil:
			w.bulk.run(w, req)
		default:
			w.commit(req)
		}
		req, w.held = w.held, nil
	}
	if w.bulk == nil {
		w.foldLong()
	}
}

// commit runs first and those that wait behind it, commits and answers.
func (w *writer) commit(first *request) {
	w.batch, w.lost, w.dirty, w.wrote = w.batch[:0], false, false, false
	w.began = w.snap.now()
	for req := first; req != nil; {
		w.batch = append(w.batch, req)
		if req.start() {
			req.err = w.one(req)
		}
		if w.lost {
			break
		}
		req = w.next()
	}
	w.crowd, w.last = w.last+len(w.batch), len(w.batch)
	w.fold.note(w.batch)
	w.pending.roomy = store.IsUnhurried(w.batch[0].ctx)
	var err error
	switch {
	case w.lost:
		err = fault.New(fault.Busy, "store.full", "another change that shared this commit met a disk that is full; nothing of this was kept")
		for _, req := range w.batch {
			if f := fault.Of(req.err); f != nil && f.Kind == fault.Internal {
				err = fault.Wrap(req.err, fault.Internal, "store.commit", "another change that shared this commit broke it; nothing of this was kept")
			}
		}
	default:
		err = w.keep()
	}
	if err != nil {
		w.reset()
	}
	w.answer(err)
}

// next is the next Update that may share the commit, nil if it is time.
func (w *writer) next() *request {
	late := w.snap.now().Sub(w.began) > batchTime
	if later := store.IsUnhurried(w.batch[len(w.batch)-1].ctx); later {
		return w.afterLater(late)
	}
	if len(w.batch) >= batchCount || late {
		return nil
	}
	for yielded := false; ; yielded = true {
		select {
		case req, open := <-w.queue:
			return w.shares(req, open)
		default:
		}
		// Those whom the last commit answered are about to come back: let them.
		if yielded || len(w.batch) >= w.crowd {
			return nil
		}
		runtime.Gosched()
	}
}

// shares holds work back that must run between two commits.
func (w *writer) shares(req *request, open bool) *request {
	if open && req.work != nil {
		w.held, req = req, nil
	}
	return req
}

// answer tells everybody the outcome: err for those whose function succeeded.
func (w *writer) answer(err error) {
	for i, req := range w.batch {
		if req.err == nil && err != nil {
			req.err = err
		}
		w.batch[i] = nil
		req.done <- struct{}{}
	}
	w.batch = w.batch[:0]
}

// one runs an Update. What it writes to the database needs no savepoint when
// nothing lies before it in the transaction.
func (w *writer) one(req *request) error {
	m := mark{w.c, len(w.born), len(w.counts), len(w.pending.steps)}
	t := &tx{snapshot: w.snap, w: w, first: !w.dirty, posts: posts{}, change: w.c.change + 1, at: max(w.c.at, w.snap.now().UnixMicro())}
	err := store.Guarded(req.f, t)
	if err == nil {
		err = t.finish()
	}
	t.snapshot, t.w = nil, nil
	if w.begun && w.snap.conn.AutocommitEnabled() {
		w.lost = true
		return err
	}
	if err == nil {
		w.dirty, w.wrote = w.dirty || t.dirty, w.wrote || t.opened
		w.logs = append(w.logs, t.logs...)
		maps.Copy(w.marks, t.marks)
		if t.saved {
			return w.end(nil, "RELEASE one")
		}
		return nil
	}
	w.back(m)
	switch {
	case t.saved:
		return w.end(err, "ROLLBACK TO one", "RELEASE one")
	case t.opened: // nothing but this Update, and what is durable ahead, lies in the transaction
		w.begun, w.ahead.in = false, 0
		return w.end(err, "ROLLBACK")
	}
	return err
}

func (w *writer) close() error {
	w.gate.Lock()
	first := !w.shut
	w.shut = true
	w.gate.Unlock()
	if !first {
		return nil
	}
	close(w.queue)
	<-w.ended
	return errors.Join(w.fold.close(), w.snap.conn.Close(), w.ahead.close())
}
