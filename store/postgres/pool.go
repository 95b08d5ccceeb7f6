package postgres

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pool keeps connections for Views. They are made when they are first needed
// and made anew when they are lost.
type pool struct {
	config *pgconn.Config
	now    func() time.Time
	seen   func(string, []uint32)
	slots  chan *conn // nil: a place whose connection is yet to be made
	size   int
	shut   chan struct{}
	once   sync.Once
	sweeps atomic.Bool // some of them are to be swept
}

func newPool(config *pgconn.Config, size int, now func() time.Time, seen func(string, []uint32)) *pool {
	p := &pool{config: config, now: now, seen: seen, slots: make(chan *conn, size), size: size, shut: make(chan struct{})}
	for range size {
		p.slots <- nil
	}
	return p
}

func (p *pool) take(ctx context.Context) (*conn, error) {
	select {
	case <-p.shut:
		return nil, closedFault()
	default:
	}
	select {
	case c := <-p.slots:
		return p.ready(ctx, c)
	case <-ctx.Done():
		return nil, cancelled(ctx.Err())
	case <-p.shut:
		return nil, closedFault()
	}
}

// ready makes the connection of a place when there is none that stands.
func (p *pool) ready(ctx context.Context, c *conn) (*conn, error) {
	if c != nil && c.stands() {
		return c, nil
	}
	if c != nil {
		c.close()
	}
	c, err := dial(ctx, p.config, p.now, p.seen)
	if err != nil {
		p.slots <- nil
		return nil, err
	}
	return c, nil
}

// give puts a connection back.
func (p *pool) give(c *conn) {
	c.used = p.now()
	if c.dead != nil {
		c.close()
		c = nil
	}
	leaving := c != nil && c.leaving
	p.slots <- c
	if leaving && p.sweeps.CompareAndSwap(false, true) {
		time.AfterFunc(sweepAfter, p.sweep)
	}
}

// sweepAfter is how long the end of a View's transaction may wait for the next
// View to take it along.
const sweepAfter = 20 * time.Millisecond

// sweep ends the transactions of those that nobody has taken since.
func (p *pool) sweep() {
	p.sweeps.Store(false)
	for range len(p.slots) {
		select {
		case c := <-p.slots:
			if c != nil {
				c.flush()
			}
			p.slots <- c
		default:
			return
		}
	}
}

// close waits for the Views under way.
func (p *pool) close() {
	p.once.Do(func() {
		close(p.shut)
		for range p.size {
			if c := <-p.slots; c != nil {
				c.close()
			}
		}
	})
}
