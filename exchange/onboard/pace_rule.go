package onboard

import (
	"slices"
	"time"
)

// pace is how hard a load works: rows a transaction, and how long it rests after
// each, as a share of the time that it took.
type pace struct {
	batch int
	rest  float64
}

// paceRule holds a load to a limit. It is a pure function: the same figures give
// the same pace.
type paceRule struct {
	limit time.Duration // of the 95th percentile
	most  int           // rows a transaction
	share float64       // of the limit that is aimed at
}

func rule(limit time.Duration, most int) paceRule { return paceRule{limit, most, 1} }

// learn sets the aim: below the limit as long as what is felt lately is above it, so
// that it holds over many windows, however unevenly they fall.
func (r paceRule) learn(lately time.Duration) paceRule {
	if lately > r.limit {
		r.share = max(leastShare, r.share*0.97)
	} else {
		r.share = min(1, r.share*1.01)
	}
	return r
}

const (
	leastBatch = 6
	firstBatch = 20   // a load begins gently
	mostRest   = 20.0 // then one probe in twenty meets a transaction
	firstRest  = 0.5
	easyShare  = 0.8  // of what is aimed at: below it the load may work harder
	leastShare = 0.6  // of the limit is aimed at
	restLess   = 0.85 // a rest shortens to so much of itself
)

// next is the pace after one at which the 95th percentile was p95. Above the
// limit transactions are halved, since who waits waits for one of them; when they
// cannot be smaller the load rests longer. Well below it rests shorten first, and
// then transactions grow by an eighth.
func (r paceRule) next(p pace, p95 time.Duration) pace {
	aim := time.Duration(r.share * float64(r.limit))
	switch {
	case p95 > aim && p.batch > leastBatch:
		p.batch = max(leastBatch, p.batch/2)
	case p95 > aim:
		p.rest = min(mostRest, max(firstRest, p.rest*2))
	case float64(p95) >= easyShare*float64(aim):
	case p.rest > 0:
		if p.rest = p.rest*restLess - 0.05; p.rest < 0.05 {
			p.rest = 0
		}
	default:
		p.batch = min(r.most, p.batch+max(5, p.batch/8))
	}
	return p
}

// percentile95 is the 95th percentile of times, which it puts in order.
func percentile95(times []time.Duration) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[(len(times)*95+99)/100-1]
}

// corrected adds to times the probes that could not be made while one was
// waiting: each would have waited the rest (https://github.com/HdrHistogram/HdrHistogram,
// corrected for coordinated omission).
func corrected(times []time.Duration, d, every time.Duration) []time.Duration {
	for ; d > 0; d -= every {
		times = append(times, d)
		if every <= 0 {
			break
		}
	}
	return times
}
