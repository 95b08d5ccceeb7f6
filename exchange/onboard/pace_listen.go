package onboard

import (
	"context"
	"slices"
	"time"
)

// A load listens now and then: it stands still, and what others wait meanwhile is what
// they would wait without it. Rests between transactions do not tell that, since what a
// transaction leaves behind is felt in them too.
const (
	listenAfter  = 400 // probes: ten seconds or so
	settle       = 2   // probes that are not counted, when it has just come to stand
	listenProbes = 10  // each time
	idleProbes   = 40  // the last so many count
)

// listens has the load stand still and listens, when it is time to.
func (p *pacer) listens(ctx context.Context) error {
	if p.since++; p.since <= p.listen {
		return nil
	}
	p.since = 0
	p.gate.Lock()
	defer p.gate.Unlock()
	var heard []time.Duration
	for i := range settle + listenProbes {
		d, err := p.probe(ctx)
		if err == nil {
			err = rest(ctx, p.every)
		}
		if err != nil {
			return err
		}
		if i >= settle {
			heard = corrected(heard, d, p.every)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, heard...)
	p.idle = p.idle[max(0, len(p.idle)-idleProbes):]
	if len(p.idle) >= windowProbes {
		p.out.Resting = percentile95(slices.Clone(p.idle))
		p.rule.limit = time.Duration(float64(max(p.quiet0, p.out.Resting)) * p.factor)
	}
	return nil
}
