package sqlite_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"concord/store"
	"concord/store/sqlite"
)

// TestUnhurriedWait: Updates that are in no hurry run when nobody else waits, and
// who comes while one of them runs waits for that one alone.
func TestUnhurriedWait(t *testing.T) {
	e, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	later := store.Unhurried(t.Context())
	var mu sync.Mutex
	var order []string
	var all sync.WaitGroup
	do := func(ctx context.Context, name string, more func()) {
		all.Go(func() {
			err := e.Update(ctx, func(tx store.Tx) error {
				mu.Lock()
				order = append(order, name)
				mu.Unlock()
				if more != nil {
					more()
				}
				return tx.SetKey(ctx, "test", store.KeyValue{Key: name, Value: []byte(name)})
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	first, second := make(chan bool), make(chan bool)
	do(t.Context(), "first", func() { <-first })
	for e.Waiting() > 0 || !has(&mu, &order, "first") {
		time.Sleep(time.Millisecond)
	}
	do(later, "later 1", func() { <-second })
	queued(e, 1)
	do(later, "later 2", nil)
	do(t.Context(), "now 1", nil)
	queued(e, 3)
	close(first)
	for !has(&mu, &order, "later 1") {
		time.Sleep(time.Millisecond)
	}
	do(t.Context(), "now 2", nil)
	queued(e, 2)
	close(second)
	all.Wait()
	if want := []string{"first", "now 1", "later 1", "now 2", "later 2"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	err = e.View(t.Context(), func(r store.Reader) error {
		for _, name := range order {
			if v, err := r.GetKey(t.Context(), "test", name); err != nil || string(v) != name {
				t.Errorf("%s: %q %v", name, v, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestUnhurriedAtTheEnd: what waits is done before the store closes.
func TestUnhurriedAtTheEnd(t *testing.T) {
	dir := t.TempDir()
	e, err := sqlite.Open(t.Context(), dir, sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	hold := make(chan bool)
	var all sync.WaitGroup
	for _, ctx := range []context.Context{t.Context(), store.Unhurried(t.Context()), store.Unhurried(t.Context())} {
		all.Go(func() {
			if err := e.Update(ctx, func(tx store.Tx) error { <-hold; return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	queued(e, 2)
	all.Go(func() { e.Close() })
	time.Sleep(5 * time.Millisecond)
	close(hold)
	all.Wait()
}

func has(mu *sync.Mutex, order *[]string, name string) bool {
	mu.Lock()
	defer mu.Unlock()
	return slices.Contains(*order, name)
}

// queued waits until so many Updates wait.
func queued(e *sqlite.Engine, n int) {
	for e.Waiting() < n {
		time.Sleep(time.Millisecond)
	}
}
