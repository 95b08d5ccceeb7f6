package jobs

import (
	"context"
	"time"

	"concord/fault"
	"concord/store"
)

// Step does some of a job. done tells that nothing is left; otherwise the job
// goes back to the queue and its next step may run in another process.
// The context ends when the lease does.
type Step func(ctx context.Context, job store.Job) (done bool, err error)

// Worker takes jobs of one topic.
type Worker struct {
	Engine store.Engine
	Topic  string
	Owner  string // tells processes apart
	Lease  time.Duration
	Now    func() time.Time
	// Attempts is how often a step may fail before the job is parked.
	Attempts int
}

// Once takes one due job, if there is one, and runs a step of it. ran tells
// that there was a job. Errors are the store's; a step that fails is noted on
// its job.
func (w *Worker) Once(ctx context.Context, step Step) (ran bool, err error) {
	var taken []store.Job
	err = w.Engine.Update(ctx, func(tx store.Tx) error {
		var err error
		taken, err = tx.Lease(ctx, w.Topic, w.Owner, w.Lease, 1)
		return err
	})
	if err != nil || len(taken) == 0 {
		return false, err
	}
	job := taken[0]
	inner, cancel := context.WithTimeout(ctx, w.Lease)
	done, failure := step(inner, job)
	cancel()
	return true, w.Engine.Update(ctx, func(tx store.Tx) error { return w.settle(ctx, tx, job, done, failure) })
}

func (w *Worker) settle(ctx context.Context, tx store.Tx, job store.Job, done bool, failure error) error {
	switch {
	case failure == nil && done:
		return tx.Finish(ctx, job.ID, w.Owner)
	case failure == nil:
		return tx.Retry(ctx, job.ID, w.Owner, w.Now(), "")
	case job.Attempts >= w.Attempts && !fault.Is(failure, fault.Busy):
		return tx.Park(ctx, job.ID, w.Owner, fault.Of(failure).Code)
	}
	wait := min(time.Second<<min(job.Attempts, 8), 5*time.Minute)
	return tx.Retry(ctx, job.ID, w.Owner, w.Now().Add(wait), fault.Of(failure).Code)
}
