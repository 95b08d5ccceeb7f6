package onboard

import (
	"context"
	"sync"
)

// crew does pieces of work beside each other, up to so many at a time. The first
// that fails stops the others.
type crew struct {
	ctx   context.Context // of the work; it ends when a piece fails
	stop  context.CancelCauseFunc
	wait  sync.WaitGroup
	slots chan struct{}
}

func newCrew(ctx context.Context, many int) *crew {
	c := &crew{slots: make(chan struct{}, many)}
	c.ctx, c.stop = context.WithCancelCause(ctx)
	return c
}

// do begins a piece of work when there is room; none after one has failed.
func (c *crew) do(f func(context.Context) error) {
	select {
	case c.slots <- struct{}{}:
	case <-c.ctx.Done():
		return
	}
	c.wait.Go(func() {
		defer func() { <-c.slots }()
		if err := modestly(func() error { return f(c.ctx) }); err != nil {
			c.stop(err)
		}
	})
}

// finish waits for what was begun. Its error is the first of the work.
func (c *crew) finish() error {
	c.wait.Wait()
	return context.Cause(c.ctx)
}

// failed stops the work. It gives why: err, or what stopped the work before.
func (c *crew) failed(err error) error {
	c.stop(err)
	return c.finish()
}

// end stops what is still at work and waits for it.
func (c *crew) end() {
	c.stop(nil)
	c.wait.Wait()
}
