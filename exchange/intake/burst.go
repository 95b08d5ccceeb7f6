package intake

import (
	"sync/atomic"
	"time"
)

// burst tells whether messages come in faster than they can be applied at the
// same time, by counting arrivals over windows of a tenth of a second. It is
// used by one goroutine.
type burst struct {
	now      func() time.Time
	arrivals *atomic.Int64
	since    time.Time
	count    int64
	high     bool
}

const burstWindow = 100 * time.Millisecond

func (b *burst) on() bool {
	now := b.now()
	if span := now.Sub(b.since); span >= burstWindow {
		n := b.arrivals.Load()
		b.high = !b.since.IsZero() && float64(n-b.count)/span.Seconds() > burstRate
		b.since, b.count = now, n
	}
	return b.high
}
