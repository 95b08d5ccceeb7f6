package postgres

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// replicaStep is how often a View that waits asks the replica again.
	replicaStep = 2 * time.Millisecond
	// replicaRest is how long a replica that failed is left alone.
	replicaPause = 2 * time.Second
)

// replicaRest remembers until when a replica that failed is left alone.
type replicaRest struct{ until atomic.Int64 }

const newestHead = "SELECT n FROM head ORDER BY n DESC LIMIT 1"

// replicaReader takes a connection to the replica that has everything this
// process has written; nil means that the primary is to be asked. What a
// connection has shown once it will not take back, so that most Views ask
// nothing.
func (e *Engine) replicaReader(ctx context.Context) *conn {
	if e.opts.Now().UnixNano() < e.rest.until.Load() {
		return nil
	}
	c, err := e.replica.take(ctx)
	if err != nil {
		e.leaveReplica(ctx)
		return nil
	}
	want := e.kept.Load()
	wait, stop := context.WithTimeout(ctx, e.opts.ReplicaWait)
	defer stop()
	for c.head < want {
		err := c.run(ctx, newestHead, func(r row) error { c.head = r.int(0); return nil })
		if err != nil {
			e.leaveReplica(ctx)
			e.replica.give(c)
			return nil
		}
		if c.head >= want {
			break
		}
		select {
		case <-wait.Done():
			e.replica.give(c)
			return nil
		case <-time.After(replicaStep):
		}
	}
	return c
}

// leaveReplica sends the Views of the next moment to the primary.
func (e *Engine) leaveReplica(ctx context.Context) {
	if ctx.Err() == nil {
		e.rest.until.Store(e.opts.Now().Add(replicaPause).UnixNano())
	}
}
