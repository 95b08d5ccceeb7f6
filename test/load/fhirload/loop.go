package fhirload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds say how many clients there are and how long they go on.
type Bounds struct {
	Clients int
	WarmUp  time.Duration // not counted
	Lasts   time.Duration // counted time; 0 = until Rounds are done
	Rounds  int           // rounds in all clients together; 0 = until the time is up
	Seed    uint64
}

// client is one of them.
type client struct {
	conn   *conn
	number int
	round  int
	draw   *rand.Rand
	tally  *tally
	since  time.Time // what began before is not counted
	looked map[string]int
}

// round is what a client does again and again. An error stops the run.
type round func(ctx context.Context, c *client) error

// run lets the clients go round, and reports under the scenario's name.
func (t *Target) run(ctx context.Context, scenario string, b Bounds, r round) (*Report, error) {
	if b.Clients < 1 || b.Lasts <= 0 && b.Rounds <= 0 {
		return nil, fmt.Errorf("%s: a run has clients, and an end", scenario)
	}
	began := time.Now()
	since := began.Add(b.WarmUp)
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var done atomic.Int64
	var wg sync.WaitGroup
	clients := make([]*client, b.Clients)
	for i := range clients {
		c := &client{conn: &conn{target: t}, number: i, draw: rand.New(rand.NewPCG(b.Seed, uint64(i))),
			tally: newTally(), since: since, looked: map[string]int{}}
		clients[i] = c
		wg.Go(func() {
			defer c.conn.close()
			for inner.Err() == nil && (b.Lasts <= 0 || time.Since(since) < b.Lasts) {
				c.round = int(done.Add(1)) - 1
				if b.Rounds > 0 && c.round >= b.Rounds {
					return
				}
				if err := r(inner, c); err != nil {
					stop(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := context.Cause(inner); err != nil {
		return nil, fmt.Errorf("%s: %w", scenario, err)
	}
	took := time.Since(since)
	all := newTally()
	for _, c := range clients {
		all.add(c.tally)
	}
	return t.report(scenario, b.Clients, took, all), nil
}

// call sends one request and counts it under a name. want is the status that
// is right; other is one that is right as well. ok is false when the answer is
// another, which has been counted as an error.
func (c *client) call(ctx context.Context, name, method, below string, body []byte, want, other int) (a answer, ok bool, err error) {
	began := time.Now()
	a, err = c.conn.do(ctx, method, below, body)
	took := time.Since(began)
	if ctx.Err() != nil {
		return a, false, ctx.Err()
	}
	switch {
	case err != nil:
		c.tally.fail(name, "%s %s: %v", method, below, err)
		return a, false, nil
	case a.status != want && a.status != other:
		c.tally.fail(name, "%s %s: %d: %.300s", method, below, a.status, a.body)
		return a, false, nil
	}
	if !began.Before(c.since) {
		s := c.tally.of(name)
		s.took = append(s.took, took)
	}
	return a, true, nil
}

// sampleEvery is how many answers of a kind pass between two that are read
// whole.
const sampleEvery = 50

// sampled tells whether the next answer of a kind is to be read whole: the
// first, and then one in fifty.
func (c *client) sampled(name string) bool {
	n := c.looked[name]
	c.looked[name] = n + 1
	return n%sampleEvery == 0
}
