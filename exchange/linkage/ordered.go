package linkage

import (
	"context"
	"iter"
	"sync"
)

// ordered works on items by several workers and hands the results on in the
// order of the items. It stops at the first error, also of the context.
func ordered[T, R any](ctx context.Context, workers int, items iter.Seq2[T, error], work func(worker int, item T) (R, error), done func(R) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type task struct {
		item   T
		result R
		ready  chan struct{}
	}
	todo, line := make(chan *task, workers), make(chan *task, 4*workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for t := range todo {
				if ctx.Err() == nil {
					var err error
					if t.result, err = work(w, t.item); err != nil {
						cancel(err)
					}
				}
				close(t.ready)
			}
		})
	}
	wg.Go(func() {
		defer close(line)
		defer close(todo)
		for item, err := range items {
			if err != nil {
				cancel(err)
				return
			}
			t := &task{item: item, ready: make(chan struct{})}
			select {
			case line <- t:
			case <-ctx.Done():
				return
			}
			todo <- t
		}
	})
	for t := range line {
		<-t.ready
		if ctx.Err() == nil {
			if err := done(t.result); err != nil {
				cancel(err)
			}
		}
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
