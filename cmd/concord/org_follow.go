package main

import (
	"context"
	"time"

	"concord/fault"
)

// followEvery is how soon a server goes by a pack that another process has applied to
// the database that they share: another server, or a command beside them.
const followEvery = time.Minute

// followPacks reads the packs that run again and again, until ctx ends. When they
// cannot be read, those that were stay.
func (h *house) followPacks(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := h.usePacks(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("the org packs that run could not be read", "code", fault.Of(err).Code)
		}
	}
}
