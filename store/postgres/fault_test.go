package postgres_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
)

// TestUnreachable: without its server the store says that it cannot be
// reached, and goes on when the server is back.
func TestUnreachable(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{NoSync: true})
	e, err := postgres.Open(t.Context(), s.DSN(), postgres.Options{Now: time.Now, Patience: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := t.Context()
	putOne(t, e, 1)
	scanAll(t, e)
	set := func(space string) error {
		return e.Update(ctx, func(tx store.Tx) error { return tx.SetKey(ctx, space, store.KeyValue{Key: "k"}) })
	}
	if err := set("known"); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	// The first asks nothing: its commit is what turns out to be lost.
	wantFault(t, set("known"), fault.Internal, "store.unknown-outcome")
	wantFault(t, set("known"), fault.Busy, "store.unreachable")
	wantFault(t, set("new"), fault.Busy, "store.unreachable")
	time.Sleep(1100 * time.Millisecond)
	err = e.View(ctx, func(r store.Reader) error { _, err := r.LastChange(ctx); return err })
	wantFault(t, err, fault.Busy, "store.unreachable")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	putOne(t, e, 2)
	if n := len(scanAll(t, e)); n != 2 {
		t.Errorf("%d documents", n)
	}
}

// TestLostAnswer breaks the writer's connection on the server's side between
// commits and while one is on its way: every Update ends well, once.
func TestLostAnswer(t *testing.T) {
	e := openDir(t, t.TempDir())
	ctx := t.Context()
	killer := openDir(t, t.TempDir())
	var wg sync.WaitGroup
	var outcomes sync.Map
	var done atomic.Int64
	stop := make(chan struct{})
	for w := range 6 {
		wg.Go(func() {
			for i := w; ; i += 6 {
				select {
				case <-stop:
					return
				default:
				}
				if err := e.Update(ctx, func(tx store.Tx) error { return numbered(ctx, tx, i) }); err != nil {
					t.Errorf("update %d: %v", i, err)
					return
				}
				outcomes.Store(i, kept)
				done.Add(1)
			}
		})
	}
	for round := range 30 {
		// Two in a row, the second perhaps while the first is being mended, and
		// then none until something was kept: an engine that makes no progress
		// at all may give up.
		for before := done.Load(); round%2 == 0 && done.Load() == before && !t.Failed(); {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(rand.IntN(15_000)) * time.Microsecond)
		if err := killer.Script("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND query NOT LIKE 'ROLLBACK%'"); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
	verify(t, e, &outcomes)
}

// TestFull fills a disk: a small tablespace of its own, where that can be made.
func TestFull(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{NoSync: true})
	dir := pgtest.SmallDisk(t, s, 24<<20)
	e, err := postgres.Open(t.Context(), s.DSN(), postgres.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := context.Background()
	for _, q := range []string{"CREATE TABLESPACE small LOCATION '" + dir + "'", "ALTER TABLE rec SET TABLESPACE small"} {
		if err := e.Script(q); err != nil {
			t.Fatal(err)
		}
	}
	var outcomes sync.Map
	for round := range 2 {
		var last error
		for i := round * 1_000_000; last == nil; i++ {
			last = e.Update(ctx, func(tx store.Tx) error {
				if err := numbered(ctx, tx, i); err != nil {
					return err
				}
				pk, err := tx.NewRecord(ctx)
				if err != nil {
					return err
				}
				for seq := range uint32(200) {
					if _, err := tx.Put(ctx, store.Put{Key: store.Key{PK: pk, LID: store.MakeLID(2, seq+1)}, Body: append([]byte("-1 "), make([]byte, 1500)...)}); err != nil {
						return err
					}
				}
				return nil
			})
			if last == nil {
				outcomes.Store(i, kept)
			} else {
				outcomes.Store(i, refused)
			}
		}
		wantFault(t, last, fault.Busy, "store.full")
	}
	if err := e.Script("ALTER TABLE rec SET TABLESPACE pg_default"); err != nil {
		t.Fatal(err)
	}
	err = e.Update(ctx, func(tx store.Tx) error { return numbered(ctx, tx, 5_000_000) })
	if err != nil {
		t.Fatal(err)
	}
	verify(t, e, &outcomes)
}

// TestRefusedTells: the fault of a statement that fails quotes no row.
func TestRefusedTells(t *testing.T) {
	e := openDir(t, t.TempDir())
	ctx := t.Context()
	if err := e.Script("ALTER TABLE kv ADD CONSTRAINT no CHECK (k <> 'secret'::bytea)"); err != nil {
		t.Fatal(err)
	}
	err := e.Update(ctx, func(tx store.Tx) error {
		return tx.SetKey(ctx, "s", store.KeyValue{Key: "secret", Value: []byte("of a patient")})
	})
	wantFault(t, err, fault.Internal, "store.postgres")
	for ; err != nil; err = errors.Unwrap(err) {
		if text := err.Error(); contains(text, "secret") || contains(text, "patient") || contains(text, "736563726574") {
			t.Errorf("the error says %q", text)
		}
	}
	putOne(t, e, 1)
}

func contains(s, part string) bool {
	for i := 0; i+len(part) <= len(s); i++ {
		if s[i:i+len(part)] == part {
			return true
		}
	}
	return false
}

func TestInterruptedBulk(t *testing.T) {
	dir := t.TempDir()
	e := openDir(t, dir)
	if err := e.Bulk(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	putOne(t, e, 1)
	if found := findings(t, e); len(found) > 0 {
		t.Errorf("while it is under way: %v", found)
	}
	beside := openDir(t, dir)
	if found := findings(t, beside); beside.Interrupted() || len(found) > 0 {
		t.Errorf("beside it: %v", found)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = openDir(t, dir)
	for range 100 { // the server has to notice
		if e.Interrupted() {
			break
		}
		time.Sleep(50 * time.Millisecond)
		e = openDir(t, dir)
	}
	if found := findings(t, e); !e.Interrupted() || len(found) != 1 || found["store.bulk-interrupted"] != 1 {
		t.Errorf("interrupted %v, found %v", e.Interrupted(), found)
	}
	for _, on := range []bool{true, false} {
		if err := e.Bulk(t.Context(), on); err != nil {
			t.Fatal(err)
		}
	}
	if found := findings(t, e); e.Interrupted() || len(found) > 0 {
		t.Errorf("after a whole import: interrupted %v, found %v", e.Interrupted(), found)
	}
}

// TestBulkCrash: a bulk load whose server crashes says so to every later
// Update and at its end, and Check says so.
func TestBulkCrash(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{NoSync: true})
	e, err := postgres.Open(t.Context(), s.DSN(), postgres.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := t.Context()
	if err := e.Bulk(ctx, true); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if err := e.Update(ctx, func(tx store.Tx) error { return numbered(ctx, tx, i) }); err != nil {
			t.Fatal(err)
		}
	}
	s.Kill()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	_ = e.Update(ctx, func(tx store.Tx) error { return numbered(ctx, tx, 200) })
	wantFault(t, e.Update(ctx, func(tx store.Tx) error { return nil }), fault.Busy, "store.unreachable")
	wantFault(t, e.Bulk(ctx, false), fault.Busy, "store.unreachable")
	if found := findings(t, e); len(found) != 1 || found["store.bulk-interrupted"] != 1 {
		t.Errorf("found %v", found)
	}
	if err := e.Update(ctx, func(tx store.Tx) error { return numbered(ctx, tx, 300) }); err != nil {
		t.Error(err)
	}
}
