package demo

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// lines is how many MLLP connections carry the seed: several for each trust,
// so that their durable commits are shared. A person's messages of one trust
// all go over one of them, in order.
const lines = 16

// batch bounds how many messages are under way on a line without an answer.
const batch = 24

// Progress is how far the seeding is.
type Progress struct {
	Step     string // "messages", "waiting", "bundles"
	Messages int    // accepted so far
	Parcels  int
	Total    int // bundles in all, once known
	Waiting  int // kept and not yet in the record
}

// Seeder sends the people of a stage through the front door.
type Seeder struct {
	Stage    *Stage
	Door     Door
	Standing *Standing
	Report   func(Progress) // called about once a second; may be nil

	messages, parcels atomic.Int64
	mu                sync.Mutex // of the standing
}

// Run seeds until everything is in the record. It goes on where an earlier run
// stopped. Errors: those of a refusal, of the connection, and ctx's.
func (s *Seeder) Run(ctx context.Context) error {
	if s.Standing.Done {
		return nil
	}
	if len(s.Standing.Sent) != lines {
		s.Standing.Sent = make([]int, lines)
	}
	if err := s.save(nil); err != nil {
		return err
	}
	parcels, err := s.sendMessages(ctx)
	if err != nil {
		return err
	}
	if err := s.drain(ctx); err != nil {
		return err
	}
	if err := s.sendParcels(ctx, parcels); err != nil {
		return err
	}
	return s.save(func(st *Standing) { st.Done, st.Sent, st.Parcels = true, nil, 0 })
}

func (s *Seeder) save(change func(*Standing)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if change != nil {
		change(s.Standing)
	}
	return s.Standing.save()
}

func (s *Seeder) report(p Progress) {
	if s.Report != nil {
		p.Messages, p.Parcels = int(s.messages.Load()), int(s.parcels.Load())
		s.Report(p)
	}
}

// lineOf says over which line a person's messages of a trust go.
func lineOf(trust string, index int) int {
	t := slices.IndexFunc(dialects(), func(d dialect) bool { return d.trust == trust })
	return t*(lines/4) + index%(lines/4)
}

// sendMessages tells every life and sends its messages; it gives back the
// parcels, which wait until the patients are in the record.
func (s *Seeder) sendMessages(ctx context.Context) ([]Parcel, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	queues := make([]chan []Message, lines)
	for i := range queues {
		queues[i] = make(chan []Message, 8)
		wg.Go(func() {
			if err := s.carry(ctx, i, queues[i]); err != nil {
				cancel(err)
			}
		})
	}
	stop := s.tick(ctx, "messages")
	parcels, err := s.tell(ctx, queues)
	for _, q := range queues {
		close(q)
	}
	wg.Wait()
	stop()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return parcels, err
}

func (s *Seeder) tell(ctx context.Context, queues []chan []Message) ([]Parcel, error) {
	var parcels []Parcel
	for life, err := range s.Stage.Lives(s.Standing.People) {
		if err != nil {
			return nil, err
		}
		parcels = append(parcels, life.Parcels...)
		for _, e := range life.Person.Entries {
			mine := make([]Message, 0, len(life.Messages))
			for _, m := range life.Messages {
				if m.Trust == e.Trust {
					mine = append(mine, m)
				}
			}
			select {
			case queues[lineOf(e.Trust, life.Person.Index)] <- mine:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	return parcels, nil
}

// carry sends what comes over one line. What an earlier run sent is passed
// over.
func (s *Seeder) carry(ctx context.Context, n int, queue <-chan []Message) error {
	l, err := dial(ctx, s.Door.MLLP)
	if err != nil {
		return err
	}
	defer l.conn.Close()
	s.mu.Lock()
	skip := s.Standing.Sent[n]
	s.mu.Unlock()
	sent := 0
	for messages := range queue {
		for part := range slices.Chunk(messages, batch) {
			if ctx.Err() != nil {
				return nil
			}
			if fresh := part[min(max(skip-sent, 0), len(part)):]; len(fresh) > 0 {
				if err := l.send(fresh); err != nil {
					return err
				}
			}
			sent += len(part)
			s.messages.Add(int64(len(part)))
			s.mu.Lock()
			s.Standing.Sent[n] = max(sent, skip)
			s.mu.Unlock()
		}
	}
	return nil
}

// tick saves the standing and reports once a second until it is stopped.
func (s *Seeder) tick(ctx context.Context, step string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				s.report(Progress{Step: step})
				s.save(nil) // a standing that lags only makes a later run send again what is known
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}

// drain waits until the record has caught up with the journal.
func (s *Seeder) drain(ctx context.Context) error {
	for {
		n, err := s.Door.Waiting(ctx)
		if err != nil || n == 0 {
			return err
		}
		s.report(Progress{Step: "waiting", Waiting: n})
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// posters is how many bundles are posted at a time.
const posters = 6

// sendParcels posts the bundles in groups: those of a group in any order, the
// groups one after the other, so that the standing can say how far it is.
func (s *Seeder) sendParcels(ctx context.Context, parcels []Parcel) error {
	var orgs []string
	for _, p := range parcels {
		if !slices.Contains(orgs, p.Org) {
			orgs = append(orgs, p.Org)
		}
	}
	post, err := newPoster(ctx, s.Door, orgs)
	if err != nil {
		return err
	}
	done := min(s.Standing.Parcels, len(parcels))
	s.parcels.Store(int64(done))
	for group := range slices.Chunk(parcels[done:], 8*posters) {
		if err := s.postGroup(ctx, post, group); err != nil {
			return err
		}
		if err := s.save(func(st *Standing) { st.Parcels += len(group) }); err != nil {
			return err
		}
		s.report(Progress{Step: "bundles", Total: len(parcels)})
	}
	return nil
}

func (s *Seeder) postGroup(ctx context.Context, post *poster, group []Parcel) error {
	work := make(chan Parcel)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for range posters {
		wg.Go(func() {
			for p := range work {
				if err := post.post(ctx, p); err != nil {
					cancel(err)
					continue
				}
				s.parcels.Add(1)
			}
		})
	}
	for _, p := range group {
		if ctx.Err() != nil {
			break
		}
		work <- p
	}
	close(work)
	wg.Wait()
	return context.Cause(ctx)
}
