package feed

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"concord/exchange/feed/channel"
	"concord/fault"
	"concord/record"
	"concord/record/access"
)

// Options are what an Engine needs.
type Options struct {
	Desk  *record.Desk
	Now   func() time.Time
	Zone  *time.Location
	Log   *slog.Logger
	Owner string // tells processes apart
	// Lead runs f while this process holds the lease of a name, until ctx ends;
	// nil when no other process works on the same store.
	Lead func(ctx context.Context, name string, f func(context.Context))
	// Address puts another address in the place of a destination's, for a server
	// that is not the one that the files were written for; "" leaves it.
	Address func(destination string) string
}

// Engine runs the channels and destinations of every organisation.
type Engine struct {
	o Options

	mu      sync.Mutex
	sets    []Kept
	paused  map[string]record.Pause
	runs    map[string]*running // senders by destination, fillers by "channels of ORG"
	senders map[string]*sender  // those that this process leads
	wake    chan struct{}       // something was written
	apply   chan struct{}       // sets were applied here
}

// running is something that runs until it is stopped.
type running struct {
	stop func()
	done chan struct{}
	text string // what it was made of
}

// New makes an engine. It does nothing until Run.
func New(o Options) *Engine {
	if o.Lead == nil {
		o.Lead = func(ctx context.Context, _ string, f func(context.Context)) { f(ctx) }
	}
	if o.Address == nil {
		o.Address = func(string) string { return "" }
	}
	return &Engine{o: o, runs: map[string]*running{}, senders: map[string]*sender{}, paused: map[string]record.Pause{},
		wake: make(chan struct{}, 1), apply: make(chan struct{}, 1)}
}

// system is the errand of an organisation's channels: what they may see, the
// Desk decides document by document.
func (e *Engine) system(org string) *record.Errand {
	return e.o.Desk.For(access.Requester{ID: "channels", Name: "Channels", Role: access.System, Org: org,
		Scopes: access.Scopes{{Type: "*", Can: "rs"}}}, access.Reason{Purpose: access.DirectCare})
}

// operator reads the sets that run.
func (e *Engine) operator() *record.Errand {
	return e.o.Desk.For(access.Requester{ID: "channels", Name: "Channels", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
}

// Wake tells the engine that something was written, so that it looks at once.
func (e *Engine) Wake() { signal(e.wake) }

const (
	pollEvery  = 250 * time.Millisecond // for what other processes write
	setsEvery  = 10 * time.Minute       // read anew though nobody said that they are others
	retrySets  = 5 * time.Second
	pauseEvery = time.Second
)

// Run works until ctx ends. Sets that are applied, here or by another process,
// take effect without a restart; a destination or channel that did not change
// goes on.
func (e *Engine) Run(ctx context.Context) {
	defer e.stopAll()
	var read, looked time.Time
	seen := ""
	for ctx.Err() == nil {
		now := e.o.Now()
		select {
		case <-e.apply:
			read = time.Time{}
		default:
		}
		if now.Sub(looked) >= pauseEvery {
			looked = now
			e.readPauses(ctx)
			if mark, err := e.system(access.Domain).Applied(ctx); err == nil && mark != seen {
				seen, read = mark, time.Time{}
			}
		}
		if now.Sub(read) >= setsEvery || read.IsZero() {
			read = now
			if err := e.reload(ctx); err != nil && ctx.Err() == nil {
				e.o.Log.Error("channels cannot be read", "code", fault.Of(err).Code)
				read = now.Add(retrySets - setsEvery)
			}
		}
		t := time.NewTimer(pauseEvery / 2)
		select {
		case <-t.C:
		case <-e.apply:
			read = time.Time{}
		case <-ctx.Done():
		}
		t.Stop()
	}
}

func (e *Engine) readPauses(ctx context.Context) {
	p, err := e.system(access.Domain).Pauses(ctx)
	if err != nil {
		return
	}
	e.mu.Lock()
	e.paused = p
	e.mu.Unlock()
}

func (e *Engine) isPaused(kind, name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.paused[kind+"/"+name]
	return ok
}

// reload reads the sets and starts, stops and starts anew what differs.
func (e *Engine) reload(ctx context.Context) error {
	sets, err := Running(ctx, e.operator())
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.sets = sets
	e.mu.Unlock()
	want := map[string]bool{}
	for i := range sets {
		k := &sets[i]
		for _, d := range k.Destinations {
			if to := e.o.Address(d.Name); to != "" {
				redirect(&d, to)
			}
			name := "destination " + d.Name
			want[name] = true
			text, err := (&channel.Set{Destinations: []channel.Destination{d}}).Text()
			if err != nil {
				return err
			}
			e.start(ctx, name, string(text), func(ctx context.Context) { e.send(ctx, k.Org, d) })
		}
		text, err := (&channel.Set{Channels: k.Channels}).Text()
		if err != nil {
			return err
		}
		if name := "channels of " + k.Org; len(k.Channels) > 0 {
			want[name] = true
			e.start(ctx, name, string(text), func(ctx context.Context) { e.fill(ctx, k) })
		}
	}
	for name, r := range e.runs {
		if !want[name] {
			r.stop()
			<-r.done
			delete(e.runs, name)
		}
	}
	return nil
}

// redirect sends a destination elsewhere, by the same means.
func redirect(d *channel.Destination, to string) {
	switch d.Kind() {
	case "mllp":
		d.MLLP = to
	case "fhir":
		d.FHIR = to
	default:
		d.Folder = to
	}
}

// start runs f until it is stopped, under a lease of its name; what runs and
// was made of the same goes on.
func (e *Engine) start(ctx context.Context, name, text string, f func(context.Context)) {
	if r := e.runs[name]; r != nil {
		if r.text == text {
			return
		}
		r.stop()
		<-r.done
	}
	inner, stop := context.WithCancel(ctx)
	r := &running{stop, make(chan struct{}), text}
	e.runs[name] = r
	go func() {
		defer close(r.done)
		e.o.Lead(inner, "feed: "+name, f)
	}()
}

func (e *Engine) stopAll() {
	for _, r := range e.runs {
		r.stop()
	}
	for _, r := range e.runs {
		<-r.done
	}
}

// send works one destination.
func (e *Engine) send(ctx context.Context, org string, d channel.Destination) {
	s := newSender(d, e.system(org), e.o.Now, e.o.Log)
	s.owner = e.o.Owner
	s.paused = func() bool { return e.isPaused(record.DestinationPause, d.Name) }
	e.mu.Lock()
	e.senders[d.Name] = s
	e.mu.Unlock()
	tidying, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.tidy(tidying, org, d)
	}()
	s.run(ctx)
	stop()
	<-done
	e.mu.Lock()
	delete(e.senders, d.Name)
	e.mu.Unlock()
}

// fill takes what an organisation's channels want, until ctx ends.
func (e *Engine) fill(ctx context.Context, k *Kept) {
	f := newFiller(e.system(k.Org), e.o.Zone, e.o.Now, e.filed)
	for ctx.Err() == nil {
		var open []*channel.Channel
		for i := range k.Channels {
			if !e.isPaused(record.ChannelPause, k.Channels[i].Name) {
				open = append(open, &k.Channels[i])
			}
		}
		more, err := f.step(ctx, open)
		if err != nil && ctx.Err() == nil {
			e.o.Log.Warn("channels cannot go on just now", "organisation", k.Org, "code", fault.Of(err).Code)
			pause(ctx, nil, time.Second)
			continue
		}
		if !more {
			pause(ctx, e.wake, pollEvery)
		}
	}
}

// filed wakes the senders that have something to do.
func (e *Engine) filed(to map[string]bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name := range to {
		if s := e.senders[name]; s != nil {
			signal(s.wake)
		}
	}
}

func pause(ctx context.Context, wake chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	case <-ctx.Done():
	}
}

// emptyStep is how many messages lose their content in one commit.
const (
	emptyStep  = 200
	emptyEvery = 10 * time.Minute
)

// tidy removes the content of what was sent long ago, by the destination's
// rule.
func (e *Engine) tidy(ctx context.Context, org string, d channel.Destination) {
	errand := e.system(org)
	for after := int64(0); ctx.Err() == nil; {
		next, err := errand.Empty(ctx, d.Name, e.o.Now().Add(-orElse(d.KeepBodies, defaultKeep)), after, emptyStep)
		if err != nil && ctx.Err() == nil {
			e.o.Log.Warn("old messages keep their content for now", "destination", d.Name, "code", fault.Of(err).Code)
		}
		if after = next; next == 0 {
			pause(ctx, nil, emptyEvery)
		}
	}
}

// Applied tells the engine that a set was applied in this process.
func (e *Engine) Applied() { signal(e.apply) }

// Sets are those that run, by organisation.
func (e *Engine) Sets() []Kept {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.sets)
}
