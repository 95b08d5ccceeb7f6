package conformance

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"concord/record"
	"concord/record/access"
	"concord/standard/validate"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
	"concord/store/sqlite"
)

var write = flag.Bool("write", false, "write docs/conformance.md")

// corpora is a folder of the shared test material, or a loud skip.
func corpora(tb testing.TB, sub string) string {
	tb.Helper()
	root := os.Getenv("CONCORD_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "corpora", sub)
	if _, err := os.Stat(dir); err != nil {
		tb.Skipf("SKIP: no shared corpora at %s (set CONCORD_SHARED)", dir)
	}
	return dir
}

// server is the PostgreSQL that the tests of this run share.
var server = &pgtest.Shared{Options: pgtest.Options{NoSync: true, Settings: map[string]string{"max_locks_per_transaction": "1024"}}}

// onEngines runs a part of the set on each engine.
func onEngines(t *testing.T, part func(t *testing.T, engine string)) {
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		t.Run(engine, func(t *testing.T) { part(t, engine) })
	}
}

func openEngine(ctx context.Context, tb testing.TB, engine string) (store.Engine, error) {
	if engine == "PostgreSQL" {
		dsn := server.DSN(tb)
		name := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(tb.Name()), "_")
		return postgres.Open(ctx, dsn, postgres.Options{Now: time.Now, Schema: name[max(0, len(name)-50):]})
	}
	return sqlite.Open(ctx, tb.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
}

func openDesk(tb testing.TB, engineName string) *record.Desk {
	tb.Helper()
	ctx := context.Background()
	engine, err := openEngine(ctx, tb, engineName)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	if err != nil {
		tb.Fatal(err)
	}
	d, err := record.Open(ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: time.Now, Check: validate.Base().Check})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func client(d *record.Desk) *record.Errand {
	return d.For(access.Requester{ID: "conformance", Role: access.System, Org: "RYJ", Scopes: access.Scopes{{Type: "*", Can: "cruds"}}},
		access.Reason{Purpose: access.DirectCare})
}

// clean verifies a desk's store after a run.
func clean(tb testing.TB, d *record.Desk) {
	tb.Helper()
	e := d.For(access.Requester{ID: "operator", Role: access.Operator, Org: "QRV"}, access.Reason{Purpose: access.Integrity})
	if _, err := e.Verify(context.Background(), func(f record.Finding) { tb.Errorf("verify: %+v", f) }); err != nil {
		tb.Fatal(err)
	}
}
