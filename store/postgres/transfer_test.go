package postgres_test

import (
	"slices"
	"testing"
	"time"

	"concord/store"
	"concord/store/sqlite"
	"concord/store/storetest"
)

func embedded(t testing.TB, o storetest.Options) store.Engine {
	t.Helper()
	e, err := sqlite.Open(t.Context(), o.Dir, sqlite.Options{Now: o.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestTransfer moves a store between engines of the same and of another kind.
func TestTransfer(t *testing.T) {
	t.Run("Same", func(t *testing.T) { storetest.Transfer(t, open, open) })
	t.Run("FromSQLite", func(t *testing.T) { storetest.Transfer(t, embedded, open) })
	t.Run("ToSQLite", func(t *testing.T) { storetest.Transfer(t, open, embedded) })
}

// TestTransferWhole: no table is forgotten when one is added.
func TestTransferWhole(t *testing.T) {
	e := open(t, storetest.Options{Dir: t.TempDir(), Now: time.Now})
	defer e.Close()
	usage, err := e.Usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	moved := store.Tables()
	for _, u := range usage {
		if u.Table == "meta" || u.Table == "head" {
			continue
		}
		if !slices.ContainsFunc(moved, func(t store.Table) bool { return t.Name == u.Table }) {
			t.Errorf("table %s is not transferred", u.Table)
		}
	}
}
