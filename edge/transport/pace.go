package transport

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// generation is after how many users and clients those are forgotten who have
// asked nothing while so many others did; they begin afresh.
const generation = 10_000

// Pace holds each user or client to a rate of requests.
type Pace struct {
	each  rate.Limit
	burst int
	now   func() time.Time

	mu           sync.Mutex
	known, older map[string]*rate.Limiter
}

// NewPace allows each user or client so many requests a second, and five
// seconds' worth at once. 0 = no limit.
func NewPace(perSecond float64, now func() time.Time) *Pace {
	return &Pace{each: rate.Limit(perSecond), burst: max(1, int(math.Ceil(5*perSecond))), now: now, known: map[string]*rate.Limiter{}}
}

// Wait is how long somebody has to wait before this request: 0 = it may go on.
func (p *Pace) Wait(who string) time.Duration {
	if p == nil || p.each <= 0 {
		return 0
	}
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	bucket := p.known[who]
	if bucket == nil {
		if len(p.known) >= generation {
			p.known, p.older = map[string]*rate.Limiter{}, p.known
		}
		if bucket = p.older[who]; bucket == nil {
			bucket = rate.NewLimiter(p.each, p.burst)
		}
		p.known[who] = bucket
	}
	take := bucket.ReserveN(now, 1)
	wait := take.DelayFrom(now)
	if wait > 0 {
		take.CancelAt(now) // refused, not queued: it costs nothing
	}
	return wait
}
