package sqlite_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	zombiezen "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"concord/fault"
	"concord/store"
	"concord/store/sqlite"
)

func openDir(t *testing.T, dir string, o sqlite.Options) *sqlite.Engine {
	t.Helper()
	o.Now = time.Now
	e, err := sqlite.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func putOne(t *testing.T, e *sqlite.Engine, pk int64) {
	t.Helper()
	ctx := t.Context()
	err := e.Update(ctx, func(tx store.Tx) error {
		_, err := tx.Put(ctx, store.Put{Key: store.Key{PK: pk, LID: store.MakeLID(1, 1)}, Org: fmt.Sprint("org", pk), Feed: "f", Body: []byte("x")})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func scanAll(t *testing.T, e *sqlite.Engine) (docs []*store.Doc) {
	t.Helper()
	ctx := t.Context()
	err := e.View(ctx, func(r store.Reader) (err error) { docs, err = r.Scan(ctx, 0, store.Key{}, 1e6); return err })
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func wantFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if f := fault.Of(err); f == nil || f.Kind != kind || f.Code != code {
		t.Errorf("want %v %s, got %v", kind, code, err)
	}
}

func findings(t *testing.T, e *sqlite.Engine) map[string]int {
	t.Helper()
	found := map[string]int{}
	if err := e.Check(t.Context(), func(f store.Finding) { found[f.Code]++ }); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestOneWriter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ctx := t.Context()
	_, err := sqlite.OpenReader(ctx, dir, sqlite.Options{Now: time.Now})
	wantFault(t, err, fault.NotFound, "store.none")

	e := openDir(t, dir, sqlite.Options{})
	putOne(t, e, 1)
	for range 2 {
		_, err := sqlite.Open(ctx, dir, sqlite.Options{Now: time.Now})
		wantFault(t, err, fault.Conflict, "store.locked")
	}
	r, err := sqlite.OpenReader(ctx, dir, sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	putOne(t, e, 2) // with a name that the reader has not seen
	docs := scanAll(t, r)
	if len(docs) != 2 || docs[1].Org != "org2" {
		t.Errorf("beside the server: %d documents", len(docs))
	}
	wantFault(t, r.Update(ctx, func(store.Tx) error { return nil }), fault.Unsupported, "store.read-only")
	if found := findings(t, r); len(found) > 0 {
		t.Errorf("check beside the server: %v", found)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(scanAll(t, r)); n != 2 {
		t.Errorf("after the server ended: %d documents", n)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	openDir(t, dir, sqlite.Options{})
}

func TestOnlyOwnerReads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "data")
	e := openDir(t, dir, sqlite.Options{})
	putOne(t, e, 1)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s is %v, want %v", d.Name(), info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// alter opens the database file behind the engine's back.
func alter(t *testing.T, dir string, script string) {
	t.Helper()
	if err := runScript(dir, script); err != nil {
		t.Fatal(err)
	}
}

func runScript(dir, script string) error {
	conn, err := zombiezen.OpenConn(filepath.Join(dir, "concord.db"), zombiezen.OpenReadWrite)
	if err != nil {
		return err
	}
	defer conn.Close()
	return sqlitex.ExecuteScript(conn, script, nil)
}

func TestNewerSchema(t *testing.T) {
	dir := t.TempDir()
	if err := openDir(t, dir, sqlite.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	alter(t, dir, "PRAGMA user_version = 9999")
	for _, open := range []func(context.Context, string, sqlite.Options) (*sqlite.Engine, error){sqlite.Open, sqlite.OpenReader} {
		_, err := open(t.Context(), dir, sqlite.Options{Now: time.Now})
		wantFault(t, err, fault.Unsupported, "store.newer")
	}
}

// TestGoexit: a function that ends the writer's goroutine does not end the
// writer.
func TestGoexit(t *testing.T) {
	e := openDir(t, t.TempDir(), sqlite.Options{})
	ctx := t.Context()
	putOne(t, e, 1)
	err := e.Update(ctx, func(tx store.Tx) error {
		if _, err := tx.Put(ctx, store.Put{Key: store.Key{PK: 2, LID: store.MakeLID(1, 1)}}); err != nil {
			return err
		}
		runtime.Goexit()
		return nil
	})
	wantFault(t, err, fault.Internal, "store.goexit")
	putOne(t, e, 3)
	if n := len(scanAll(t, e)); n != 2 {
		t.Errorf("%d documents", n)
	}
	if found := findings(t, e); len(found) > 0 {
		t.Error(found)
	}
}

// TestKeptTx: a Tx or a Reader that outlives its function cannot be used.
func TestKeptTx(t *testing.T) {
	e := openDir(t, t.TempDir(), sqlite.Options{})
	ctx := t.Context()
	var tx store.Tx
	var r store.Reader
	if err := e.Update(ctx, func(x store.Tx) error { tx = x; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := e.View(ctx, func(x store.Reader) error { r = x; return nil }); err != nil {
		t.Fatal(err)
	}
	for name, use := range map[string]func() error{
		"Tx":     func() error { return tx.SetKey(ctx, "s", store.KeyValue{Key: "k"}) },
		"Reader": func() error { _, err := r.LastChange(ctx); return err },
	} {
		func() {
			defer func() { recover() }()
			if use() == nil {
				t.Errorf("a %s was used after its end", name)
			}
		}()
	}
}

func TestInterruptedBulk(t *testing.T) {
	dir := t.TempDir()
	e := openDir(t, dir, sqlite.Options{})
	if err := e.Bulk(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	putOne(t, e, 1)
	if found := findings(t, e); len(found) > 0 {
		t.Errorf("while it is under way: %v", found)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = openDir(t, dir, sqlite.Options{})
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

// TestBulkFull: a bulk load that loses something says so until it is switched
// off, and Check says so afterwards.
func TestBulkFull(t *testing.T) {
	dir := t.TempDir()
	e := openDir(t, dir, sqlite.Options{MaxPages: 200})
	ctx := t.Context()
	if err := e.Bulk(ctx, true); err != nil {
		t.Fatal(err)
	}
	var err error
	for pk := int64(1); err == nil && pk < 10_000; pk++ {
		err = e.Update(ctx, func(tx store.Tx) error {
			_, err := tx.Put(ctx, store.Put{Key: store.Key{PK: pk, LID: store.MakeLID(1, 1)}, Body: make([]byte, 3000)})
			return err
		})
	}
	wantFault(t, err, fault.Busy, "store.full")
	wantFault(t, e.Update(ctx, func(store.Tx) error { return nil }), fault.Busy, "store.full")
	wantFault(t, e.Bulk(ctx, false), fault.Busy, "store.full")
	if found := findings(t, e); len(found) != 1 || found["store.bulk-interrupted"] != 1 {
		t.Errorf("found %v", found)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	putOne(t, openDir(t, dir, sqlite.Options{}), 50_000)
}

// TestLogBounded: the write-ahead log is folded back under load, and after a
// long View that kept it.
func TestLogBounded(t *testing.T) {
	dir := t.TempDir()
	const limit = 100
	e := openDir(t, dir, sqlite.Options{CheckpointPages: limit, NoSync: true})
	size := func() int64 {
		info, err := os.Stat(filepath.Join(dir, "concord.db-wal"))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size() / pageSize
	}
	pk := int64(0)
	var slowest time.Duration
	write := func(n int) {
		for range n {
			pk++
			start := time.Now()
			putOne(t, e, pk)
			slowest = max(slowest, time.Since(start))
		}
	}
	write(1500) // five pages or so each: folding takes its time when the machine is busy
	if n := size(); n > 2500 {
		t.Errorf("under load the log has %d pages", n)
	}
	err := e.View(t.Context(), func(r store.Reader) error {
		if _, err := r.LastChange(t.Context()); err != nil {
			return err
		}
		write(200)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	held := size()
	if slowest > time.Second {
		t.Errorf("an Update waited %v for a View", slowest)
	}
	write(1500)
	if n := size(); n > held+5*limit+64*10 {
		t.Errorf("after a long View the log has %d pages, had %d", n, held)
	}
}

func TestBackup(t *testing.T) {
	e := openDir(t, t.TempDir(), sqlite.Options{})
	for pk := range int64(20) {
		putOne(t, e, pk+1)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "concord.db")
	if err := e.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	wantFault(t, e.Backup(t.Context(), path), fault.Conflict, "store.backup-exists")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	c := openDir(t, dir, sqlite.Options{})
	if n, found := len(scanAll(t, c)), findings(t, c); n != 20 || len(found) > 0 {
		t.Errorf("the copy holds %d documents, %v", n, found)
	}
}
