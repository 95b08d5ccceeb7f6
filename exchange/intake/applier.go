package intake

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"concord/fault"
	"concord/record"
	"concord/standard/hl7v2"
)

// Applier brings journalled messages into the record: several at a time, those
// about the same patient strictly in the order of the journal. A message that
// cannot be mapped is parked; one that cannot be kept just now is tried again
// and holds back only its own patient.
type Applier struct {
	desk    *record.Desk
	feeds   *Feeds
	journal *record.Errand
	log     *slog.Logger

	wake   chan struct{}
	rescan chan struct{}
	freed  chan struct{}
	burst  *burst
	told   func(m *record.Message, state record.State) // of each that is settled; nil = nobody is
	now    func() time.Time

	readRules func(ctx context.Context) (*Rules, error) // nil = there are none
	rules     *Rules                                    // of Run's own goroutine, as the two after it
	mark      string                                    // what the record said when they were read
	rulesRead time.Time
	asked     asked

	mu       sync.Mutex
	inFlight map[int64]bool           // sequences being applied
	tail     map[string]chan struct{} // patient → done of its newest message in flight
}

// How many messages are applied at a time. They wait for shared commits most
// of the time, so it is well above the number of cores; in a burst of arrivals
// it is small, since a sender that waits for its acknowledgement comes first.
const (
	inFlightLimit = 64
	inFlightBurst = 1
	burstPause    = 4 * time.Millisecond // between messages, in a burst
)

// lookEvery is how often a quiet applier looks into the journal by itself.
const lookEvery = 500 * time.Millisecond

// pendingStep is how many waiting messages are fetched at a time.
const pendingStep = 256

// NewApplier makes an applier.
func NewApplier(desk *record.Desk, r *Receiver, log *slog.Logger) *Applier {
	return &Applier{
		desk: desk, feeds: r.feeds, journal: r.errand, log: log,
		wake: make(chan struct{}, 1), rescan: make(chan struct{}, 1), freed: make(chan struct{}, 1),
		burst: &burst{now: r.now, pace: r.pace}, now: r.now,
		inFlight: map[int64]bool{}, tail: map[string]chan struct{}{},
	}
}

// Wake tells that a message has arrived.
func (a *Applier) Wake() { signal(a.wake) }

// Rescan tells that older messages wait again (a replay).
func (a *Applier) Rescan() { signal(a.rescan) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run applies until ctx ends, then waits for what is in flight.
func (a *Applier) Run(ctx context.Context) {
	var wg sync.WaitGroup
	defer func() {
		wg.Wait()
		a.keepAsked(context.WithoutCancel(ctx), true)
	}()
	after := int64(0)
	var held holds
	for ctx.Err() == nil {
		select {
		case <-a.rescan:
			after = 0
		default:
		}
		changed, err := held.look(ctx, a.journal)
		if changed {
			after = 0
		}
		var batch []*record.Message
		if err == nil {
			batch, err = a.journal.Pending(ctx, after, pendingStep)
		}
		others := false
		if err == nil {
			others, err = a.follow(ctx)
		}
		if err != nil {
			if ctx.Err() == nil {
				a.log.Error("the journal cannot be read", "error", err.Error())
			}
			a.pause(ctx, time.Second)
			continue
		}
		if others { // messages that waited for them may have been passed over
			after = 0
			continue
		}
		a.keepAsked(ctx, false)
		for _, m := range batch {
			after = m.Seq
			if held.has(m, a.channelOf) {
				held.alarm(m, a.now(), a.log)
				continue
			}
			if !a.room(ctx) {
				return
			}
			if t := a.admit(m); t != nil {
				wg.Go(func() { a.run(ctx, t) })
			}
		}
		if len(batch) == 0 {
			a.wait(ctx)
		}
	}
}

// room waits until one more message may be in flight; false when ctx ends.
func (a *Applier) room(ctx context.Context) bool {
	for ctx.Err() == nil {
		limit := inFlightLimit
		if a.burst.on() {
			a.pause(ctx, burstPause)
			limit = inFlightBurst
		}
		a.mu.Lock()
		n := len(a.inFlight)
		a.mu.Unlock()
		if n < limit {
			return true
		}
		look := time.NewTimer(20 * time.Millisecond)
		select {
		case <-a.freed:
		case <-look.C:
		case <-ctx.Done():
		}
		look.Stop()
	}
	return false
}

// wait sleeps until something arrives; once in a while it looks by itself.
func (a *Applier) wait(ctx context.Context) {
	look := time.NewTimer(lookEvery)
	defer look.Stop()
	select {
	case <-look.C: // another process may have received something
	case <-a.wake:
	case <-a.rescan:
		a.Rescan()
	case <-ctx.Done():
	}
}

func (a *Applier) pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// task is one message on its way into the record.
type task struct {
	row    *record.Message
	feed   Feed
	mapped []Mapped
	taken  taken // by an inbound channel
	failed error
	keys   []string
	after  []chan struct{} // what has to be done before
	done   chan struct{}
}

// admit maps a message, finds whom it is about, and queues it behind the
// messages in flight about the same patients. Nil when it is in flight already.
func (a *Applier) admit(m *record.Message) *task {
	a.mu.Lock()
	busy := a.inFlight[m.Seq]
	a.mu.Unlock()
	if busy {
		return nil
	}
	t := &task{row: m, done: make(chan struct{})}
	if a.read(t); t.failed != nil && fault.Of(t.failed).Code == "intake.rules" {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range t.mapped {
		t.keys = append(t.keys, t.feed.Trust+"|"+t.mapped[i].Patient.Number)
		for _, other := range t.mapped[i].alsoAbout() {
			t.keys = append(t.keys, t.feed.Trust+"|"+other)
		}
	}
	a.inFlight[m.Seq] = true
	for _, k := range t.keys {
		if before := a.tail[k]; before != nil && before != t.done {
			t.after = append(t.after, before)
		}
		a.tail[k] = t.done
	}
	return t
}

// read parses and maps; a panic in a rule is a fault of ours, and the message
// is parked like any other that cannot be mapped.
func (a *Applier) read(t *task) {
	defer func() {
		if p := recover(); p != nil {
			t.mapped, t.failed = nil, a.panicked(t.row)
		}
	}()
	var m *hl7v2.Message
	if m, t.failed = hl7v2.Parse(t.row.Raw); t.failed != nil {
		return
	}
	t.feed = a.feedOf(t.row, m)
	if t.feed.Trust == "" {
		t.failed = fault.New(fault.Invalid, "intake.trust",
			"neither MSH-4 nor the feed's settings name an organisation of this domain").In("MSH-4")
		return
	}
	if t.failed = a.ruled(&t.feed); t.failed != nil {
		return
	}
	if m, t.taken, t.failed = a.prepare(m, t.feed); t.failed != nil || t.taken.passed != "" {
		return
	}
	t.mapped, t.failed = Map(m, t.feed)
}

// panicked is the fault of a message on which a rule fell over. The log says
// where, and nothing of the message.
func (a *Applier) panicked(row *record.Message) error {
	a.log.Error("a mapping rule panicked", "sequence", row.Seq, "stack", string(debug.Stack()))
	return fault.New(fault.Internal, "intake.rule", "a mapping rule failed on this message")
}

func (a *Applier) done(t *task) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.inFlight, t.row.Seq)
	for _, k := range t.keys {
		if a.tail[k] == t.done {
			delete(a.tail, k)
		}
	}
	close(t.done)
	signal(a.freed)
}

// run applies one message once its patients' earlier ones are done.
func (a *Applier) run(ctx context.Context, t *task) {
	defer a.done(t)
	for _, before := range t.after {
		select {
		case <-before:
		case <-ctx.Done():
			return
		}
	}
	for wait := 50 * time.Millisecond; ctx.Err() == nil; wait = min(2*wait, 10*time.Second) {
		err := a.settle(ctx, t)
		if err == nil {
			return
		}
		a.log.Warn("a message waits to be kept", "sequence", t.row.Seq, "feed", t.row.Feed, "code", fault.Of(err).Code)
		a.pause(ctx, wait)
	}
}
