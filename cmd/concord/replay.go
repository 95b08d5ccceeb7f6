package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"concord/record"
)

type replayCmd struct {
	where
	Feed  string `help:"Name of the feed; all when empty."`
	Feeds string `help:"Settings of feeds (YAML), as for serve." placeholder:"FILE"`
}

func (c *replayCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "replay", Feed: c.Feed, Feeds: c.Feeds}, os.Stdout)
}

// replay sends parked messages through again, waits until they are settled and
// says how many are parked still: those are its findings.
func (h *house) replay(ctx context.Context, req request, out io.Writer) error {
	e := h.operator()
	n, err := h.applier.ReplayAll(ctx, e, req.Feed)
	if err != nil {
		return err
	}
	parked, err := h.settled(ctx, e, req.Feed)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d replayed, %d parked\n", n, parked)
	if parked > 0 {
		return errFindings
	}
	return nil
}

// settled waits until no message of a feed waits, and counts the parked ones.
func (h *house) settled(ctx context.Context, e *record.Errand, feed string) (int64, error) {
	for {
		feeds, err := e.Feeds(ctx)
		if err != nil {
			return 0, err
		}
		var waiting, parked int64
		for _, f := range feeds {
			if feed == "" || f.Feed == feed {
				waiting += f.ByState[record.Received]
				parked += f.ByState[record.Parked]
			}
		}
		if waiting == 0 {
			return parked, nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return parked, ctx.Err()
		}
	}
}
