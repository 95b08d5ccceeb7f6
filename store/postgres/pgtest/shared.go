//go:build unix

package pgtest

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Env names the variable with the DSN of a server to use instead of a
// throw-away one. A test that starts itself again passes its server on so.
const Env = "CONCORD_PGTEST_DSN"

// Shared is a server that the tests of one binary share; it starts when it is
// first needed. Call Stop in TestMain.
type Shared struct {
	Options
	once   sync.Once
	server *Server
	err    error
}

// DSN gives the address of the shared server, or ends the test as
// Missing does when PostgreSQL is not installed.
func (s *Shared) DSN(t testing.TB) string {
	t.Helper()
	if dsn := os.Getenv(Env); dsn != "" {
		return dsn
	}
	s.once.Do(func() { s.server, s.err = New(s.Options) })
	need(t, s.err)
	return s.server.DSN()
}

// Rounds runs the tests of a binary on SQLite and then, when all is well, on
// PostgreSQL, with on set; it returns the exit code. It is for TestMain. With
// -short the first round is all: what runs twice has no cached result.
func (s *Shared) Rounds(m *testing.M, on *atomic.Bool) int {
	flag.Parse()
	code := m.Run()
	switch {
	case code != 0:
	case testing.Short():
		fmt.Fprintln(os.Stderr, "SKIP: -short runs on SQLite alone")
	case Binaries() == "" && Without("postgres"):
		fmt.Fprintf(os.Stderr, "SKIP, as %s says: PostgreSQL is not installed; the tests ran on SQLite alone\n", without)
	case Binaries() == "":
		fmt.Fprintf(os.Stderr, "FAIL: %v; %s=postgres leaves these tests out\n", ErrMissing, without)
		code = 1
	default:
		on.Store(true)
		code = m.Run()
	}
	s.Stop()
	return code
}

// Stop ends the server if it was started.
func (s *Shared) Stop() {
	if s.server != nil {
		s.server.Stop()
	}
}

// Start starts a server for one test, which stops it at its end.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
	need(t, err)
	t.Cleanup(s.Stop)
	return s
}

// without names the variable by which tests may be left out: what is not installed
// fails them otherwise, so that nobody takes for passed what was not run.
const without = "CONCORD_WITHOUT"

// Without tells whether tests that need something ("postgres") may be left out.
func Without(what string) bool {
	return slices.Contains(strings.Split(os.Getenv(without), ","), what)
}

func need(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrMissing) {
		Missing(t)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Missing ends a test for which PostgreSQL is not installed: it fails, unless the
// variable or -short says that it may be left out.
func Missing(t testing.TB) {
	t.Helper()
	if Without("postgres") || testing.Short() {
		t.Skipf("SKIP: %v", ErrMissing)
	}
	t.Fatalf("%v; %s=postgres leaves the tests out that need it", ErrMissing, without)
}
