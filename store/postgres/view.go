package postgres

import (
	"context"
	"time"

	"concord/fault"
	"concord/store"
)

const (
	beginView = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	rollback  = "ROLLBACK"
)

// snapshot is one connection inside one transaction: what a View sees, and
// what an Update sees beside its own writes.
type snapshot struct {
	e    *Engine
	c    *conn
	now  func() time.Time
	view bool // a transaction is to be begun with the first statement
	// begun: the View's transaction stands.
	begun bool
	// writing marks the snapshot of an Update. fresh are names that the open
	// group made; local those that its transaction has shown.
	writing bool
	walked  walked // what the last FindRecords found beyond its limit
	fresh   map[string]int32
	local   map[int32]string
}

var _ store.Reader = (*snapshot)(nil)

// send queues a statement, after the beginning of the transaction if that has
// not been sent.
func (s *snapshot) send(query string, sink func(row) error, args ...any) {
	if s.view && !s.begun {
		s.begun = true
		s.c.send(beginView, nil)
	}
	s.c.send(query, sink, args...)
}

func (s *snapshot) wait(ctx context.Context) error {
	if s.writing {
		// The writer's connection serves others too: it is not given up because
		// one of them does not wait any more.
		if err := ctx.Err(); err != nil && !s.c.open {
			return cancelled(err)
		}
		return failed(s.e.writer.wait(store.WithTrace(context.Background(), store.TraceOf(ctx))), "run a statement")
	}
	return failed(s.c.wait(ctx), "run a statement")
}

// each runs a statement and hands every row to sink.
func (s *snapshot) each(ctx context.Context, query string, sink func(row) error, args ...any) error {
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	s.send(query, sink, args...)
	return s.wait(ctx)
}

// intOf runs a query for one number, 0 when there is no row.
func (s *snapshot) intOf(ctx context.Context, query string, args ...any) (int64, error) {
	var n int64
	err := s.each(ctx, query, func(r row) error { n = r.int(0); return nil }, args...)
	return n, err
}

// View runs f on a snapshot. At most Options.Conns Views run at the same time,
// the others wait: a View inside a View can wait for itself.
// Errors: what f returned; Busy "store.cancelled", "store.closed",
// "store.unreachable".
func (e *Engine) View(ctx context.Context, f func(store.Reader) error) error {
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	c, p, err := e.reader(ctx)
	if err != nil {
		return err
	}
	s := &snapshot{e: e, c: c, now: e.opts.Now, view: true}
	defer func() {
		s.end()
		s.c = nil // a Reader kept beyond its end cannot read
		p.give(c)
	}()
	return f(s)
}

// end closes the View's transaction without waiting, with the next View on the
// connection or soon: nothing was written, so there is nothing that could fail to
// be kept.
func (s *snapshot) end() {
	if s.begun {
		s.c.leaveLater(rollback)
	}
}

// reader takes a connection for a View: the replica's when there is one that
// has all that this process has written, else the primary's.
func (e *Engine) reader(ctx context.Context) (*conn, *pool, error) {
	if e.replica != nil {
		if c := e.replicaReader(ctx); c != nil {
			return c, e.replica, nil
		}
	}
	c, err := e.readers.take(ctx)
	return c, e.readers, err
}

// once runs f on a connection of its own place in the pool, outside a
// snapshot, for statements that a View may not run.
func (e *Engine) once(ctx context.Context, f func(*conn) error) error {
	c, err := e.readers.take(ctx)
	if err != nil {
		return err
	}
	defer e.readers.give(c)
	return failed(f(c), "run a statement")
}

func notFound(code, text string) error { return fault.New(fault.NotFound, code, "%s", text) }
