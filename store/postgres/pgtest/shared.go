//go:build unix

package pgtest

import (
	"errors"
	"os"
	"sync"
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
