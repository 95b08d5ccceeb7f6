package sqlite_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/store"
	"concord/store/sqlite"
	"concord/store/storetest"
)

const pageSize = 8192

var (
	// Statements that look at everything on purpose: checks, sizes, settings.
	whole = regexp.MustCompile(`^(PRAGMA|DROP|BEGIN|COMMIT|ROLLBACK|RELEASE|SAVEPOINT|\s|SELECT count|SELECT m\.tbl_name|SELECT \(SELECT count|SELECT cseq, puts|SELECT feed, at|SELECT feed, hour, n FROM journal_hour$)`)
	// Tables with a row for each feed or organisation, or only one.
	small = regexp.MustCompile(`^SCAN (counter|name|q|journal_tally|journal_feed|CONSTANT ROW|32 CONSTANT ROWS|16-ROW VALUES CLAUSE|rec$)`)
)

func open(t testing.TB, o storetest.Options) store.Engine {
	t.Helper()
	e, err := sqlite.Open(t.Context(), o.Dir, sqlite.Options{Now: o.Now, MaxPages: o.Room / pageSize})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestStore runs the suite, once with index entries that stay in memory and once with
// such as are merged after a few, and then asks how SQLite ran each statement of it:
// none may walk a table that grows, or sort what an index could give in order.
// Only the few messages of one control id are sorted: their index leads with
// the digest, for the duplicates.
func TestStore(t *testing.T) {
	var seen sync.Map
	for name, entries := range map[string]int{"Gathered": 0, "Merged": 5} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t testing.TB, o storetest.Options) store.Engine {
				e, err := sqlite.Open(t.Context(), o.Dir, sqlite.Options{Now: o.Now, MaxPages: o.Room / pageSize, PendingEntries: entries})
				if err != nil {
					t.Fatal(err)
				}
				e.Watch(func(query string) { seen.Store(query, true) })
				return e
			})
		})
	}
	t.Run("Plans", func(t *testing.T) {
		e := open(t, storetest.Options{Dir: t.TempDir(), Now: time.Now}).(*sqlite.Engine)
		defer e.Close()
		n := 0
		seen.Range(func(q, _ any) bool {
			query := q.(string)
			if whole.MatchString(query) {
				return true
			}
			n++
			steps, err := e.Plan(query)
			if err != nil {
				t.Errorf("%v: %s", err, query)
			}
			for _, step := range steps {
				if strings.HasPrefix(step, "SCAN ") && !small.MatchString(step) || strings.Contains(step, "TEMP B-TREE") && !strings.Contains(query, "control = ?1 AND seq") {
					t.Errorf("%s\n\t%s", step, query)
				}
			}
			return true
		})
		if n < 50 {
			t.Errorf("only %d statements were seen", n)
		}
	})
}

func TestCrash(t *testing.T) {
	storetest.Crash(t, func(t testing.TB, o storetest.Options) store.Engine {
		// A short log, so that some rounds end while it is folded back, and small
		// generations, so that some end while one is merged.
		e, err := sqlite.Open(t.Context(), o.Dir, sqlite.Options{Now: o.Now, CheckpointPages: 200, PendingEntries: 300})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}, 8)
}

func TestFull(t *testing.T) {
	storetest.Full(t, open, 400*pageSize)
	t.Run("Merged", func(t *testing.T) {
		storetest.Full(t, func(t testing.TB, o storetest.Options) store.Engine {
			e, err := sqlite.Open(t.Context(), o.Dir, sqlite.Options{Now: o.Now, MaxPages: o.Room / pageSize, PendingEntries: 50})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}, 400*pageSize)
	})
}
