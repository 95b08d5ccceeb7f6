package postgres

import (
	"context"
	"errors"
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
	batchRows   = 4096
	batchTime   = 5 * time.Millisecond
	queueLength = 1024
	// tries is how often a group is run before it is given up.
	tries = 8
	// caution is for how many groups a writer that was surprised does not guess.
	caution = 32
	// waitLimit is how long one journey may take; then the connection counts as
	// lost.
	waitLimit = 2 * time.Minute
)

// writer is the one goroutine of this process that changes the store.
//
// Updates that wait at the same time form a group: they run one after the
// other against what the database holds and what the group has gathered, and
// share one transaction (group.go). While the server works on that commit the
// next Updates gather, so that a group's size follows the load.
type writer struct {
	e     *Engine
	c     *conn // nil until made, and after it was lost
	queue chan *request
	gate  sync.RWMutex // held for writing to close the queue
	shut  bool
	ended chan struct{}

	batch []*request
	held  *request // work that must run between two commits
	last  int      // how many shared the last commit
	crowd int      // how many shared the last two: about so many callers there are
	g     *group   // the open one

	head    counters // as the newest row of head says
	known   bool     // head has been read
	careful int      // for so many groups take the lock first: others write too
	strict  int      // for so many groups look first: a guess was wrong
	tails   map[int32]*tail
	marks   map[string][]byte // of logs
	memory  memory
	commits int
	bulk    *bulk // while a bulk load is under way
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
// its end. f may run again when a guess was wrong or the connection broke; it
// must not call Update.
func (e *Engine) Update(ctx context.Context, f func(store.Tx) error) error {
	return e.submit(&request{ctx: ctx, f: f, done: make(chan struct{}, 1)})
}

func (e *Engine) submit(req *request) error {
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
	select {
	case w.queue <- req:
		return nil
	default:
	}
	select {
	case w.queue <- req:
		return nil
	case <-req.ctx.Done():
		return cancelled(req.ctx.Err())
	}
}

// start tells whether the request is to run; once it has, it may run again.
func (r *request) start() bool {
	if r.state.Load() == started {
		return true
	}
	if r.ctx.Err() != nil {
		r.err = cancelled(r.ctx.Err())
		return false
	}
	return r.state.CompareAndSwap(waiting, started)
}

func openWriter(ctx context.Context, e *Engine) (*writer, error) {
	w := &writer{e: e, queue: make(chan *request, queueLength), ended: make(chan struct{}), tails: map[int32]*tail{}, marks: map[string][]byte{}}
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	if err := w.prepare(ctx); err != nil {
		w.c.close()
		return nil, err
	}
	go w.loop()
	return w, nil
}

// prepare brings the schema up to date and reads what every writer knows.
func (w *writer) prepare(ctx context.Context) error {
	if err := checkServer(ctx, w.c); err != nil {
		return err
	}
	if err := migrate(ctx, w.c, w.e.schema); err != nil {
		return err
	}
	all := map[string]int32{}
	w.c.send(everyName, func(r row) error { all[r.text(1)] = int32(r.int(0)); return nil })
	if err := w.c.run(ctx, lastHead, w.readHead); err != nil {
		return failed(err, "read the counters")
	}
	w.e.names.add(all)
	w.e.kept.Store(w.head.n) // a replica without this may not even have the tables
	return nil
}

// connect makes the writer's connection when there is none.
func (w *writer) connect(ctx context.Context) error {
	if w.c != nil && w.c.dead == nil {
		return nil
	}
	if w.c != nil {
		w.c.close()
		w.c = nil
		w.bulk.lose()
	}
	c, err := dial(ctx, w.e.config, w.e.opts.Now, w.e.probe.seen)
	if err == nil {
		w.c = c
	}
	return err
}

// wait is the connection's, with a limit.
func (w *writer) wait(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, waitLimit)
	defer stop()
	err := w.c.wait(ctx)
	if w.c.dead != nil && !isLost(err) {
		return &lost{w.c.dead}
	}
	return err
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
	for req := range w.queue {
		for req != nil {
			if req.work != nil {
				if req.start() {
					req.err = req.work()
				}
				req.done <- struct{}{}
			} else {
				w.commit(req)
			}
			req, w.held = w.held, nil
		}
	}
	finished = true
}

// commit runs first and those that wait behind it, commits and answers. When
// something in the way of the group was not as guessed, or the connection was
// lost and nothing was kept, the group is run again.
func (w *writer) commit(first *request) {
	w.batch = append(w.batch[:0], first)
	if w.bulk != nil && w.bulk.failed != nil {
		w.answer(w.bulk.failed)
		return
	}
	var err error
	for try := range tries {
		err = w.attempt(try == 0)
		if !w.again(err) {
			break
		}
	}
	w.g = nil
	w.crowd, w.last = w.last+len(w.batch), len(w.batch)
	w.answer(failed(err, "commit"))
}

// What an attempt may end with beside faults.
var (
	errStale = errors.New("another process has written")
	errGuess = errors.New("a version, claim or message was not as guessed")
)

// again draws the lesson from an attempt and tells whether there is to be
// another.
func (w *writer) again(err error) bool {
	var told *fault.Fault
	switch {
	case err == nil:
		return false
	case errors.As(err, &told):
		// A verdict, whatever its cause: to try again after an unknown outcome
		// could do a thing twice.
		return false
	case errors.Is(err, errStale):
		w.careful, w.known = caution, false
	case errors.Is(err, errGuess):
		w.strict = caution
	case isLost(err): // and nothing was kept: what follows is whether it can be reached
	default:
		return false
	}
	return true
}

// attempt runs the batch as one group and commits it; gather takes those in
// that have come meanwhile.
func (w *writer) attempt(gather bool) error {
	g, err := w.begin()
	if err != nil {
		return err
	}
	start := w.e.opts.Now()
	for i := 0; ; i++ {
		if i == len(w.batch) {
			req := (*request)(nil)
			if gather {
				req = w.next(start, g)
			}
			if req == nil {
				break
			}
			w.batch = append(w.batch, req)
		}
		req := w.batch[i]
		if req.err = nil; req.start() {
			req.err = g.one(req)
		}
		if g.broken != nil {
			g.undoAll()
			return g.broken
		}
	}
	if err := g.keep(); err != nil {
		g.undoAll()
		return err
	}
	return nil
}

// next is the next Update that may share the commit, nil if it is time.
func (w *writer) next(start time.Time, g *group) *request {
	if len(w.batch) >= batchCount || g.buf.size() >= batchRows || w.e.opts.Now().Sub(start) > batchTime {
		return nil
	}
	for yielded := false; ; yielded = true {
		select {
		case req, open := <-w.queue:
			if open && req.work != nil {
				w.held, req = req, nil
			}
			return req
		default:
		}
		// Those whom the last commit answered are about to come back: let them.
		if yielded || len(w.batch) >= w.crowd {
			return nil
		}
		runtime.Gosched()
	}
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

// abandon answers a batch whose goroutine was ended from within. What its
// transaction may hold ends with the connection.
func (w *writer) abandon() {
	if w.g != nil {
		w.g.undoAll()
		w.g = nil
	}
	if w.c != nil && w.c.dead == nil {
		w.c.dead = &lost{errors.New("given up")}
	}
	w.answer(fault.New(fault.Internal, "store.goexit", "a change that shared this commit ended its goroutine; nothing of this was kept"))
	if w.held != nil {
		w.held.err = fault.New(fault.Busy, "store.busy", "the writer was restarted")
		w.held.done <- struct{}{}
		w.held = nil
	}
}

func (w *writer) close() {
	w.gate.Lock()
	first := !w.shut
	w.shut = true
	w.gate.Unlock()
	if !first {
		return
	}
	close(w.queue)
	<-w.ended
	if w.c != nil {
		w.c.close()
	}
}
