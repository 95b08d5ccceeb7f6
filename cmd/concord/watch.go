package main

import (
	"context"
	"time"

	"concord/jobs"
)

// How often stories are looked at, and how long one process leads in it.
const (
	watchEvery = 15 * time.Second
	watchLease = time.Minute
)

// watch looks after what was written for signs that two people were put into one
// record, and counts decisions for the stewards: one process at a time.
func (h *house) watch(ctx context.Context) {
	run := func(ctx context.Context) {
		for ctx.Err() == nil {
			more, err := h.desk.Watch(ctx)
			if err != nil && ctx.Err() == nil {
				h.log.Error("stories could not be looked at", "error", err.Error())
			}
			pause := watchEvery
			if more && err == nil {
				pause = 50 * time.Millisecond // beside the work, not before it
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
	}
	if !h.shared {
		run(ctx)
		return
	}
	l := &jobs.Lead{Engine: h.engine, Name: "watch", Owner: h.owner(), Life: watchLease, Now: time.Now}
	l.Run(ctx, run)
}
