package fhirapi_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"concord/store"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
	"concord/store/sqlite"
)

// The scenarios run on both engines: first on SQLite, then, when all is well,
// on PostgreSQL.
var (
	server     = &pgtest.Shared{Options: pgtest.Options{NoSync: true, Settings: map[string]string{"max_locks_per_transaction": "1024"}}}
	onPostgres atomic.Bool
	schemas    atomic.Int64
)

func TestMain(m *testing.M) { os.Exit(server.Rounds(m, &onPostgres)) }

func openEngine(t testing.TB, now func() time.Time) store.Engine {
	t.Helper()
	var e store.Engine
	var err error
	if onPostgres.Load() {
		e, err = postgres.Open(context.Background(), server.DSN(t), postgres.Options{Now: now, Schema: fmt.Sprintf("fhirapi%d", schemas.Add(1))})
	} else {
		e, err = sqlite.Open(context.Background(), t.TempDir(), sqlite.Options{Now: now, NoSync: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}
