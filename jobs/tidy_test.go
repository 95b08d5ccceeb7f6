package jobs_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"concord/jobs"
	"concord/store"
	"concord/store/sqlite"
)

// TestTidy: what has expired is removed whole, in batches; what has not, and what
// never does, stays.
func TestTidy(t *testing.T) {
	var clock atomic.Int64
	now := func() time.Time { return time.Unix(clock.Load(), 0).UTC() }
	clock.Store(1_000_000)
	engine, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	const each = 1203
	err = engine.Update(t.Context(), func(tx store.Tx) error {
		for n := range each {
			for kind, expires := range map[string]time.Time{"soon": now().Add(time.Minute), "late": now().Add(time.Hour), "never": {}} {
				if err := tx.SetKey(t.Context(), "tidy", store.KeyValue{Key: fmt.Sprintf("%s-%04d", kind, n), Value: []byte("x"), Expires: expires}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, 0}, {2 * time.Minute, each}, {0, 0}, {time.Hour, each}, {1000 * time.Hour, 0}} {
		clock.Add(int64(step.after.Seconds()))
		if n, err := jobs.TidyOnce(t.Context(), engine); n != step.want || err != nil {
			t.Errorf("after %s: %d %v, want %d", step.after, n, err, step.want)
		}
	}
	err = engine.View(t.Context(), func(r store.Reader) error {
		left, err := r.ListKeys(t.Context(), "tidy", "", 2*each)
		if len(left) != each {
			t.Errorf("%d are left", len(left))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	jobs.Tidy(ctx, engine, func(err error) { t.Error(err) }) // ends with its context
}
