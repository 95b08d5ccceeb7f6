package postgres_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/store"
	"concord/store/postgres"
)

// TestTwoEngines has two engines, as two processes have, write and work at the
// same time on one store: nothing is done twice, numbers have no gaps, and the
// change feed shows every commit in order to who follows it.
func TestTwoEngines(t *testing.T) {
	dir := t.TempDir()
	engines := []*postgres.Engine{openDir(t, dir), openDir(t, dir)}
	ctx := t.Context()
	const workers, each = 4, 60
	var wg sync.WaitGroup
	var records, versions sync.Map
	for i, e := range engines {
		for w := range workers {
			wg.Go(func() {
				for n := range each {
					id := (i*workers+w)*each + n
					var pk, change int64
					err := e.Update(ctx, func(tx store.Tx) (err error) {
						if pk, err = tx.NewRecord(ctx); err != nil {
							return err
						}
						change = tx.Change()
						_, err = tx.Put(ctx, store.Put{Key: store.Key{PK: pk, LID: store.MakeLID(1, 1)}, Org: fmt.Sprint("org", id%17), Feed: "f", Body: []byte(strconv.Itoa(id))})
						if err != nil {
							return err
						}
						seq, err := tx.AppendLog(ctx, "audit", []byte(strconv.Itoa(id)))
						if err != nil {
							return err
						}
						if err := tx.AppendHashes(ctx, "audit", seq, make([][32]byte, 1)); err != nil {
							return err
						}
						_, err = tx.Enqueue(ctx, "work", []byte(strconv.Itoa(id)), time.Time{})
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
					if _, twice := records.LoadOrStore(pk, id); twice {
						t.Errorf("record key %d was given twice", pk)
					}
					if _, twice := versions.LoadOrStore(change, id); twice {
						t.Errorf("change number %d was given twice", change)
					}
				}
			})
		}
	}
	followed := follow(t, engines[1], len(engines)*workers*each)
	wg.Wait()
	<-followed
	work(t, engines, len(engines)*workers*each)
	for _, e := range engines {
		if found := findings(t, e); len(found) > 0 {
			t.Error(found)
		}
		err := e.View(ctx, func(r store.Reader) error {
			n, err := r.LogSize(ctx, "audit")
			if n != int64(len(engines)*workers*each) {
				t.Errorf("the log has %d entries", n)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// follow reads the change feed while it grows: each version once, in order.
func follow(t *testing.T, e *postgres.Engine, want int) chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		seen := map[store.Key]bool{}
		deadline := time.Now().Add(time.Minute)
		for after := int64(0); len(seen) < want && time.Now().Before(deadline); {
			err := e.View(context.Background(), func(r store.Reader) error {
				changes, err := r.Changes(context.Background(), after, 7)
				for _, c := range changes {
					if c.Change <= after && seen[c.Key] {
						t.Errorf("change %d after %d", c.Change, after)
					}
					seen[c.Key] = true
				}
				for _, c := range changes {
					after = max(after, c.Change)
				}
				return err
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
		if len(seen) != want {
			t.Errorf("followed %d of %d versions", len(seen), want)
		}
	}()
	return ended
}

// work has both engines work a queue off.
func work(t *testing.T, engines []*postgres.Engine, jobs int) {
	t.Helper()
	ctx := t.Context()
	var done atomic.Int64
	var held sync.Map
	var wg sync.WaitGroup
	for i, e := range engines {
		for w := range 2 {
			wg.Go(func() {
				owner := fmt.Sprint("owner", i, w)
				for {
					var got []store.Job
					err := e.Update(ctx, func(tx store.Tx) (err error) {
						got, err = tx.Lease(ctx, "work", owner, time.Hour, 5)
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
					if len(got) == 0 {
						return
					}
					for _, j := range got {
						if other, twice := held.LoadOrStore(j.ID, owner); twice {
							t.Errorf("job %d is held by %v and %s", j.ID, other, owner)
						}
					}
					err = e.Update(ctx, func(tx store.Tx) error {
						for _, j := range got {
							if err := tx.Finish(ctx, j.ID, owner); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						t.Error(err)
						return
					}
					done.Add(int64(len(got)))
				}
			})
		}
	}
	wg.Wait()
	if done.Load() != int64(jobs) {
		t.Errorf("%d of %d jobs were done", done.Load(), jobs)
	}
}

// TestOpenTogether: many processes may start at once on an empty database.
func TestOpenTogether(t *testing.T) {
	dir, dsn := t.TempDir(), server.DSN(t)
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			e, err := postgres.Open(context.Background(), dsn, postgres.Options{Now: time.Now, Schema: schemaOf(dir)})
			if err != nil {
				t.Error(err)
				return
			}
			defer e.Close()
			putOne(t, e, int64(i+1))
		})
	}
	wg.Wait()
	e := openDir(t, dir)
	if n := len(scanAll(t, e)); n != 6 {
		t.Errorf("%d documents", n)
	}
}

// TestStaleGuesses: two engines count one document up, each from what it read
// last: every step is taken once.
func TestStaleGuesses(t *testing.T) {
	dir := t.TempDir()
	engines := []*postgres.Engine{openDir(t, dir), openDir(t, dir)}
	ctx := t.Context()
	k := store.Key{PK: 1, LID: store.MakeLID(1, 1)}
	putOne(t, engines[0], 1)
	const each = 40
	var wg sync.WaitGroup
	for _, e := range engines {
		wg.Go(func() {
			for n := 0; n < each; {
				var d *store.Doc
				if err := e.View(ctx, func(r store.Reader) (err error) { d, err = r.Get(ctx, k); return err }); err != nil {
					t.Error(err)
					return
				}
				err := e.Update(ctx, func(tx store.Tx) error {
					_, err := tx.Put(ctx, store.Put{Key: k, IfVersion: d.Version, Body: []byte("y")})
					return err
				})
				if err == nil {
					n++
				}
			}
		})
	}
	wg.Wait()
	docs := scanAll(t, engines[0])
	if len(docs) != 1 || docs[0].Version != 2*each+1 {
		t.Errorf("version %d, want %d", docs[0].Version, 2*each+1)
	}
}
