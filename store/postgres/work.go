package postgres

import (
	"bytes"
	"context"
	"time"

	"concord/fault"
	"concord/store"
)

// newJob is a job that the group has added.
type newJob struct {
	id, due int64
	topic   int32
	body    []byte
}

const addJobs = `INSERT INTO queue (id, topic, due, attempts, parked, body) SELECT id, topic, due, 0, false, body
	FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bytea[]) AS n (id, topic, due, body)`

func sendJobs(c *conn, list []newJob) {
	if len(list) == 0 {
		return
	}
	ids, topics, dues, bodies := make([]int64, len(list)), make([]int32, len(list)), make([]int64, len(list)), make([][]byte, len(list))
	for i, j := range list {
		ids[i], topics[i], dues[i], bodies[i] = j.id, j.topic, j.due, j.body
	}
	c.send(addJobs, nil, ids, topics, dues, bodies)
}

// Enqueue adds a job; a due time of zero is now.
func (t *tx) Enqueue(ctx context.Context, topic string, body []byte, due time.Time) (int64, error) {
	id, err := t.intern(ctx, topic)
	if err != nil {
		return 0, err
	}
	if err := t.write(ctx); err != nil {
		return 0, err
	}
	at := t.at
	if !due.IsZero() {
		at = due.UnixMicro()
	}
	g := t.g
	g.c.job++
	g.buf.jobs = append(g.buf.jobs, newJob{g.c.job, at, id, bytes.Clone(body)})
	return g.c.job, nil
}

// Lease takes due jobs that nobody holds, oldest due first. When there are
// none nothing is locked.
func (t *tx) Lease(ctx context.Context, topic, owner string, ttl time.Duration, limit int) ([]store.Job, error) {
	id, err := t.nameID(ctx, topic)
	if err != nil || id == 0 {
		return nil, err
	}
	if owner == "" || ttl <= 0 {
		return nil, fault.New(fault.Internal, "store.lease", "a lease needs an owner and a time")
	}
	if len(t.g.buf.jobs) > 0 {
		if err := t.seen(ctx); err != nil {
			return nil, err
		}
	}
	var out []store.Job
	err = t.each(ctx, dueJobs, func(r row) error { out = append(out, job(r, topic)); return nil }, id, t.at, int64(max(limit, 0)))
	if err != nil || len(out) == 0 {
		return nil, err
	}
	until := t.at + ttl.Microseconds()
	ids := make([]int64, len(out))
	for i := range out {
		j := &out[i]
		ids[i] = j.ID
		j.Owner, j.Until, j.Attempts = owner, moment(until), j.Attempts+1
	}
	return out, t.direct(ctx, takeJobs, nil, ids, []byte(owner), until)
}

// Finish removes a job that the owner still holds.
func (t *tx) Finish(ctx context.Context, id int64, owner string) error {
	return t.settleJob(ctx, finishJob, id, []byte(owner), t.at)
}

// Retry gives a job back, due later.
func (t *tx) Retry(ctx context.Context, id int64, owner string, due time.Time, reason string) error {
	return t.settleJob(ctx, retryJob, id, []byte(owner), t.at, due.UnixMicro(), []byte(reason))
}

// Park sets a job aside with the reason.
func (t *tx) Park(ctx context.Context, id int64, owner, reason string) error {
	return t.settleJob(ctx, parkJob, id, []byte(owner), t.at, []byte(reason))
}

// settleJob runs a statement that only the holder of a lease can.
func (t *tx) settleJob(ctx context.Context, query string, args ...any) error {
	held := false
	if err := t.direct(ctx, query, func(row) error { held = true; return nil }, args...); err != nil {
		return err
	}
	if !held {
		return fault.New(fault.Conflict, "store.lease", "the job is not leased to this owner any more")
	}
	return nil
}
