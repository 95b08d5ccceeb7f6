package feed

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"concord/exchange/feed/channel"
	"concord/fault"
	"concord/record"
)

// sender works one destination: it reads what waits, hands it to lines, and
// keeps what became of it.
type sender struct {
	dest   channel.Destination
	errand *record.Errand // of the destination's organisation
	now    func() time.Time
	log    *slog.Logger
	owner  string
	paused func() bool
	dial   func(ctx context.Context) (line, error)

	wake    chan struct{} // something may wait
	kept    chan record.Delivery
	mu      sync.Mutex
	change  chan struct{} // closed, and made anew, when the state below changes
	q       *queue
	stale   bool  // the store may hold what was passed over: read from the beginning
	answers int64 // messages that the destination took or refused
	state   record.Sending
	until   time.Time // while it is down: when it is tried again
	probing bool      // somebody tries whether it is up again
	streak  int       // attempts without an answer since the last one
}

const (
	readStep   = 512
	lookEvery  = time.Second
	downStreak = 3 // so many messages in a row without an answer: it is the destination, not the message
)

func newSender(d channel.Destination, e *record.Errand, now func() time.Time, log *slog.Logger) *sender {
	return &sender{dest: d, errand: e, now: now, log: log, paused: func() bool { return false },
		dial: func(ctx context.Context) (line, error) { return dial(ctx, &d, now) },
		wake: make(chan struct{}, 1), kept: make(chan record.Delivery, 2*maxItems), change: make(chan struct{}),
		q: newQueue(), state: record.Sending{State: "idle", Since: now()}}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// changed tells everybody who waits that the state is another; mu is held.
func (s *sender) changed() {
	close(s.change)
	s.change = make(chan struct{})
}

// run sends until ctx ends; what is at hand then gets a moment to be answered,
// and what became of it is kept.
func (s *sender) run(ctx context.Context) {
	var lines, keeping sync.WaitGroup
	keeping.Go(func() { s.keep(ctx) })
	for range orElse(s.dest.Connections, defaultLines) {
		lines.Go(func() { s.work(ctx) })
	}
	lines.Go(func() { s.note(ctx) })
	s.feed(ctx)
	lines.Wait()
	close(s.kept)
	keeping.Wait()
}

// feed reads what waits into memory.
func (s *sender) feed(ctx context.Context) {
	after := int64(0)
	looked := time.Time{}
	for ctx.Err() == nil {
		s.mu.Lock()
		room, stale, down := maxItems-len(s.q.items), s.stale, s.isDown()
		if stale && room >= maxItems/2 {
			s.stale, after = false, 0
			s.q.rescan()
		}
		s.mu.Unlock()
		if s.now().Sub(looked) >= lookEvery {
			looked = s.now()
			if s.look(ctx) {
				after = 0
			}
		}
		if room < readStep || down && room < maxItems {
			s.wait(ctx, lookEvery)
			continue
		}
		page, err := s.page(ctx, after)
		if err != nil {
			if ctx.Err() == nil {
				s.log.Warn("a queue cannot be read", "destination", s.dest.Name, "code", fault.Of(err).Code)
			}
			s.wait(ctx, lookEvery)
			continue
		}
		if page > 0 {
			after = page
			continue
		}
		pause(ctx, s.wake, lookEvery) // nothing is left to read until somebody says so
	}
}

// wait sleeps until something may have changed.
func (s *sender) wait(ctx context.Context, most time.Duration) {
	s.mu.Lock()
	change := s.change
	s.mu.Unlock()
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.wake:
	case <-change:
	case <-ctx.Done():
	}
}

// page reads the next messages that wait; it gives the last sequence, 0 when
// there was none. What was returned is read after them, so that a message that
// is to be held back is never taken in.
func (s *sender) page(ctx context.Context, after int64) (int64, error) {
	list, err := s.errand.Queued(ctx, s.dest.Name, after, readStep)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	blocked, err := s.returned(ctx)
	if err != nil {
		return 0, err
	}
	var held []record.Delivery
	s.mu.Lock()
	for l, seq := range blocked {
		if have := s.q.blocked[l]; have == 0 || seq < have {
			s.q.blocked[l] = seq
		}
	}
	for _, m := range list {
		if behind := s.q.add(m); behind != 0 {
			held = append(held, record.Delivery{Message: m, State: record.Held, Behind: behind})
		}
	}
	s.changed()
	s.mu.Unlock()
	if len(held) > 0 {
		if err := s.errand.Deliver(ctx, held); err != nil {
			return 0, err
		}
	}
	return list[len(list)-1].Seq, nil
}

// returned are the lanes that stand still.
func (s *sender) returned(ctx context.Context) (map[record.Lane]int64, error) {
	out := map[record.Lane]int64{}
	if !s.dest.Holds() {
		return out, nil
	}
	for before := int64(0); ; {
		list, err := s.errand.ReturnedOf(ctx, s.dest.Name, before, readStep)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			before = m.Seq
			for _, l := range record.LanesOf(m) {
				out[l] = m.Seq // newest first: the oldest stays
			}
		}
		if len(list) < readStep {
			return out, nil
		}
	}
}

// look finds lanes that a person has let go on; then reading begins anew.
func (s *sender) look(ctx context.Context) (again bool) {
	blocked, err := s.returned(ctx)
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for l, seq := range s.q.blocked {
		now, still := blocked[l]
		switch {
		case !still && !s.pending(seq):
			delete(s.q.blocked, l)
			again = true
		case still && now > seq && !s.pending(seq):
			s.q.blocked[l] = now
			again = true
		}
	}
	if again {
		s.q.rescan()
	}
	return again
}

// pending tells a message whose outcome is not kept yet.
func (s *sender) pending(seq int64) bool { return s.q.items[seq] != nil }

// work is one line: it takes the next message that may go, sends it, and puts
// it where its answer says.
func (s *sender) work(ctx context.Context) {
	var l line
	defer func() {
		if l != nil {
			l.close()
		}
	}()
	for {
		it := s.take(ctx)
		if it == nil {
			return
		}
		if l == nil {
			opened, err := s.dial(ctx)
			if err != nil {
				s.cannot(it, answer{verdict: down, fault: fault.Of(err)}, ctx.Err() != nil)
				continue
			}
			l = opened
		}
		a := l.send(ctx, it.Message)
		if a.verdict == silent || a.verdict == down {
			l.close()
			l = nil
		}
		s.heard(it, a, ctx.Err() != nil)
	}
}

// take waits for the next message that may go; nil when ctx ends.
func (s *sender) take(ctx context.Context) *item {
	for ctx.Err() == nil {
		wait := lookEvery
		s.mu.Lock()
		change := s.change
		now := s.now()
		switch {
		case s.paused():
		case s.isDown() && now.Before(s.until):
			wait = s.until.Sub(now)
		case s.isDown() && s.probing:
		default:
			it, next := s.q.next(now)
			if it != nil {
				s.probing = s.isDown()
				if it.attempts == 0 {
					it.answered = s.answers
				}
				s.mu.Unlock()
				return it
			}
			if next > 0 {
				wait = next
			}
		}
		s.mu.Unlock()
		t := time.NewTimer(min(wait, lookEvery))
		select {
		case <-t.C:
		case <-change:
		case <-ctx.Done():
		}
		t.Stop()
	}
	return nil
}

func (s *sender) isDown() bool { return s.state.State == "down" }

// backoff is the wait before the n-th repetition, n from 1: it doubles, and is
// spread by a quarter either way so that not everybody comes at once.
func (s *sender) backoff(n int) time.Duration {
	first, most := orElse(s.dest.Retry.First, defaultFirst), orElse(s.dest.Retry.Most, defaultMost)
	d := first
	for i := 1; i < n && d < most; i++ {
		d *= 2
	}
	d = min(d, most)
	return d - d/4 + time.Duration(rand.Int64N(int64(d/2)+1))
}
