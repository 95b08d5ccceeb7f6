package intake

import (
	"context"

	"concord/record"
)

// Replay sends parked messages through the mapping again, on the errand of who
// asks for it; it says how many were parked.
func (a *Applier) Replay(ctx context.Context, e *record.Errand, seqs []int64) (int, error) {
	n, err := e.Requeue(ctx, seqs)
	if n > 0 {
		a.Rescan()
	}
	return n, err
}

// ReplayAll replays every parked message of a feed ("" = of all feeds).
func (a *Applier) ReplayAll(ctx context.Context, e *record.Errand, feed string) (int, error) {
	const step = 500
	total := 0
	before := int64(0)
	for {
		rows, err := e.Messages(ctx, record.MessageFilter{Feed: feed, States: []record.State{record.Parked}, Before: before, Limit: step})
		if err != nil {
			return total, err
		}
		seqs := make([]int64, len(rows))
		for i, m := range rows {
			seqs[i] = m.Seq
			before = m.Seq
		}
		n, err := a.Replay(ctx, e, seqs)
		total += n
		if err != nil || len(rows) < step {
			return total, err
		}
	}
}
