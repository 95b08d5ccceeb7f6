package sqlite_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"concord/store"
	"concord/store/storetest"
)

func TestTransfer(t *testing.T) { storetest.Transfer(t, open, open) }

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
		if u.Table == "meta" || u.Table == "pending" || // its entries are handed over as those of the indexes
			strings.HasPrefix(u.Table, "sqlite_") {
			continue
		}
		if !slices.ContainsFunc(moved, func(t store.Table) bool { return t.Name == u.Table }) {
			t.Errorf("table %s is not transferred", u.Table)
		}
	}
}
