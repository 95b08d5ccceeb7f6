package audit_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"concord/record/access"
	"concord/record/audit"
	"concord/store"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
	"concord/store/sqlite"
)

// The tests run on both engines: on SQLite, then on PostgreSQL if it is there.
var (
	server     = &pgtest.Shared{Options: pgtest.Options{NoSync: true, Settings: map[string]string{"max_locks_per_transaction": "1024"}}}
	onPostgres atomic.Bool
	schemas    atomic.Int64
)

func TestMain(m *testing.M) { os.Exit(server.Rounds(m, &onPostgres)) }

type engine interface {
	store.Engine
	store.Transfer
}

type stage struct {
	t    testing.TB
	ctx  context.Context
	e    engine
	now  time.Time
	sign audit.Sign
	keys note.Verifiers
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{t: t, ctx: context.Background(), now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	private, public, err := note.GenerateKey(nil, "concord.test/audit")
	s.must(err)
	signer, err := note.NewSigner(private)
	s.must(err)
	verifier, err := note.NewVerifier(public)
	s.must(err)
	s.sign, s.keys = audit.Signer("concord.test/audit", signer), note.VerifierList(verifier)
	s.e = s.open()
	return s
}

// open makes an empty store.
func (s *stage) open() engine {
	s.t.Helper()
	now := func() time.Time { return s.now }
	var e engine
	var err error
	if onPostgres.Load() {
		e, err = postgres.Open(s.ctx, server.DSN(s.t), postgres.Options{Now: now, Schema: fmt.Sprintf("audit%d", schemas.Add(1))})
	} else {
		e, err = sqlite.Open(s.ctx, filepath.Join(s.t.TempDir(), "store"), sqlite.Options{Now: now, NoSync: true})
	}
	s.must(err)
	s.t.Cleanup(func() { e.Close() })
	return e
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// appends makes entries, one commit each, a second apart.
func (s *stage) appends(n int) {
	s.t.Helper()
	for i := range n {
		s.now = s.now.Add(time.Second)
		s.must(s.e.Update(s.ctx, func(tx store.Tx) error {
			return audit.Append(s.ctx, tx, &audit.Entry{Who: fmt.Sprint("user", i), Role: access.Clinician, Purpose: access.DirectCare,
				Action: access.Read, Rule: "clinician.read", Allowed: true, Records: []string{"p1"}, Change: 7})
		}))
	}
}

func (s *stage) sequence() {
	s.t.Helper()
	seq := &audit.Sequencer{Engine: s.e, Sign: s.sign}
	for {
		n, err := seq.Once(s.ctx)
		s.must(err)
		if n == 0 {
			return
		}
	}
}

func (s *stage) checkpoint() []byte {
	s.t.Helper()
	var out []byte
	s.must(s.e.View(s.ctx, func(r store.Reader) error {
		var err error
		out, err = audit.Checkpoint(s.ctx, r)
		return err
	}))
	return out
}

// verify gives what was seen and each finding as "code where".
func (s *stage) verify(e store.Engine, saved ...[]byte) (audit.Verified, []string) {
	s.t.Helper()
	var v audit.Verified
	var found []string
	s.must(e.View(s.ctx, func(r store.Reader) error {
		var err error
		v, err = audit.Verify(s.ctx, r, audit.Known{Verifiers: s.keys, Saved: saved}, func(f store.Finding) { found = append(found, f.Code+" "+f.Where) })
		return err
	}))
	return v, found
}

// rows are the bodies of the log.
func (s *stage) rows() []store.Entry {
	s.t.Helper()
	var out []store.Entry
	s.must(s.e.View(s.ctx, func(r store.Reader) error {
		var err error
		out, err = r.LogEntries(s.ctx, audit.Log, 0, 100_000)
		return err
	}))
	return out
}

func (s *stage) replace(seq int64, body []byte) {
	s.t.Helper()
	s.must(s.e.Update(s.ctx, func(tx store.Tx) error { return tx.ReplaceLog(s.ctx, audit.Log, seq, body) }))
}
