package main

import (
	"context"
	"time"

	"concord/fault"
)

// followEvery is how soon a server goes by a pack that another process has applied to
// the database that they share: another server, or a command beside them.
const followEvery = time.Minute

// firstPacks reads the packs that run before anything is served by them. A store of
// an older program is searched once its index is up to date, which is waited for.
func (h *house) firstPacks(ctx context.Context) error {
	for waited := 0; ; waited++ {
		err := h.usePacks(ctx)
		if !fault.Is(err, fault.Busy) || fault.Of(err).Code != "search.reindexing" {
			return err
		}
		if waited%30 == 0 {
			h.log.Info("the index is being brought up to date after an upgrade; nothing is served until that is done")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

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
