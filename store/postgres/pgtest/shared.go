//go:build unix

package pgtest

import (
	"errors"
	"flag"
	"fmt"
	"os"
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

// DSN gives the address of the shared server, or skips the test when
// PostgreSQL is not installed.
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
	case Binaries() == "":
		fmt.Fprintln(os.Stderr, "SKIP: PostgreSQL is not installed; the tests ran on SQLite alone")
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

func need(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrMissing) {
		t.Skipf("SKIP: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
