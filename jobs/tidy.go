package jobs

import (
	"context"
	"time"

	"concord/store"
)

const (
	tidyEvery = 10 * time.Minute
	// tidyBatch is how many values one Update removes: others wait behind it.
	tidyBatch = 500
	tidyPause = 50 * time.Millisecond
)

// Tidy removes what is past its expiry (sessions, tokens, pages of searches,
// claims) every few minutes, until ctx ends. What has expired is absent to
// everybody already; only its room is given back. failed is told of each failure.
func Tidy(ctx context.Context, engine store.Engine, failed func(error)) {
	for {
		if _, err := TidyOnce(ctx, engine); err != nil && ctx.Err() == nil {
			failed(err)
		}
		pause(ctx, tidyEvery)
		if ctx.Err() != nil {
			return
		}
	}
}

// TidyOnce removes all that is past its expiry now, a batch at a time, and says
// how much that was.
func TidyOnce(ctx context.Context, engine store.Engine) (int, error) {
	all := 0
	for ctx.Err() == nil {
		n := 0
		err := engine.Update(ctx, func(tx store.Tx) error {
			var err error
			n, err = tx.DropExpired(ctx, tidyBatch)
			return err
		})
		all += n
		if err != nil || n < tidyBatch {
			return all, err
		}
		pause(ctx, tidyPause)
	}
	return all, ctx.Err()
}
