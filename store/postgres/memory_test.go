package postgres_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
	"concord/store/postgres"
)

// TestKeysTravelOnce: a small value that every Update looks at is asked for
// once, also when it is not there, nor its space.
func TestKeysTravelOnce(t *testing.T) {
	e := openDir(t, t.TempDir())
	putOne(t, e, 1)
	var asked int
	ctx := store.WithTrace(t.Context(), func(string, int, time.Duration) { asked++ })
	look := func(space, want string) int {
		t.Helper()
		asked = 0
		err := e.Update(ctx, func(tx store.Tx) error {
			v, err := tx.GetKey(ctx, space, "k")
			if string(v) != want {
				t.Errorf("%s holds %q, want %q", space, v, want)
			}
			if err != nil {
				return err
			}
			return tx.SetKey(ctx, "other", store.KeyValue{Key: "k"})
		})
		if err != nil {
			t.Fatal(err)
		}
		return asked
	}
	set := func(v string) {
		t.Helper()
		err := e.Update(ctx, func(tx store.Tx) error { return tx.SetKey(ctx, "space", store.KeyValue{Key: "k", Value: []byte(v)}) })
		if err != nil {
			t.Fatal(err)
		}
	}
	look("space", "")
	for range 3 {
		if n := look("space", ""); n != 0 {
			t.Errorf("%d journeys for a space that is not there", n)
		}
	}
	set("v")
	if n := look("space", "v"); n != 0 {
		t.Errorf("%d journeys for a value that was written here", n)
	}
	if n := look("space", "v"); n != 0 {
		t.Errorf("%d journeys for a value that was read here", n)
	}
}

var errRefused = errors.New("refused")

// TestKeysOfTwo has two engines count shared values up, take them away, let
// them expire, and fail half-way, all from what they remember: no step is lost
// and none is seen that was taken back.
func TestKeysOfTwo(t *testing.T) {
	dir := t.TempDir()
	engines := []*postgres.Engine{openDir(t, dir), openDir(t, dir)}
	const keys, workers, each = 5, 3, 80
	var wg sync.WaitGroup
	for i, e := range engines {
		for w := range workers {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(uint64(i), uint64(w)))
				for n := 0; n < each; {
					err := countUp(t.Context(), e, r, strconv.Itoa(n%keys))
					switch {
					case err == nil:
						n++
					case !errors.Is(err, errRefused):
						t.Error(err)
						return
					}
				}
			})
		}
	}
	wg.Wait()
	for _, e := range engines {
		var got [keys]string // of the run that counts
		err := e.Update(t.Context(), func(tx store.Tx) error {
			for k := range keys {
				v, err := tx.GetKey(t.Context(), "count", strconv.Itoa(k))
				if err != nil {
					return err
				}
				got[k] = string(v)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		for k, v := range got {
			if want := strconv.Itoa(len(engines) * workers * each / keys); v != want {
				t.Errorf("value %d is %s, want %s", k, v, want)
			}
		}
	}
}

// countUp adds one to a value, at times by way of a deletion, at times after
// its own writes were sent, and fails at times with another value written.
func countUp(ctx context.Context, e *postgres.Engine, r *rand.Rand, key string) error {
	how := r.IntN(6)
	return e.Update(ctx, func(tx store.Tx) error {
		v, err := tx.GetKey(ctx, "count", key)
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(string(v))
		set := func(n int) error {
			return tx.SetKey(ctx, "count", store.KeyValue{Key: key, Value: []byte(strconv.Itoa(n))})
		}
		switch how {
		case 0, 1: // what is sent early is taken back, and with it what was read of it
			if err := set(-1000); err != nil {
				return err
			}
			if how == 0 {
				if _, err := tx.ListKeys(ctx, "count", "", 1); err != nil {
					return err
				}
			}
			if v, err := tx.GetKey(ctx, "count", key); string(v) != "-1000" || err != nil {
				return errors.New("an own value is not seen")
			}
			return errRefused
		case 2:
			if err := tx.DeleteKey(ctx, "count", key); err != nil {
				return err
			}
			if v, err := tx.GetKey(ctx, "count", key); v != nil || err != nil {
				return errors.New("a value taken away is seen")
			}
		case 3:
			if err := set(-1); err != nil {
				return err
			}
			if _, err := tx.ListKeys(ctx, "count", "", 1); err != nil {
				return err
			}
		}
		return set(n + 1)
	})
}

// TestKeysSeenAtOnce: what one engine commits the other's next Update sees,
// though it remembers something else and writes nothing.
func TestKeysSeenAtOnce(t *testing.T) {
	dir := t.TempDir()
	engines := []*postgres.Engine{openDir(t, dir), openDir(t, dir)}
	ctx := t.Context()
	for i := range 60 {
		writer, reader := engines[i%2], engines[1-i%2]
		want := strconv.Itoa(i)
		err := writer.Update(ctx, func(tx store.Tx) error {
			if i%5 == 4 {
				want = ""
				return tx.DeleteKey(ctx, "at once", "k")
			}
			return tx.SetKey(ctx, "at once", store.KeyValue{Key: "k", Value: []byte(want)})
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			var got []byte
			if err := reader.Update(ctx, func(tx store.Tx) (err error) { got, err = tx.GetKey(ctx, "at once", "k"); return err }); err != nil {
				t.Fatal(err)
			}
			if string(got) != want {
				t.Fatalf("round %d: %q, want %q", i, got, want)
			}
		}
	}
}

// TestKeyExpiresInMemory: a value that is remembered expires all the same.
func TestKeyExpiresInMemory(t *testing.T) {
	now := time.Now()
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	e, err := postgres.Open(t.Context(), server.DSN(t), postgres.Options{Now: clock, Schema: schemaOf(t.TempDir())})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := t.Context()
	get := func() (v []byte) {
		t.Helper()
		if err := e.Update(ctx, func(tx store.Tx) (err error) { v, err = tx.GetKey(ctx, "s", "k"); return err }); err != nil {
			t.Fatal(err)
		}
		return v
	}
	err = e.Update(ctx, func(tx store.Tx) error {
		return tx.SetKey(ctx, "s", store.KeyValue{Key: "k", Value: []byte("v"), Expires: now.Add(time.Minute)})
	})
	if err != nil {
		t.Fatal(err)
	}
	if v := get(); string(v) != "v" {
		t.Errorf("before: %q", v)
	}
	mu.Lock()
	now = now.Add(time.Hour)
	mu.Unlock()
	if v := get(); v != nil {
		t.Errorf("after: %q", v)
	}
	err = e.Update(ctx, func(tx store.Tx) error {
		if n, err := tx.DropExpired(ctx, 10); n != 1 || err != nil {
			t.Errorf("dropped %d, %v", n, err)
		}
		return nil
	})
	if err != nil || get() != nil {
		t.Errorf("dropped: %v", err)
	}
}

// TestKeysOfLostGroup: what an Update read of its own writes is forgotten when
// its commit is refused, here because a version was not as it says.
func TestKeysOfLostGroup(t *testing.T) {
	e := openDir(t, t.TempDir())
	putOne(t, e, 1)
	ctx := t.Context()
	// The space is known, so that its number is the same in the second run.
	err := e.Update(ctx, func(tx store.Tx) error { return tx.SetKey(ctx, "s", store.KeyValue{Key: "other"}) })
	if err != nil {
		t.Fatal(err)
	}
	runs := 0
	err = e.Update(ctx, func(tx store.Tx) error {
		runs++
		if v, err := tx.GetKey(ctx, "s", "k"); v != nil || err != nil {
			t.Errorf("run %d sees %q (%v)", runs, v, err)
		}
		if err := tx.SetKey(ctx, "s", store.KeyValue{Key: "k", Value: []byte("v")}); err != nil {
			return err
		}
		if _, err := tx.ListKeys(ctx, "s", "", 1); err != nil { // sends it
			return err
		}
		if v, err := tx.GetKey(ctx, "s", "k"); string(v) != "v" || err != nil {
			t.Errorf("run %d sees %q of its own (%v)", runs, v, err)
		}
		_, err := tx.Put(ctx, store.Put{Key: store.Key{PK: 1, LID: store.MakeLID(1, 1)}, IfVersion: 7})
		return err
	})
	wantFault(t, err, fault.Conflict, "store.version")
	if runs < 2 {
		t.Errorf("%d runs", runs)
	}
}
