package sqlite_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
	"concord/store/sqlite"
)

// TestEntriesHalfCaughtUp: while nobody waits the writer puts entries into the
// database in a transaction that stays open. What comes then, commits, fails, or
// only appends, keeps all of them once and in order, and a crash as well.
func TestEntriesHalfCaughtUp(t *testing.T) {
	dir := t.TempDir()
	e := openDir(t, dir, sqlite.Options{})
	ctx := t.Context()
	no := fault.New(fault.Conflict, "test.no", "no")
	var want []string
	add := func(n int) {
		t.Helper()
		for range n {
			text := fmt.Sprint("entry ", len(want))
			if err := appendLog(t, e, "audit", text); err != nil {
				t.Fatal(err)
			}
			want = append(want, text)
		}
		time.Sleep(15 * time.Millisecond) // time for some to be written; the rest waits for longer
	}
	write := func(text string, failure error) {
		t.Helper()
		err := e.Update(ctx, func(tx store.Tx) error {
			_, err := tx.AppendLog(ctx, "audit", []byte(text))
			err = errors.Join(err, tx.SetKey(ctx, "half", store.KeyValue{Key: text, Value: []byte(text)}))
			return cmp.Or(err, failure)
		})
		if failure == nil && err == nil {
			want = append(want, text)
		} else if failure == nil || fault.Of(err).Code != "test.no" {
			t.Fatal(err)
		}
	}
	check := func(when string) {
		t.Helper()
		if got := logOf(t, openDir(t, asCrashed(t, dir), sqlite.Options{}), "audit"); !equalText(got, want) {
			t.Fatalf("%s, after a crash: %d entries of %d", when, len(got), len(want))
		}
	}
	putOne(t, e, 1)
	for range 3 {
		add(40)
		check("half caught up")
		write("fails", no)
		check("a change failed")
		add(7)
		write("is kept", nil)
		check("a change was kept")
		add(40)
		write("fails too", no)
		add(40)
		check("others after it")
	}
	if got := logOf(t, e, "audit"); !equalText(got, want) {
		t.Fatalf("%d entries of %d", len(got), len(want))
	}
	if err := e.Check(ctx, func(f store.Finding) { t.Errorf("%+v", f) }); err != nil {
		t.Error(err)
	}
}

// TestReadersAloneKeepTheLogShort: the write-ahead log is folded back although
// nothing but entries is written, without a pause.
func TestReadersAloneKeepTheLogShort(t *testing.T) {
	dir := t.TempDir()
	const limit = 50
	e := openDir(t, dir, sqlite.Options{CheckpointPages: limit})
	putOne(t, e, 1)
	body, most := string(bytes.Repeat([]byte("x"), 600)), int64(0)
	end := time.Now().Add(1800 * time.Millisecond) // sooner than a quiet writer would
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for time.Now().Before(end) {
				if err := appendLog(t, e, "audit", body); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for time.Now().Before(end) {
		time.Sleep(20 * time.Millisecond)
		if info, err := os.Stat(filepath.Join(dir, "concord.db-wal")); err == nil {
			most = max(most, info.Size())
		}
	}
	wg.Wait()
	if pages := most / 8192; pages > 8*limit {
		t.Errorf("the log grew to %d pages, the limit is %d", pages, limit)
	}
}

// TestAheadIsCutAtTheEnd: a store that was closed in order keeps no room for
// entries, and has it again when it is opened.
func TestAheadIsCutAtTheEnd(t *testing.T) {
	dir := t.TempDir()
	length := func() int64 {
		info, err := os.Stat(filepath.Join(dir, "concord.db.ahead"))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	for round := range 2 {
		e, err := sqlite.Open(t.Context(), dir, sqlite.Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(appendLog(t, e, "audit", fmt.Sprint("one ", round)), appendLog(t, e, "audit", fmt.Sprint("two ", round))); err != nil {
			t.Fatal(err)
		}
		open := length()
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if open != 1<<20 || length() > 100 {
			t.Errorf("round %d: %d bytes, and %d when it was closed", round, open, length())
		}
	}
	if got := logOf(t, openDir(t, dir, sqlite.Options{}), "audit"); !equalText(got, []string{"one 0", "two 0", "one 1", "two 1"}) {
		t.Errorf("%v", got)
	}
}
