package postgres_test

import (
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"concord/store"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
	"concord/store/storetest"
)

// server is shared by the tests that need no crash; its data are thrown away.
var server = &pgtest.Shared{Options: pgtest.Options{NoSync: true, Settings: map[string]string{"max_locks_per_transaction": "1024"}}}

func TestMain(m *testing.M) {
	// Each round of the model makes a store of its own, which takes longer here
	// than in a file. A flag on the command line goes before.
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// schemaOf is the schema that stands for a directory of the suite.
func schemaOf(dir string) string {
	h := fnv.New64a()
	h.Write([]byte(dir))
	return fmt.Sprintf("t%016x", h.Sum64())
}

// once names the parts of the suite whose functions do not bear being run
// twice: there the engine must not guess.
var once = regexp.MustCompile(`/(Model|JournalCounts)$`)

func open(t testing.TB, o storetest.Options) store.Engine {
	t.Helper()
	return openSeen(t, o, nil)
}

func openSeen(t testing.TB, o storetest.Options, seen func(string, []uint32)) *postgres.Engine {
	t.Helper()
	e, err := postgres.OpenProbed(t.Context(), server.DSN(t), postgres.Options{Now: o.Now, Schema: schemaOf(o.Dir)}, seen, once.MatchString(t.Name()))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// statement is one that the engine has sent, with the types of its parameters.
type statement struct{ text, types string }

// statements gathers what engines send.
type statements struct {
	mu  sync.Mutex
	all map[statement]bool
}

func (s *statements) see(text string, types []uint32) {
	names := make([]string, len(types))
	for i, oid := range types {
		names[i] = typeNames[oid]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[statement]bool{}
	}
	s.all[statement{text, strings.Join(names, ", ")}] = true
}

var typeNames = map[uint32]string{
	16: "boolean", 17: "bytea", 20: "bigint", 21: "smallint", 23: "int", 25: "text", 700: "real",
	1000: "boolean[]", 1001: "bytea[]", 1005: "smallint[]", 1007: "int[]", 1016: "bigint[]", 1021: "real[]",
}

// TestStore runs the suite and then looks at every statement of it: how the
// server runs it, and whether it could run on a store that is sharded.
func TestStore(t *testing.T) {
	var seen statements
	storetest.Run(t, func(t testing.TB, o storetest.Options) store.Engine { return openSeen(t, o, seen.see) })
	t.Run("Plans", func(t *testing.T) { testPlans(t, &seen) })
	t.Run("Shards", func(t *testing.T) { testShards(t, &seen) })
}
