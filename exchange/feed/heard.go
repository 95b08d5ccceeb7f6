package feed

import (
	"context"
	"time"

	"concord/fault"
	"concord/record"
)

// heard puts a message where its answer says.
func (s *sender) heard(it *item, a answer, ending bool) {
	switch a.verdict {
	case accepted, refused:
		s.mu.Lock()
		s.answers++
		s.streak, s.probing = 0, false
		s.up(a)
		s.changed()
		s.mu.Unlock()
		d := record.Delivery{Message: it.Message, State: record.Sent, At: s.now(), Attempts: it.attempts + 1, Answer: a.code}
		if a.verdict == refused {
			d.State, d.Fault, d.Reply = record.Returned, a.fault, a.reply
		}
		s.kept <- d
	case down:
		s.cannot(it, a, ending)
	default:
		s.unanswered(it, a, ending)
	}
}

// up notes that the destination works; mu is held.
func (s *sender) up(a answer) {
	if s.state.State != "sending" {
		s.state.State, s.state.Since = "sending", s.now()
	}
	s.state.Failed, s.state.Next = 0, time.Time{}
	if a.verdict == accepted {
		s.state.Sent = s.now()
		return
	}
	s.state.Code, s.state.Error, s.state.At = a.fault.Code, a.fault.Text, s.now()
}

// cannot notes that the destination cannot be worked with: nobody tries it
// until its time, and one at a time then. The message goes back as if it had
// not been tried.
func (s *sender) cannot(it *item, a answer, ending bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ending {
		s.goDown(a)
	}
	s.probing = false
	s.q.again(it)
	s.changed()
}

// goDown sets the time of the next attempt; mu is held.
func (s *sender) goDown(a answer) {
	if !s.isDown() {
		s.state.State, s.state.Since = "down", s.now()
		s.log.Warn("a destination is down", "destination", s.dest.Name, "code", a.fault.Code)
	}
	s.state.Failed++
	s.state.Code, s.state.Error, s.state.At = a.fault.Code, a.fault.Text, s.now()
	s.until = s.now().Add(max(a.wait, s.backoff(s.state.Failed)))
	s.state.Next = s.until
}

// unanswered puts a message back to be sent again later, under the same control
// id: it may have arrived. Only its own patient waits for it. When the
// destination answers others and not this one, again and again, the message is
// returned; when it answers nobody, it is the destination that is down.
func (s *sender) unanswered(it *item, a answer, ending bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.changed()
	s.probing = false
	if ending {
		s.q.again(it)
		return
	}
	it.attempts++
	if s.answers > it.answered {
		it.strikes++
	}
	it.answered = s.answers
	s.streak++
	s.state.Code, s.state.Error, s.state.At = a.fault.Code, a.fault.Text, s.now()
	if it.strikes >= orElse(s.dest.Retry.Attempts, defaultAttempts) {
		f := fault.New(fault.Busy, "feed.no-answer", "%d attempts got no answer while others did: %s", it.attempts, a.fault.Text)
		s.kept <- record.Delivery{Message: it.Message, State: record.Returned, At: s.now(), Attempts: it.attempts, Fault: f}
		return
	}
	if s.isDown() || s.streak >= downStreak {
		s.goDown(a)
	}
	it.due = s.now().Add(s.backoff(it.attempts))
	s.q.again(it)
}

// keep writes down what became of messages, as many in a commit as there are,
// and lets the next of their lanes go: never before, so that a crash repeats at
// most the last message of a patient.
func (s *sender) keep(ctx context.Context) {
	for first := range s.kept {
		batch := []record.Delivery{first}
		for len(batch) < readStep {
			select {
			case d, open := <-s.kept:
				if open {
					batch = append(batch, d)
					continue
				}
			default:
			}
			break
		}
		s.keepAll(ctx, s.hold(batch))
		s.mu.Lock()
		for _, d := range batch {
			if it := s.q.items[d.Seq]; it != nil && s.q.done(it) {
				s.stale = true
				signal(s.wake)
			}
		}
		s.changed()
		s.mu.Unlock()
	}
}

// hold adds to the outcomes those that are to wait behind what was returned.
func (s *sender) hold(batch []record.Delivery) []record.Delivery {
	out := batch
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range batch {
		it := s.q.items[d.Seq]
		if d.State != record.Returned || it == nil || !s.dest.Holds() {
			continue
		}
		for _, x := range s.q.block(it) {
			out = append(out, record.Delivery{Message: x.Message, State: record.Held, Behind: d.Seq})
		}
	}
	return out
}

// keepAll tries until it is kept: the disk may be full. When we are to stop it
// gives up after a while; what was sent and is not noted is sent again.
func (s *sender) keepAll(ctx context.Context, list []record.Delivery) {
	last := 0
	for wait := 50 * time.Millisecond; last < 5; wait = min(2*wait, 5*time.Second) {
		err := s.errand.Deliver(context.WithoutCancel(ctx), list)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			last++
		}
		s.log.Warn("what became of messages cannot be kept", "destination", s.dest.Name, "code", fault.Of(err).Code)
		time.Sleep(wait)
	}
}

// note keeps how sending goes, for the pages of every process.
func (s *sender) note(ctx context.Context) {
	var last record.Sending
	for {
		s.mu.Lock()
		now := s.state
		if len(s.q.items) == 0 && now.State == "sending" && s.now().Sub(now.Sent) > lookEvery {
			now.State = "idle"
		}
		s.mu.Unlock()
		if s.paused() {
			now.State = "paused"
		}
		now.Owner, now.Seen = s.owner, s.now()
		same := now
		same.Seen, same.Sent = last.Seen, last.Sent
		if same != last || now.Seen.Sub(last.Seen) > seenEvery || now.Sent.Sub(last.Sent) > lookEvery {
			if err := s.errand.NoteSending(ctx, s.dest.Name, now); err == nil {
				last = now
			}
		}
		t := time.NewTimer(lookEvery)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
	}
}

// seenEvery is how often a sender says that it is there.
const seenEvery = 20 * time.Second
