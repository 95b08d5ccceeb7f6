package sqlite

import (
	"context"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/store"
)

// snapshot is one connection inside one transaction: what a View sees, and
// what an Update sees beside its own writes.
type snapshot struct {
	conn  *sqlite.Conn
	names *names
	now   func() time.Time
	// fresh are names that the open write transaction made; nil in a View.
	fresh   map[string]int64
	tok     []byte             // scratch of a scan
	seen    func(query string) // told of every statement, if set
	trace   store.Trace        // told of the statements of one View, if set
	stops   interrupt
	pending *pending // the writer's
	sees    *sees    // of a View
	logs    *logView // where a View reads logs, when entries were ahead of the database as it began
}

var _ store.Reader = (*snapshot)(nil)

// readers is the pool of connections for Views.
type readers struct {
	free chan *snapshot
	logs chan *snapshot // connections for logs that no View uses
	all  []*snapshot
	shut chan struct{}
	once sync.Once
}

func openReaders(e *Engine) (*readers, error) {
	p := &readers{free: make(chan *snapshot, e.opts.Readers), logs: make(chan *snapshot, e.opts.Readers), shut: make(chan struct{})}
	for range e.opts.Readers {
		conn, err := openConn(e.path, readerCacheKB)
		if err == nil {
			err = pragmas(conn, "query_only = ON")
		}
		if err == nil && len(p.all) == 0 {
			err = current(conn)
		}
		if err != nil {
			if conn != nil {
				conn.Close()
			}
			p.close()
			return nil, err
		}
		s := &snapshot{conn: conn, names: e.names, now: e.opts.Now}
		p.all = append(p.all, s)
		p.free <- s
	}
	return p, nil
}

// close waits for the Views under way.
func (p *readers) close() error {
	var first error
	p.once.Do(func() {
		close(p.shut)
		for range p.all {
			s := <-p.free
			if err := s.conn.Close(); err != nil && first == nil {
				first = err
			}
		}
		if err := p.closeLogs(); err != nil && first == nil {
			first = err
		}
	})
	return first
}

func (p *readers) take(ctx context.Context) (*snapshot, error) {
	select {
	case <-p.shut:
		return nil, closedFault()
	default:
	}
	select {
	case s := <-p.free:
		return s, nil
	case <-ctx.Done():
		return nil, cancelled(ctx.Err())
	case <-p.shut:
		return nil, closedFault()
	}
}

// View runs f on a snapshot. At most Options.Readers Views run at the same
// time, the others wait: a View inside a View can wait for itself.
// Errors: what f returned; Busy "store.cancelled", "store.closed".
func (e *Engine) View(ctx context.Context, f func(store.Reader) error) (err error) {
	if e.unseen.Load() {
		// A bulk load answers before it commits; what it answered is to be seen.
		if err := e.submit(&request{ctx: ctx, done: make(chan struct{}, 1), work: func() error { return nil }}); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	behind, had := e.behind.Load(), e.tables.Load()
	s, err := e.readers.take(ctx)
	if err != nil {
		return err
	}
	defer func() { e.readers.free <- s }()
	defer s.end()
	s.heed(ctx)
	if err := s.run("BEGIN"); err != nil {
		return err
	}
	// A handle of one View, so that one kept beyond its end cannot read.
	handle := *s
	handle.trace = store.TraceOf(ctx)
	handle.sees = &sees{e: e, had: had}
	if behind {
		handle.logs = &logView{e: e, ctx: ctx}
		defer handle.logs.end()
	}
	defer func() { s.tok = handle.tok; handle.conn = nil }()
	s.stops.inside = true
	err = f(&handle)
	s.stops.inside = false // it came back, and rows are reset as they end
	if err != nil && ctx.Err() != nil && fault.Of(err).Code == "store.cancelled" {
		return cancelled(ctx.Err())
	}
	return err
}

// end closes the read transaction, if it was opened, also after an interrupt.
func (s *snapshot) end() {
	s.calm()
	if !s.conn.AutocommitEnabled() {
		// Nothing was written, so there is nothing that could fail to be kept.
		_ = s.run("ROLLBACK")
	}
}
