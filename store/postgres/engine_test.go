package postgres_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
	"concord/store/postgres"
	"concord/store/storetest"
)

func openDir(t testing.TB, dir string) *postgres.Engine {
	t.Helper()
	e := openSeen(t, storetest.Options{Dir: dir, Now: time.Now}, nil)
	t.Cleanup(func() { e.Close() })
	return e
}

func putOne(t *testing.T, e *postgres.Engine, pk int64) {
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

func scanAll(t *testing.T, e *postgres.Engine) (docs []*store.Doc) {
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

func findings(t *testing.T, e *postgres.Engine) map[string]int {
	t.Helper()
	found := map[string]int{}
	if err := e.Check(t.Context(), func(f store.Finding) { found[f.Code]++ }); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestNewerSchema(t *testing.T) {
	dir := t.TempDir()
	e := openDir(t, dir)
	if err := e.Script("UPDATE meta SET v = '9999' WHERE k = 'schema'"); err != nil {
		t.Fatal(err)
	}
	_, err := postgres.Open(t.Context(), server.DSN(t), postgres.Options{Now: time.Now, Schema: schemaOf(dir)})
	wantFault(t, err, fault.Unsupported, "store.newer")
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		dsn, schema, code string
		kind              fault.Kind
	}{
		{"host=localhost port=x", "", "store.dsn", fault.Invalid},
		{server.DSN(t), "No; DROP", "store.schema", fault.Invalid},
		{"host=127.0.0.1 port=1 connect_timeout=2", "", "store.unreachable", fault.Busy},
	} {
		_, err := postgres.Open(t.Context(), c.dsn, postgres.Options{Now: time.Now, Schema: c.schema})
		wantFault(t, err, c.kind, c.code)
	}
	_, err := postgres.Open(t.Context(), server.DSN(t), postgres.Options{})
	wantFault(t, err, fault.Internal, "store.options")
}

// TestGoexit: a function that ends the writer's goroutine does not end the
// writer.
func TestGoexit(t *testing.T) {
	e := openDir(t, t.TempDir())
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
	e := openDir(t, t.TempDir())
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
			defer func() { _ = recover() }()
			if use() == nil {
				t.Errorf("a %s was used after its end", name)
			}
		}()
	}
}

// TestSlowView: a View whose context ends is given up, and the server stops
// working on it.
func TestSlowView(t *testing.T) {
	e := openDir(t, t.TempDir())
	if err := e.Script("CREATE FUNCTION slow() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM pg_sleep(20)'"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := e.View(ctx, func(r store.Reader) error { return postgres.Ask(ctx, r, "SELECT slow()") })
	wantFault(t, err, fault.Busy, "store.cancelled")
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("gave up after %v", took)
	}
	for range 100 {
		busy := int64(0)
		err := e.View(t.Context(), func(r store.Reader) (err error) {
			busy, err = postgres.AskInt(t.Context(), r, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT slow()'")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if busy == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the server is still working on it")
}

// TestTrace: a request learns which statements it ran.
func TestTrace(t *testing.T) {
	e := openDir(t, t.TempDir())
	putOne(t, e, 1)
	var told []string
	ctx := store.WithTrace(t.Context(), func(statement string, rows int, took time.Duration) {
		told = append(told, fmt.Sprint(statement, rows, took > 0))
	})
	err := e.View(ctx, func(r store.Reader) error {
		_, err := r.Get(ctx, store.Key{PK: 1, LID: store.MakeLID(1, 1)})
		return err
	})
	if err != nil || len(told) != 1 || told[0] != "SELECT pk, lid, ver, cseq, upd, del, org, feed, d, body FROM rec WHERE pk = $1 AND lid = $21 true" {
		t.Errorf("%v, %q", err, told)
	}
}
