package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"time"

	"concord/demo/linked"
	"concord/exchange/intake"
	"concord/fault"
	"concord/record"
)

// liveTraffic is what goes on beside a load: messages of feeds and charts that
// clinicians open, so many of each a second, of people who are in the live record.
// Each is due at its own moment whatever became of those before (an open loop),
// and what it waited counts from then, so that a stall is seen by all who came
// into it.
type liveTraffic struct {
	house  *house
	seed   uint64
	rates  liveRates
	people []livePerson
	lines  []*liveLine
	desk   viewing

	stop    context.CancelFunc
	working sync.WaitGroup

	mu      sync.Mutex
	waiting map[string]liveMessage // sent and not applied, by control id
	unheard int                    // sent, and their answers not noted yet
	control int
	lost    error // a connection that broke
}

// liveRates are how much goes on.
type liveRates struct {
	Messages int           `help:"Messages a second about people who are live, beside the load and the undo; 0 = none." default:"0"`
	Views    int           `help:"Charts a second that are opened meanwhile; 0 = none." default:"0"`
	Apart    time.Duration `help:"How long the same is measured before the load, and after it." default:"20s"`
}

func (r liveRates) none() bool { return r.Messages <= 0 && r.Views <= 0 }

// livePerson is somebody of the live record: by their trust's number in messages,
// by the person's id in charts.
type livePerson struct {
	row linked.Row
	id  string
}

func (p livePerson) trust() string { return p.row.Record.Numbers[0].Scope }

const (
	mostLive   = 2000 // people of whom messages and charts are
	liveLines  = 8    // connections of feeds; all messages of a person come by one
	liveDrains = 2 * time.Minute
	liveWarms  = 5 * time.Second
)

// startLive begins what a server does beside its pages, and gives the people a
// history of results and stays.
func startLive(ctx context.Context, h *house, seed uint64, rates liveRates, people []livePerson) (*liveTraffic, error) {
	t := &liveTraffic{house: h, seed: seed, rates: rates, people: people, waiting: map[string]liveMessage{}}
	if len(people) == 0 {
		return nil, fault.New(fault.Invalid, "cli.live", "nobody is live: --live is at least 1")
	}
	sock, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	inner, stop := context.WithCancel(ctx)
	t.stop = stop
	h.applier.Tell(t.settled)
	l := &intake.Listener{Receiver: h.receiver, Log: h.log}
	t.working.Go(func() { l.Serve(inner, sock) })
	t.working.Go(func() { h.apply(inner) })
	t.working.Go(func() { h.sequence(inner) })
	t.working.Go(func() { h.desk.Work(inner, h.owner()) })
	for range liveLines {
		line, err := t.dial(inner, sock.Addr().String())
		if err != nil {
			t.close()
			return nil, err
		}
		t.lines = append(t.lines, line)
	}
	if err = t.history(ctx); err == nil {
		err = t.desk.open(ctx, h, people)
	}
	if err == nil {
		_, err = t.during(ctx, "warming", wait(liveWarms))
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *liveTraffic) close() {
	if t == nil {
		return
	}
	t.stop()
	t.working.Wait()
}

func wait(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// during lets traffic go on while f does, and measures it. Without traffic f runs
// alone.
func (t *liveTraffic) during(ctx context.Context, name string, f func(context.Context) error) (*livePhase, error) {
	if t == nil {
		return nil, f(ctx)
	}
	p := &livePhase{Name: name}
	start := time.Now()
	coming, stop := context.WithCancel(ctx)
	var sources, views sync.WaitGroup
	sources.Go(func() {
		openLoop(coming, t.rates.Messages, t.random(name, 1), func(due time.Time, r *rand.Rand) { t.send(due, r, p) })
	})
	sources.Go(func() {
		n := 0
		openLoop(coming, t.rates.Views, t.random(name, 2), func(due time.Time, r *rand.Rand) {
			kind, who := n, t.people[r.IntN(len(t.people))]
			n++
			views.Go(func() { p.viewed.took(due, t.desk.view(ctx, kind, who)) })
		})
	})
	err := f(ctx)
	p.Seconds = time.Since(start).Seconds()
	stop()
	sources.Wait()
	views.Wait()
	if drained := t.drain(ctx); err == nil {
		err = drained
	}
	p.sum()
	fmt.Fprintf(os.Stderr, "%s: %.0f s\n", name, p.Seconds) // a large load takes long
	return p, err
}

func (t *liveTraffic) random(name string, what uint64) *rand.Rand {
	return rand.New(rand.NewPCG(t.seed, what+uint64(len(name))<<8))
}

// openLoop calls do for each of so many a second until ctx ends: at moments that
// do not depend on each other, as people come.
func openLoop(ctx context.Context, perSecond int, r *rand.Rand, do func(due time.Time, r *rand.Rand)) {
	if perSecond <= 0 {
		return
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for due := time.Now(); ; {
		due = due.Add(time.Duration(r.ExpFloat64() * float64(time.Second) / float64(perSecond)))
		timer.Reset(time.Until(due))
		select {
		case <-timer.C:
			do(due, r)
		case <-ctx.Done():
			return
		}
	}
}

// drain waits until every message that was sent is answered and applied.
func (t *liveTraffic) drain(ctx context.Context) error {
	for until := time.Now().Add(liveDrains); ; {
		t.mu.Lock()
		n, lost := max(len(t.waiting), t.unheard), t.lost
		t.mu.Unlock()
		switch {
		case lost != nil:
			return lost
		case n == 0:
			return nil
		case time.Now().After(until):
			return fault.New(fault.Busy, "cli.live", "%d messages are not applied after %s", n, liveDrains)
		}
		if err := wait(2 * time.Millisecond)(ctx); err != nil {
			return err
		}
	}
}

// settled is told by the applier what became of a message. A phase is over when
// nothing waits, so that it is noted first.
func (t *liveTraffic) settled(m *record.Message, state record.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sent, mine := t.waiting[m.Control]
	if !mine {
		return
	}
	defer delete(t.waiting, m.Control)
	var err error
	if state != record.Applied {
		err = fault.New(fault.Internal, "bench.parked", "a message was not applied: %s", m.Code)
	}
	if sent.phase != nil {
		sent.phase.applied.took(sent.due, err)
	} else if err != nil {
		t.lost = err
	}
}
