package sqlite_test

import (
	"context"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
	"concord/store/sqlite"
)

// TestViewsThatEndMidway: after a View that was stopped in the midst of a
// statement, or that panicked, the same connection sees what was written since.
func TestViewsThatEndMidway(t *testing.T) {
	e := openDir(t, t.TempDir(), sqlite.Options{Readers: 1})
	stopped := 0
	for i := range 60 {
		putOne(t, e, int64(i+1))
		ctx, cancel := context.WithCancel(t.Context())
		func() {
			defer func() { _ = recover() }()
			err := e.View(ctx, func(r store.Reader) error {
				if i%4 == 3 {
					panic("the test's mistake")
				}
				time.AfterFunc(time.Duration(i)*10*time.Microsecond, cancel)
				for {
					if _, err := r.Scan(ctx, 0, store.Key{}, 100); err != nil {
						return err
					}
				}
			})
			if !fault.Is(err, fault.Busy) || fault.Of(err).Code != "store.cancelled" {
				t.Errorf("View %d: %v", i, err)
			}
			stopped++
		}()
		cancel()
		if n := len(scanAll(t, e)); n != i+1 {
			t.Fatalf("after %d: the next View sees %d documents of %d", i, n, i+1)
		}
	}
	if stopped != 45 {
		t.Errorf("%d Views were stopped, not 45", stopped)
	}
}
