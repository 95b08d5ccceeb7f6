package onboard

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Throttle is by what a load, or an undo, slows itself down, so that who works with
// the record does not feel it. What they feel is measured by a probe of its own,
// before the load and all the while, and the 95th percentile kept within a factor
// of what it is without the load: before it, or while it stands still to listen, since
// others may make the server slow too and no rest of the load would help against that.
type Throttle struct {
	// Probe does what somebody who works with the record waits for, and says how
	// long that took; nil = the load works as hard as it can. With it the 95th
	// percentile is kept within Factor times what it was before the load; 0 = 1.5.
	Probe  func(context.Context) (time.Duration, error)
	Factor float64

	every  time.Duration // between probes; 0 = 25 ms
	listen int           // probes between one listening and the next; 0 = 400
}

// Paced is what a load was held to, and came to.
type Paced struct {
	Quiet    time.Duration `json:"quiet"`   // 95th percentile before the load
	Resting  time.Duration `json:"resting"` // while the load stood still; 0 = it never did
	Limit    time.Duration `json:"limit"`   // that it was held to at the end
	Felt     time.Duration `json:"felt"`    // 95th percentile of the whole load
	Probes   int           `json:"probes"`  // while it was at work
	Slowed   int           `json:"slowed"`  // times that it slowed down
	Smallest int           `json:"batch"`   // rows of its smallest transactions
	Longest  float64       `json:"longest"` // its longest rest, as a share
}

const (
	probeEvery   = 25 * time.Millisecond
	quietProbes  = 100
	windowProbes = 20                   // after so many the pace is looked at again
	leastQuiet   = 3 * time.Millisecond // a limit on what is faster would be one on chance
	mostPiece    = 40                   // rows of a transaction that others wait beside; larger ones gain little
	mostKept     = 200_000              // probes for the percentile of the whole load: its first hour and a half
	latelyProbes = 400                  // by which the aim is set
)

// pacer holds a load to its pace.
type pacer struct {
	rule  paceRule
	every time.Duration
	probe func(context.Context) (time.Duration, error)

	mu     sync.Mutex
	now    pace
	quiet0 time.Duration // before the load, and not below leastQuiet
	factor float64
	lane   sync.Mutex   // held by the one transaction at a time of a load that rests
	gate   sync.RWMutex // held by each transaction at work; by the probe while it listens
	since  int          // probes since it last did
	listen int          // after so many it does again
	window []time.Duration
	recent []time.Duration // the last latelyProbes
	idle   []time.Duration // what was felt while none was at work
	all    []time.Duration
	out    Paced
	stop   context.CancelFunc
	done   chan struct{}
	failed error
}

// startPace measures what others feel now, and goes on measuring. Without a probe
// there is no pacer, and the load works as hard as it can: at most.
func startPace(ctx context.Context, t Throttle, most pace) (*pacer, error) {
	if t.Probe == nil {
		return nil, nil
	}
	if t.Factor <= 0 {
		t.Factor = 1.5
	}
	if t.every <= 0 {
		t.every = probeEvery
	}
	if t.listen <= 0 {
		t.listen = listenAfter
	}
	p := &pacer{every: t.every, listen: t.listen, probe: t.Probe, now: pace{min(most.batch, firstBatch), most.rest}, done: make(chan struct{})}
	quiet, err := p.quiet(ctx)
	if err != nil {
		return nil, err
	}
	p.out.Quiet, p.quiet0, p.factor, p.out.Smallest = quiet, max(leastQuiet, quiet), t.Factor, p.now.batch
	p.rule = rule(time.Duration(float64(p.quiet0)*p.factor), min(most.batch, mostPiece))
	ctx, p.stop = context.WithCancel(ctx)
	go p.watch(ctx)
	return p, nil
}

// run does one transaction's work, and rests after it as the pace asks for, or
// otherwise says as a share of the time that it took.
func (p *pacer) run(ctx context.Context, now func() time.Time, otherwise float64, work func() error) error {
	defer p.alone()()
	p.begin()
	start := now()
	err := work()
	took := now().Sub(start)
	p.ended()
	if err != nil || p == nil && otherwise == 0 {
		return err
	}
	pause, err := p.after(took, otherwise)
	if err == nil && pause > 0 {
		err = rest(ctx, pause)
	}
	return err
}

// quiet is what others feel without the load: the middle one of several 95th
// percentiles, so that one slow moment does not let the load slow everybody down.
func (p *pacer) quiet(ctx context.Context) (time.Duration, error) {
	var windows []time.Duration
	for range quietProbes / windowProbes {
		var window []time.Duration
		for range windowProbes {
			d, err := p.probe(ctx)
			if err == nil {
				err = rest(ctx, p.every)
			}
			if err != nil {
				return 0, err
			}
			window = corrected(window, d, p.every)
		}
		windows = append(windows, percentile95(window))
	}
	slices.Sort(windows)
	return windows[len(windows)/2], nil
}

// watch probes until the load ends.
func (p *pacer) watch(ctx context.Context) {
	defer close(p.done)
	for ctx.Err() == nil {
		if err := p.listens(ctx); err != nil {
			p.fail(ctx, err)
			return
		}
		d, err := p.probe(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			p.fail(ctx, err)
			return
		}
		p.felt(d)
		if rest(ctx, p.every) != nil {
			return
		}
	}
}

// fail has the load end by the error of a probe, unless it is ending.
func (p *pacer) fail(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = err
}

// alone lets one transaction at a time work, and rest, while the load is one that
// rests.
func (p *pacer) alone() (done func()) {
	if p == nil {
		return func() {}
	}
	p.mu.Lock()
	rests := p.now.rest > 0
	p.mu.Unlock()
	if !rests {
		return func() {}
	}
	p.lane.Lock()
	return p.lane.Unlock
}

// begin and ended tell that a transaction is at work.
func (p *pacer) begin() {
	if p != nil {
		p.gate.RLock()
	}
}

func (p *pacer) ended() {
	if p != nil {
		p.gate.RUnlock()
	}
}

// felt takes one probe, and after some looks at the pace again.
func (p *pacer) felt(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out.Probes++
	p.window = corrected(p.window, d, p.every)
	if len(p.all) < mostKept {
		p.all = corrected(p.all, d, p.every)
	}
	if len(p.window) < windowProbes {
		return
	}
	p.recent = append(p.recent, p.window...)
	p.recent = p.recent[max(0, len(p.recent)-latelyProbes):]
	p.rule = p.rule.learn(percentile95(slices.Clone(p.recent)))
	next := p.rule.next(p.now, percentile95(p.window))
	if next.batch < p.now.batch || next.rest > p.now.rest {
		p.out.Slowed++
	}
	p.out.Smallest, p.out.Longest = min(p.out.Smallest, next.batch), max(p.out.Longest, next.rest)
	p.now, p.window = next, p.window[:0]
}

// batch is how many rows the next transaction has.
func (p *pacer) batch(otherwise int) int {
	if p == nil {
		return otherwise
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now.batch
}

// after is how long is rested after a transaction. Error: that of a probe, since
// a load that cannot feel what others do would not be held to anything.
func (p *pacer) after(took time.Duration, otherwise float64) (time.Duration, error) {
	if p == nil {
		return time.Duration(float64(took) * otherwise), nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Duration(float64(took) * max(p.now.rest, otherwise)), p.failed
}

// end stops probing and tells what came of it.
func (p *pacer) end() *Paced {
	if p == nil {
		return nil
	}
	p.stop()
	<-p.done
	p.out.Felt, p.out.Limit = percentile95(p.all), p.rule.limit
	return &p.out
}
