package sqlite_test

import (
	"testing"

	"concord/fault"
	"concord/store"
	"concord/store/sqlite"
)

// TestBulkTakesFewCopies: large Updates of a bulk load do not share a
// transaction, so that no page is copied for one of them to be taken back; small
// ones do. One that fails takes nothing of the others with it.
func TestBulkTakesFewCopies(t *testing.T) {
	e := openDir(t, t.TempDir(), sqlite.Options{NoSync: true})
	ctx := t.Context()
	copies, commits := 0, 0
	e.Watch(func(query string) {
		switch query {
		case "SAVEPOINT one":
			copies++
		case "COMMIT":
			commits++
		}
	})
	if err := e.Bulk(ctx, true); err != nil {
		t.Fatal(err)
	}
	pk := int64(0)
	put := func(n int, failed error) error {
		return e.Update(ctx, func(tx store.Tx) error {
			for range n {
				pk++
				if _, err := tx.Put(ctx, store.Put{Key: store.Key{PK: pk, LID: store.MakeLID(1, 1)}, Body: []byte("x")}); err != nil {
					return err
				}
			}
			return failed
		})
	}
	load := func(n, rows int) (copied, committed int) {
		copies, commits = 0, 0
		for range n {
			if err := put(rows, nil); err != nil {
				t.Fatal(err)
			}
		}
		return copies, commits
	}
	if copied, _ := load(4, 2500); copied > 0 {
		t.Errorf("of 4 large Updates %d had pages copied", copied)
	}
	if _, committed := load(50, 1); committed > 5 {
		t.Errorf("50 small Updates took %d commits", committed)
	}
	load(1, 2500)
	wantFault(t, put(3, fault.New(fault.Invalid, "test.no", "no")), fault.Invalid, "test.no")
	if err := e.Bulk(ctx, false); err != nil {
		t.Fatal(err)
	}
	if n := len(scanAll(t, e)); n != 5*2500+50 {
		t.Errorf("%d documents were kept", n)
	}
}
