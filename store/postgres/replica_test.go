package postgres_test

import (
	"strconv"
	"testing"
	"time"

	"concord/store"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
)

// TestReplica: Views go to a streaming replica, always see what this process
// has written, and go to the primary while the replica is gone.
func TestReplica(t *testing.T) {
	primary := pgtest.Start(t, pgtest.Options{NoSync: true})
	replica := pgtest.Start(t, pgtest.Options{NoSync: true, Standby: primary})
	e, err := postgres.Open(t.Context(), primary.DSN(), postgres.Options{Now: time.Now, Conns: 2, Replica: replica.DSN(), ReplicaWait: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := t.Context()
	step := func(i int) (onReplica bool) {
		t.Helper()
		want := strconv.Itoa(i)
		if err := e.Update(ctx, func(tx store.Tx) error {
			return tx.SetKey(ctx, "s", store.KeyValue{Key: "k", Value: []byte(want)})
		}); err != nil {
			t.Fatal(err)
		}
		err := e.View(ctx, func(r store.Reader) error {
			v, err := r.GetKey(ctx, "s", "k")
			if string(v) != want {
				t.Errorf("%q, want %q", v, want)
			}
			if err != nil {
				return err
			}
			n, err := postgres.AskInt(ctx, r, "SELECT pg_is_in_recovery()::int")
			onReplica = n == 1
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return onReplica
	}
	arrives := func() {
		t.Helper()
		for until := time.Now().Add(30 * time.Second); !step(0); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(until) {
				t.Fatal("the Views do not go to the replica")
			}
		}
	}
	arrives() // at first it may lack the tables
	for i := range 50 {
		if !step(i) {
			t.Fatalf("View %d went to the primary", i)
		}
	}
	replica.Kill()
	for i := range 20 {
		// The first may find out only when its question breaks off.
		if i == 0 {
			_ = e.View(ctx, func(r store.Reader) error { _, err := r.LastChange(ctx); return err })
			_ = e.View(ctx, func(r store.Reader) error { _, err := r.LastChange(ctx); return err })
			continue
		}
		if step(i) {
			t.Error("a View went to a replica that is not there")
		}
	}
	if err := replica.Start(); err != nil {
		t.Fatal(err)
	}
	arrives()
}
