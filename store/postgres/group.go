package postgres

import (
	"context"
	"math/rand/v2"
	"time"

	"concord/fault"
	"concord/store"
)

// counters are numbers that only grow; each commit writes them.
type counters struct {
	n, change, at, pk, job, message int64
	name                            int32
}

const (
	takeLock   = "SELECT pg_advisory_xact_lock($1)"
	insertHead = "INSERT INTO head (n, token, change, at, pk, job, message, name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
	trimHead   = "DELETE FROM head WHERE n < $1"
	headToken  = "SELECT token FROM head WHERE n = $1"
	begin      = "BEGIN"
	commit     = "COMMIT"
	savepoint  = "SAVEPOINT one"
	back       = "ROLLBACK TO SAVEPOINT one"
	release    = "RELEASE SAVEPOINT one"

	// headKept is how many rows of head are kept, for writers that look for
	// their token; trimEvery is after how many commits the rest goes.
	headKept  = 20_000
	trimEvery = 1000
)

// group is the Updates that share a transaction.
//
// What they write is gathered in memory and sent with the commit, in one
// journey and one implicit transaction, so that the lock is held only while
// the server works. Until then nothing is locked: reads see what is committed.
// That this is still what the group was founded on is proved at the commit,
// by the key of head: a row of the same number by another process makes it
// fail, and the group runs again, with the lock taken first.
type group struct {
	w    *writer
	snap snapshot
	base counters // what it is founded on
	c    counters
	buf  buffer
	undo []func() // takes back what the writer's memory was told
	born map[int64]bool

	open   bool // its transaction is open on the server and holds the lock
	strict bool // nothing is guessed
	wrote  bool
	// Records above this key have no document in the database.
	freshAbove int64
	// broken: the group cannot be kept.
	broken error
}

// begin founds a group on what is known of the head, or takes the lock and
// asks.
func (w *writer) begin() (*group, error) {
	ctx, stop := context.WithTimeout(context.Background(), waitLimit)
	defer stop()
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	g := &group{w: w, born: map[int64]bool{}, strict: w.strict > 0 || w.e.probe.strict}
	w.g = g
	w.strict = max(w.strict-1, 0)
	g.snap = snapshot{e: w.e, c: w.c, now: w.e.opts.Now, writing: true, fresh: map[string]int32{}}
	if w.careful > 0 || !w.known {
		was, known := w.head.n, w.known
		if err := g.lock(); err != nil {
			return nil, err
		}
		if w.careful--; !known || w.head.n != was {
			w.careful = max(w.careful, 0)
			if known {
				w.careful = caution
			}
			clear(w.tails)
			w.memory.clear()
		}
		w.careful = max(w.careful, 0)
	}
	g.base, g.c, g.freshAbove = w.head, w.head, w.head.pk
	return g, nil
}

// lock opens the transaction, takes the writers' lock and reads the head.
func (g *group) lock() error {
	w := g.w
	w.c.send(begin, nil)
	w.c.send(takeLock, nil, lockKey(w.e.schema, lockWrite))
	w.c.send(lastHead, w.readHead)
	g.open = true
	if err := w.wait(context.Background()); err != nil {
		w.known = false // the head may have been read all the same
		g.giveUp()
		return err
	}
	return nil
}

func (w *writer) readHead(r row) error {
	w.head = counters{n: r.int(0), change: r.int(1), at: r.int(2), pk: r.int(3), job: r.int(4), message: r.int(5), name: int32(r.int(6))}
	w.known = true
	return nil
}

// giveUp ends the transaction of a group that failed.
func (g *group) giveUp() {
	if g.open {
		g.w.c.leave(rollback)
		g.open = false
	}
}

// mark is what must be restored when an Update fails.
type mark struct {
	c    counters
	buf  sizes
	undo int
}

// one runs an Update. One that fails may have been misled by a guess: then it
// is run again, looking, before its failure is believed.
func (g *group) one(req *request) error {
	err, guessed := g.run(req, g.strict)
	if err != nil && guessed && g.broken == nil {
		err, _ = g.run(req, true)
	}
	return err
}

// run runs the function of an Update. If it fails, what it gathered is dropped.
func (g *group) run(req *request, strict bool) (err error, guessed bool) {
	t := &tx{snapshot: &snapshot{}, g: g, strict: strict, mark: mark{g.c, g.buf.sizes(), len(g.undo)}}
	*t.snapshot = g.snap
	t.change, t.at = g.c.change+1, max(g.c.at, g.w.e.opts.Now().UnixMicro())
	defer func() { t.snapshot, t.g = nil, nil }()
	if err = store.Guarded(req.f, t); err == nil {
		t.finish()
	}
	g.snap.local = t.snapshot.local
	if g.w.c.dead != nil {
		g.broken = &lost{g.w.c.dead}
	}
	if g.broken != nil {
		return err, t.guessed
	}
	if err != nil {
		return g.back(t, err), t.guessed
	}
	g.wrote = g.wrote || t.dirty || t.logged
	if t.saved {
		g.w.c.send(release, nil)
	}
	return nil, t.guessed
}

// back takes a failed Update back and gives its error.
func (g *group) back(t *tx, err error) error {
	g.undoTo(t.mark.undo)
	g.c = t.mark.c
	if !t.saved {
		g.buf.back(t.mark.buf)
		return err
	}
	g.buf = buffer{}
	g.w.memory.clear()
	g.w.c.send(back, nil)
	g.w.c.send(release, nil)
	if werr := g.w.wait(context.Background()); werr != nil {
		g.broken = werr
	}
	return err
}

func (g *group) undoTo(n int) {
	for i := len(g.undo) - 1; i >= n; i-- {
		g.undo[i]()
	}
	g.undo = g.undo[:n]
}

// undoAll takes back what the group told the writer's memory, and ends its
// transaction.
func (g *group) undoAll() {
	g.undoTo(0)
	g.w.memory.clear()
	g.giveUp()
}

// keep commits the group. Errors: errStale and errGuess when it is to be run
// again, lost when the connection broke and nothing was kept.
func (g *group) keep() error {
	w := g.w
	if !g.wrote {
		return g.confirm()
	}
	token := rand.Int64()
	next := g.c
	next.n = g.base.n + 1
	if !g.open {
		w.c.send(takeLock, nil, lockKey(w.e.schema, lockWrite))
	}
	w.c.send(insertHead, nil, next.n, token, next.change, next.at, next.pk, next.job, next.message, next.name)
	g.buf.send(w.c, sizes{}, g.buf.sizes(), g.freshAbove)
	if w.commits++; w.commits%trimEvery == 0 {
		w.c.send(trimHead, nil, next.n-headKept)
	}
	if g.open {
		w.c.send(commit, nil)
	}
	err := w.wait(context.Background())
	if isLost(err) {
		g.open = false
		defer clear(w.marks) // were they kept? Better none than a wrong one.
		var kept bool
		if kept, err = w.resolve(next.n, token, err); kept {
			err = nil
		}
	}
	if err != nil {
		return verdict(err)
	}
	g.open = false
	w.head = next
	w.e.kept.Store(next.n)
	if len(g.snap.fresh) > 0 {
		w.e.names.add(g.snap.fresh)
	}
	w.e.aliases.add(g.buf.claimed)
	w.memory.committed(&g.buf)
	for _, t := range w.tails {
		t.trim()
	}
	return nil
}

// confirm proves for a group that wrote nothing that what it was told is one
// state, the newest: nobody else has written meanwhile. That holds for what
// memory told too, so that it is asked even when the database was not.
func (g *group) confirm() error {
	if g.open {
		g.giveUp()
		return nil
	}
	n := int64(0)
	g.w.c.send(newestHead, func(r row) error { n = r.int(0); return nil })
	if err := g.w.wait(context.Background()); err != nil {
		return err
	}
	if n != g.base.n {
		return errStale
	}
	return nil
}

// verdict tells a failure that another attempt may mend from one that stands.
func verdict(err error) error {
	switch code, constraint := state(err); {
	case code == stateUnique && constraint == "head_pkey":
		return errStale
	case code == stateUnique, code == stateDivision:
		return errGuess
	}
	return err
}

// resolve finds out what became of a commit whose answer was lost. Its row of
// head tells: there with our token, it was kept; there with another, it was
// not and cannot be. When it is not there the server may still be about to
// read what we sent: a row of the same number is written so that it fails.
func (w *writer) resolve(n, token int64, cause error) (kept bool, err error) {
	ctx, stop := context.WithTimeout(context.Background(), w.e.opts.Patience)
	defer stop()
	for ctx.Err() == nil {
		if err := w.connect(ctx); err == nil {
			kept, err := w.look(ctx, n, token)
			if err == nil || fault.Is(err, fault.Internal) {
				if err == nil && !kept {
					err = cause
				}
				return kept, err
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	w.known = false
	return false, fault.Wrap(cause, fault.Internal, "store.unknown-outcome", "the connection broke during a commit and the database has not come back: the change may or may not have been kept")
}

func (w *writer) look(ctx context.Context, n, token int64) (kept bool, err error) {
	w.c.send(begin, nil)
	w.c.send(takeLock, nil, lockKey(w.e.schema, lockWrite))
	found, there := int64(0), false
	w.c.send(headToken, func(r row) error { found, there = r.int(0), true; return nil }, n)
	w.c.send(lastHead, w.readHead)
	if err := w.c.wait(ctx); err != nil {
		return false, err
	}
	h := w.head
	w.known = false // others may have written, and a fence is a new head
	switch {
	case there:
		w.c.leave(rollback)
		return found == token, nil
	case h.n != n-1:
		w.c.leave(rollback)
		return false, fault.New(fault.Internal, "store.unknown-outcome", "the connection broke during a commit and the database tells nothing of it: the change may or may not have been kept")
	}
	w.c.send(insertHead, nil, n, int64(0), h.change, h.at, h.pk, h.job, h.message, h.name)
	w.c.send(commit, nil)
	return false, w.c.wait(ctx)
}
