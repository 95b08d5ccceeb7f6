package postgres

import (
	"context"

	"concord/store"
)

const (
	jobColumns = "id, due, owner, until, attempts, parked, reason, body"
	listJobs   = "SELECT " + jobColumns + " FROM queue WHERE topic = $1 ORDER BY id LIMIT $2"
	dueJobs    = "SELECT " + jobColumns + " FROM queue WHERE topic = $1 AND NOT parked AND due <= $2 AND (until IS NULL OR until <= $2) ORDER BY due, id LIMIT $3"
	takeJobs   = "UPDATE queue SET owner = $2, until = $3, attempts = attempts + 1 WHERE id = ANY($1)"
	finishJob  = "DELETE FROM queue WHERE id = $1 AND owner = $2 AND until > $3 RETURNING id"
	retryJob   = "UPDATE queue SET owner = NULL, until = NULL, due = $4, reason = $5 WHERE id = $1 AND owner = $2 AND until > $3 RETURNING id"
	parkJob    = "UPDATE queue SET owner = NULL, until = NULL, parked = true, reason = $4 WHERE id = $1 AND owner = $2 AND until > $3 RETURNING id"
)

func job(r row, topic string) store.Job {
	j := store.Job{
		ID: r.int(0), Topic: topic, Due: moment(r.int(1)), Owner: r.text(2),
		Attempts: int(r.int(4)), Parked: r.bool(5), Reason: r.text(6), Body: r.blob(7),
	}
	if !r.null(3) {
		j.Until = moment(r.int(3))
	}
	return j
}

// Jobs lists the jobs of a topic, oldest first, parked ones included.
func (s *snapshot) Jobs(ctx context.Context, topic string, limit int) ([]store.Job, error) {
	id, err := s.nameID(ctx, topic)
	if err != nil || id == 0 {
		return nil, err
	}
	var out []store.Job
	err = s.each(ctx, listJobs, func(r row) error { out = append(out, job(r, topic)); return nil }, id, int64(max(limit, 0)))
	return out, err
}
