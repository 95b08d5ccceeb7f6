package jobs

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"concord/fault"
	"concord/store"
)

// Lead runs f in one of the processes that share a store: in the one that
// holds the lease of that name. When the lease cannot be renewed in time f's
// context ends, and another process takes over once the lease is over.
//
// A lease goes by clocks, so f must also bear to run twice for a moment.
type Lead struct {
	Engine store.Engine
	Name   string
	Owner  string
	Life   time.Duration // of the lease; it is renewed at a third of it
	Now    func() time.Time
}

type leaseRow struct {
	Owner string    `json:"owner"`
	Until time.Time `json:"until"`
}

const leaseSpace = "lease"

// Run leads whenever it can, until ctx ends.
func (l *Lead) Run(ctx context.Context, f func(context.Context)) {
	for ctx.Err() == nil {
		if held, err := l.take(ctx); err == nil && held {
			l.lead(ctx, f)
			continue
		}
		pause(ctx, l.Life/3)
	}
}

// lead runs f while the lease is renewed, then gives it back.
func (l *Lead) lead(ctx context.Context, f func(context.Context)) {
	inner, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { f(inner) })
	until := l.Now().Add(l.Life)
	for inner.Err() == nil {
		pause(inner, l.Life/3)
		held, err := l.take(inner)
		switch {
		case err == nil && held:
			until = l.Now().Add(l.Life)
		case err == nil || l.Now().After(until):
			stop()
		}
	}
	stop()
	wg.Wait()
	l.giveBack(context.WithoutCancel(ctx))
}

// take makes or renews the lease; held is false while another has it.
func (l *Lead) take(ctx context.Context) (held bool, err error) {
	err = l.Engine.Update(ctx, func(tx store.Tx) error {
		held = false
		row, err := readLease(ctx, tx, l.Name)
		if err != nil || row.Owner != "" && row.Owner != l.Owner && l.Now().Before(row.Until) {
			return err
		}
		held = true
		text, err := json.Marshal(leaseRow{l.Owner, l.Now().Add(l.Life)})
		if err != nil {
			return fault.Wrap(err, fault.Internal, "jobs.lease", "a lease cannot be written")
		}
		return tx.SetKey(ctx, leaseSpace, store.KeyValue{Key: l.Name, Value: text})
	})
	return held && err == nil, err
}

func (l *Lead) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	// If this fails the lease ends by itself.
	_ = l.Engine.Update(ctx, func(tx store.Tx) error {
		row, err := readLease(ctx, tx, l.Name)
		if err != nil || row.Owner != l.Owner {
			return err
		}
		return tx.DeleteKey(ctx, leaseSpace, l.Name)
	})
}

func readLease(ctx context.Context, r store.Keys, name string) (leaseRow, error) {
	var row leaseRow
	text, err := r.GetKey(ctx, leaseSpace, name)
	if err != nil || text == nil {
		return row, err
	}
	if err := json.Unmarshal(text, &row); err != nil {
		return row, fault.Wrap(err, fault.Internal, "jobs.lease", "a lease cannot be read")
	}
	return row, nil
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
