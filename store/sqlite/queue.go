package sqlite

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/store"
)

const jobColumns = "id, due, owner, until, attempts, parked, reason, body"

func job(st *sqlite.Stmt, topic string) store.Job {
	j := store.Job{
		ID: st.ColumnInt64(0), Topic: topic, Due: moment(st.ColumnInt64(1)), Owner: st.ColumnText(2),
		Attempts: st.ColumnInt(4), Parked: st.ColumnInt64(5) != 0, Reason: st.ColumnText(6), Body: blob(st, 7),
	}
	if !st.ColumnIsNull(3) {
		j.Until = moment(st.ColumnInt64(3))
	}
	return j
}

// Jobs lists the jobs of a topic, oldest first, parked ones included.
func (s *snapshot) Jobs(ctx context.Context, topic string, limit int) ([]store.Job, error) {
	id, err := s.nameID(topic)
	if err != nil || id == 0 {
		return nil, err
	}
	var out []store.Job
	err = s.each("SELECT "+jobColumns+" FROM queue WHERE topic = ?1 ORDER BY id LIMIT +?2", func(st *sqlite.Stmt) error {
		out = append(out, job(st, topic))
		return nil
	}, id, max(limit, 0))
	return out, err
}

// Enqueue adds a job; a due time of zero is now.
func (t *tx) Enqueue(ctx context.Context, topic string, body []byte, due time.Time) (int64, error) {
	id, err := t.intern(ctx, topic)
	if err != nil {
		return 0, err
	}
	at := t.at
	if !due.IsZero() {
		at = due.UnixMicro()
	}
	t.w.c.job++
	st, err := t.write(ctx, "INSERT INTO queue (id, topic, due, attempts, parked, body) VALUES (?1, ?2, ?3, 0, 0, ?4)")
	if err != nil {
		return 0, err
	}
	st.BindInt64(1, t.w.c.job)
	st.BindInt64(2, id)
	st.BindInt64(3, at)
	st.BindBytes(4, body)
	return t.w.c.job, t.exec(st)
}

// Lease takes due jobs that nobody holds, oldest due first.
func (t *tx) Lease(ctx context.Context, topic, owner string, ttl time.Duration, limit int) ([]store.Job, error) {
	id, err := t.nameID(topic)
	if err != nil || id == 0 {
		return nil, err
	}
	if owner == "" || ttl <= 0 {
		return nil, fault.New(fault.Internal, "store.lease", "a lease needs an owner and a time")
	}
	var out []store.Job
	err = t.each("SELECT "+jobColumns+` FROM queue WHERE topic = ?1 AND parked = 0 AND due <= ?2
		AND (until IS NULL OR until <= ?2) ORDER BY due, id LIMIT +?3`, func(st *sqlite.Stmt) error {
		out = append(out, job(st, topic))
		return nil
	}, id, t.at, max(limit, 0))
	if err != nil {
		return nil, err
	}
	until := t.at + ttl.Microseconds()
	for i := range out {
		j := &out[i]
		j.Owner, j.Until, j.Attempts = owner, moment(until), j.Attempts+1
		if err := t.apply(ctx, "UPDATE queue SET owner = ?2, until = ?3, attempts = ?4 WHERE id = ?1", j.ID, owner, until, j.Attempts); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Finish removes a job that the owner still holds.
func (t *tx) Finish(ctx context.Context, id int64, owner string) error {
	return t.settleJob(ctx, "DELETE FROM queue WHERE id = ?1 AND owner = ?2 AND until > ?3", id, owner, t.at)
}

// Retry gives a job back, due later.
func (t *tx) Retry(ctx context.Context, id int64, owner string, due time.Time, reason string) error {
	return t.settleJob(ctx, "UPDATE queue SET owner = NULL, until = NULL, due = ?4, reason = ?5 WHERE id = ?1 AND owner = ?2 AND until > ?3",
		id, owner, t.at, due.UnixMicro(), reason)
}

// Park sets a job aside with the reason.
func (t *tx) Park(ctx context.Context, id int64, owner, reason string) error {
	return t.settleJob(ctx, "UPDATE queue SET owner = NULL, until = NULL, parked = 1, reason = ?4 WHERE id = ?1 AND owner = ?2 AND until > ?3",
		id, owner, t.at, reason)
}

// settleJob runs a statement that only the holder of a lease can.
func (t *tx) settleJob(ctx context.Context, query string, args ...any) error {
	if err := t.apply(ctx, query, args...); err != nil {
		return err
	}
	if t.conn.Changes() == 0 {
		return fault.New(fault.Conflict, "store.lease", "the job is not leased to this owner any more")
	}
	return nil
}
