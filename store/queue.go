package store

import (
	"context"
	"time"
)

// Job is one piece of work that waits.
type Job struct {
	ID       int64
	Topic    string
	Body     []byte
	Attempts int
	Due      time.Time
	Owner    string    // who holds the lease, "" if nobody
	Until    time.Time // the lease ends
	Parked   bool
	Reason   string // why it was last retried or parked
}

// Queue reads waiting work.
type Queue interface {
	// Jobs lists the jobs of a topic, oldest first, parked ones included.
	Jobs(ctx context.Context, topic string, limit int) ([]Job, error)
}

// QueueWriter changes waiting work inside an Update. A job is leased for a
// time; who does not finish, retry or park it by then has lost it, and a later
// Finish by the old owner is a Conflict "store.lease".
type QueueWriter interface {
	Enqueue(ctx context.Context, topic string, body []byte, due time.Time) (id int64, err error)
	// Lease takes due jobs, at most limit, oldest due first.
	Lease(ctx context.Context, topic, owner string, ttl time.Duration, limit int) ([]Job, error)
	Finish(ctx context.Context, id int64, owner string) error
	Retry(ctx context.Context, id int64, owner string, due time.Time, reason string) error
	Park(ctx context.Context, id int64, owner, reason string) error
}
