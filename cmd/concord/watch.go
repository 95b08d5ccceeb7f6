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

// namesEvery is how often a process asks whether names were counted anew.
const namesEvery = time.Minute

// names takes up counts of names as they are made, in every process.
func (h *house) names(ctx context.Context) {
	for ctx.Err() == nil {
		if _, err := h.desk.TakeUpNames(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("the count of names cannot be taken up", "error", err.Error())
		}
		select {
		case <-ctx.Done():
		case <-time.After(namesEvery):
		}
	}
}

// tendNames counts names when that is due, and looks again at who waits for it.
func (h *house) tendNames(ctx context.Context) error {
	due, err := h.desk.NamesDue(ctx, 0)
	if err != nil {
		return err
	}
	if due {
		if _, err := h.operator().CountNames(ctx, 0); err != nil {
			return err
		}
		if _, err := h.desk.TakeUpNames(ctx); err != nil {
			return err
		}
	}
	n, err := h.desk.Rejudge(ctx)
	if n > 0 {
		h.log.Info("pairs that waited for names to be counted were looked at again", "pairs", n)
	}
	return err
}

// watch looks after what was written for signs that two people were put into one
// record, and counts decisions and names: one process at a time.
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
			} else if err := h.tendNames(ctx); err != nil && ctx.Err() == nil {
				h.log.Error("names could not be counted", "error", err.Error())
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
