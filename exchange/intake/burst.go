package intake

import (
	"sync/atomic"
	"time"
)

// pace is what the receiver tells of its work: how many messages were kept and
// how long their senders waited for that.
type pace struct {
	kept   atomic.Int64
	waited atomic.Int64 // nanoseconds, summed
}

func (p *pace) add(wait time.Duration) {
	p.kept.Add(1)
	p.waited.Add(int64(wait))
}

// burst tells whether senders wait because messages are applied at the same
// time. Then they come first: what is journalled and acknowledged can be
// applied afterwards. It begins when acknowledgements are slow at a high rate,
// and ends when the rate falls to what can be applied along the way. It is
// used by one goroutine.
type burst struct {
	now    func() time.Time
	pace   *pace
	since  time.Time
	kept   int64
	waited int64
	high   bool
}

const (
	burstWindow = 200 * time.Millisecond
	burstRate   = 700                  // messages a second from which on it may begin
	burstWait   = 8 * time.Millisecond // mean wait of a sender that begins it
	burstEnd    = 1500                 // messages a second below which it ends
)

func (b *burst) on() bool {
	now := b.now()
	span := now.Sub(b.since)
	if span < burstWindow {
		return b.high
	}
	kept, waited := b.pace.kept.Load(), b.pace.waited.Load()
	n := kept - b.kept
	rate := float64(n) / span.Seconds()
	switch {
	case b.since.IsZero() || n == 0:
		b.high = false
	case b.high:
		b.high = rate > burstEnd
	default:
		b.high = rate > burstRate && time.Duration((waited-b.waited)/n) > burstWait
	}
	b.since, b.kept, b.waited = now, kept, waited
	return b.high
}
