package account_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"concord/record/account"
	"concord/store"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
	"concord/store/sqlite"
)

// onPostgres names the database that openStore uses instead of SQLite.
const onPostgres = "CONCORD_ACCOUNT_TEST_DATABASE"

func openStore(t testing.TB, ctx context.Context, clock func() time.Time) store.Engine {
	t.Helper()
	var engine store.Engine
	var err error
	if os.Getenv(onPostgres) != "" {
		engine, err = postgres.Open(ctx, pgtest.Start(t, pgtest.Options{NoSync: true}).DSN(), postgres.Options{Now: clock})
	} else {
		engine, err = sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: clock})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	return engine
}

// TestOnPostgreSQL runs what matters most on the other engine too.
func TestOnPostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a PostgreSQL server for each test")
	}
	if pgtest.Binaries() == "" {
		t.Skip("NO POSTGRESQL: accounts are not tried on it (make tools)")
	}
	t.Setenv(onPostgres, "yes")
	for name, test := range map[string]func(*testing.T){
		"app": TestAuthenticatorApp, "recovery": TestRecoveryCodes, "passkey": TestPasskeyAlone, "sessions": TestSessionEnds,
		"acting": TestActing, "trusts": TestTrustsKeepToTheirOwn, "browser": TestKnownBrowser, "once": TestCodeOpensOneSession,
	} {
		t.Run(name, test)
	}
}

// TestCodeOpensOneSession: a code that is given many times at the same moment
// opens one session.
func TestCodeOpensOneSession(t *testing.T) {
	s := newStage(t)
	s.ada()
	key := s.app("ada")
	codes, err := s.register.NewRecoveryCodes(s.ctx, "ada")
	s.must(err)
	for _, code := range []string{s.code(key), codes[0]} {
		var opened, wait sync.Map
		var wg sync.WaitGroup
		for n := range 4 {
			in := s.signIn("ada")
			wait.Store(n, in.Ticket)
		}
		wait.Range(func(n, ticket any) bool {
			wg.Go(func() {
				in, err := s.register.GiveCode(s.ctx, ticket.(string), code, account.Attempt{Address: "10.0.0.1", Note: unheard})
				if err == nil && in.Session != nil {
					opened.Store(n, true)
				}
			})
			return true
		})
		wg.Wait()
		many := 0
		opened.Range(func(any, any) bool { many++; return true })
		if many != 1 {
			t.Errorf("%d sessions by one code", many)
		}
	}
}
