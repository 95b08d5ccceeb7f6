package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
	"concord/store/sqlite"
)

func appendLog(t testing.TB, e *sqlite.Engine, log, text string) error {
	t.Helper()
	return e.Update(context.Background(), func(tx store.Tx) error {
		_, err := tx.AppendLog(context.Background(), log, []byte(text))
		return err
	})
}

func logOf(t testing.TB, e *sqlite.Engine, log string) (out []string) {
	t.Helper()
	ctx := context.Background()
	err := e.View(ctx, func(r store.Reader) error {
		rows, err := r.LogEntries(ctx, log, 0, 1e6)
		for i, row := range rows {
			if row.Seq != int64(i) {
				t.Fatalf("entry %d has the sequence %d", i, row.Seq)
			}
			out = append(out, string(row.Body))
		}
		size, serr := r.LogSize(ctx, log)
		if serr == nil && size != int64(len(rows)) {
			t.Fatalf("%d entries, and the size is %d", len(rows), size)
		}
		return errors.Join(err, serr)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// asCrashed copies the files as they lie there, which is what a process that is
// killed between two commits leaves.
func asCrashed(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range []string{"concord.db", "concord.db-wal", "concord.db.ahead"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// TestAheadSurvives: entries that were answered for are there after a crash,
// once, in order, wherever the file is cut behind them; and a backup has them.
func TestAheadSurvives(t *testing.T) {
	dir := t.TempDir()
	e := openDir(t, dir, sqlite.Options{})
	putOne(t, e, 1)
	want := []string{"zero"}
	if err := appendLog(t, e, "audit", "zero"); err != nil { // its name is new, and so in the database
		t.Fatal(err)
	}
	for i := range 5 {
		want = append(want, fmt.Sprint("entry ", i))
		if err := appendLog(t, e, "audit", want[len(want)-1]); err != nil {
			t.Fatal(err)
		}
	}
	crashed := asCrashed(t, dir)
	backup := filepath.Join(t.TempDir(), "concord.db")
	if err := e.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	if got := logOf(t, openDir(t, filepath.Dir(backup), sqlite.Options{}), "audit"); !equalText(got, want) {
		t.Errorf("the backup has %q", got)
	}
	// The last record is cut at each of its bytes: it was never answered for then,
	// and all before it are there.
	file := filepath.Join(crashed, "concord.db.ahead")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(whole, []byte("entry 4"))
	if at < 0 {
		t.Fatal("the entries are not in the file: this tests nothing")
	}
	for cut := at - 20; cut <= at+7; cut++ {
		damaged := bytes.Clone(whole)
		clear(damaged[cut:])
		if cut < at+7 {
			damaged[cut] = whole[cut] ^ 0xff
		}
		if err := os.WriteFile(file, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		again := asCrashed(t, crashed)
		o, err := sqlite.Open(t.Context(), again, sqlite.Options{Now: time.Now})
		if err != nil {
			t.Fatalf("cut at %d: %v", cut-at, err)
		}
		n := len(want)
		if cut < at+7 {
			n--
		}
		if got := logOf(t, o, "audit"); !equalText(got, want[:n]) {
			t.Errorf("cut at %d: %q", cut-at, got)
		}
		if err := appendLog(t, o, "audit", "later"); err != nil {
			t.Error(err)
		}
		third := asCrashed(t, again)
		o.Close()
		if got := logOf(t, openDir(t, third, sqlite.Options{}), "audit"); !equalText(got, append(want[:n:n], "later")) {
			t.Errorf("after a second crash: %q", got)
		}
	}
}

func equalText(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestAheadOfAnother: entries of another store, or of one that is further on than
// the database, are neither taken nor forgotten.
func TestAheadOfAnother(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	ea, eb := openDir(t, a, sqlite.Options{}), openDir(t, b, sqlite.Options{})
	for _, e := range []*sqlite.Engine{ea, eb} {
		for _, text := range []string{"first", "second"} {
			if err := appendLog(t, e, "audit", text); err != nil {
				t.Fatal(err)
			}
		}
	}
	mixed, foreign := asCrashed(t, a), asCrashed(t, b)
	if err := os.Rename(filepath.Join(foreign, "concord.db.ahead"), filepath.Join(mixed, "concord.db.ahead")); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(t.Context(), mixed, sqlite.Options{Now: time.Now})
	wantFault(t, err, fault.Conflict, "store.ahead")

	old := asCrashed(t, a)
	for range 3 { // entries come into the database, and others after them
		time.Sleep(150 * time.Millisecond)
		if err := appendLog(t, ea, "audit", "more"); err != nil {
			t.Fatal(err)
		}
	}
	newer := asCrashed(t, a)
	if err := os.Rename(filepath.Join(newer, "concord.db.ahead"), filepath.Join(old, "concord.db.ahead")); err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), old, sqlite.Options{Now: time.Now})
	wantFault(t, err, fault.Internal, "store.ahead")
}

// TestAheadStory: whatever Updates come at the same time, and fail, and at
// whatever moment the process is killed: the log has all entries that were
// answered for, each once, no entry of an Update that failed, and a View sees
// what was answered for before it began.
func TestAheadStory(t *testing.T) {
	dir := t.TempDir()
	e := openDir(t, dir, sqlite.Options{})
	ctx := context.Background()
	var mu sync.Mutex
	kept, refused := map[string]bool{}, map[string]bool{}
	no := fault.New(fault.Conflict, "test.no", "no")
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(c)))
			for i := range 120 {
				text, kind := fmt.Sprintf("%d/%d", c, i), r.IntN(10)
				err := e.Update(ctx, func(tx store.Tx) error {
					if kind < 2 {
						if err := tx.SetKey(ctx, "story", store.KeyValue{Key: text, Value: []byte(text)}); err != nil {
							return err
						}
					}
					if _, err := tx.AppendLog(ctx, "audit", []byte(text)); err != nil {
						return err
					}
					if kind == 5 {
						if n, err := tx.LogSize(ctx, "audit"); err != nil || n == 0 {
							return errors.Join(err, errors.New("an Update does not see its own entry"))
						}
					}
					if kind == 1 || kind == 3 {
						return no
					}
					return nil
				})
				mu.Lock()
				switch {
				case err == nil:
					kept[text] = true
				case fault.Of(err).Code == "test.no":
					refused[text] = true
				default:
					t.Error(err)
				}
				mu.Unlock()
				if kind == 7 {
					mu.Lock()
					before := len(kept)
					mu.Unlock()
					if got := logOf(t, e, "audit"); len(got) < before {
						t.Errorf("a View sees %d entries of at least %d", len(got), before)
					}
				}
			}
		})
	}
	var crashes []string
	var least []int
	for range 6 {
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
		_ = e.Update(ctx, func(store.Tx) error { // between two commits
			mu.Lock()
			least = append(least, len(kept))
			mu.Unlock()
			crashes = append(crashes, asCrashed(t, dir))
			return nil
		})
	}
	wg.Wait()
	crashes, least = append(crashes, asCrashed(t, dir)), append(least, len(kept))
	for i, dir := range crashes {
		o := openDir(t, dir, sqlite.Options{})
		seen := map[string]bool{}
		for _, text := range logOf(t, o, "audit") {
			if seen[text] || refused[text] || !kept[text] {
				t.Errorf("crash %d: %s is there twice, or was refused", i, text)
			}
			seen[text] = true
		}
		if len(seen) < least[i] {
			t.Errorf("crash %d: %d entries of at least %d", i, len(seen), least[i])
		}
		if err := o.Check(ctx, func(f store.Finding) { t.Errorf("crash %d: %+v", i, f) }); err != nil {
			t.Error(err)
		}
	}
}

// TestAheadOfAFullDisk: when the database takes no more, entries are refused as
// soon as it cannot catch up, and those that were answered for are there.
func TestAheadOfAFullDisk(t *testing.T) {
	dir := t.TempDir()
	e := openDir(t, dir, sqlite.Options{MaxPages: 60})
	big := string(bytes.Repeat([]byte("x"), 3000))
	var want []string
	var err error
	for i := 0; i < 3000 && err == nil; i++ {
		text := fmt.Sprint(i, big)
		if err = appendLog(t, e, "audit", text); err == nil {
			want = append(want, text)
		}
	}
	wantFault(t, err, fault.Busy, "store.full")
	crashed := asCrashed(t, dir)
	if got := logOf(t, openDir(t, crashed, sqlite.Options{}), "audit"); !equalText(got, want) {
		t.Errorf("%d entries of %d", len(got), len(want))
	}
}

// FuzzAhead: whatever lies in the file, reading it ends.
func FuzzAhead(f *testing.F) {
	dir := f.TempDir()
	e, err := sqlite.Open(context.Background(), dir, sqlite.Options{Now: time.Now})
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{"a", "b", "c"} {
		if err := appendLog(f, e, "audit", text); err != nil {
			f.Fatal(err)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "concord.db.ahead"))
	if err != nil {
		f.Fatal(err)
	}
	e.Close()
	if sqlite.AheadRows(b[32:256]) != 2 {
		f.Fatal("the seed is not what it should be")
	}
	f.Add(b[32:256])
	f.Fuzz(func(t *testing.T, b []byte) { sqlite.AheadRows(b) })
}

// TestDumpHasWhatIsAhead: a copy to another engine has the entries that were
// answered for before it began.
func TestDumpHasWhatIsAhead(t *testing.T) {
	e := openDir(t, t.TempDir(), sqlite.Options{})
	for round := range 20 {
		if err := appendLog(t, e, "audit", fmt.Sprint(round)); err != nil {
			t.Fatal(err)
		}
		rows := 0
		err := e.Dump(t.Context(), func(r store.Row) error {
			if r.Table.Name == "log" {
				rows++
			}
			return nil
		})
		if err != nil || rows != round+1 {
			t.Fatalf("%d entries of %d, %v", rows, round+1, err)
		}
	}
}
