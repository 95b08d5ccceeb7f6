package sqlite_test

import (
	"testing"

	"concord/store"
	"concord/store/sqlite"
	"concord/store/storetest"
)

const pageSize = 8192

func open(t testing.TB, o storetest.Options) store.Engine {
	t.Helper()
	e, err := sqlite.Open(t.Context(), o.Dir, sqlite.Options{Now: o.Now, MaxPages: o.Room / pageSize})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestStore(t *testing.T) { storetest.Run(t, open) }

func TestCrash(t *testing.T) {
	storetest.Crash(t, func(t testing.TB, o storetest.Options) store.Engine {
		// A short log, so that some rounds end while it is folded back.
		e, err := sqlite.Open(t.Context(), o.Dir, sqlite.Options{Now: o.Now, CheckpointPages: 200})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}, 8)
}

func TestFull(t *testing.T) { storetest.Full(t, open, 400*pageSize) }
