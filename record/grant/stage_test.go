package grant_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/record/grant"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
	"concord/store/sqlite"
)

// The tests run on both engines: first on SQLite, then, when all is well, on
// PostgreSQL.
var (
	server     = &pgtest.Shared{Options: pgtest.Options{NoSync: true}}
	onPostgres atomic.Bool
	schemas    atomic.Int64
)

func TestMain(m *testing.M) { os.Exit(server.Rounds(m, &onPostgres)) }

// stage is the registry over a real store.
type stage struct {
	t        testing.TB
	ctx      context.Context
	now      time.Time
	accounts *account.Register
	grants   *grant.Registry
	app      *grant.App
	ada      *account.Session
}

const (
	password = "correct horse battery"
	back     = "https://app.example/back"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{t: t, ctx: context.Background(), now: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return s.now }
	var engine store.Engine
	var err error
	if onPostgres.Load() {
		engine, err = postgres.Open(s.ctx, server.DSN(t), postgres.Options{Now: clock, Schema: fmt.Sprintf("grant%d", schemas.Add(1))})
	} else {
		engine, err = sqlite.Open(s.ctx, t.TempDir(), sqlite.Options{Now: clock, NoSync: true})
	}
	s.must(err)
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	s.must(err)
	desk, err := record.Open(s.ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: clock})
	s.must(err)
	s.accounts = account.New(engine, clock, account.Sealed(make([]byte, 32)))
	s.grants = grant.New(engine, s.accounts, clock)
	operator := desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
	_, err = s.accounts.Office(operator).Create(s.ctx, account.Application{Name: "ada", Display: "Dr Ada", Password: password, Role: access.Clinician, Org: "RYJ"})
	s.must(err)
	step, err := s.accounts.SignIn(s.ctx, "ada", password, account.Attempt{Address: "10.0.0.1", Note: func(context.Context, *account.Account, error) error { return nil }})
	s.must(err)
	s.ada, err = s.accounts.Session(s.ctx, step.Session.Secret)
	s.must(err)
	s.app, err = s.grants.Register(s.ctx, grant.App{Name: "App", Redirects: []string{back}, Scopes: "offline_access launch/patient patient/*.rs"})
	s.must(err)
	s.must(s.grants.Office(operator).Approve(s.ctx, s.app.ID, "RYJ"))
	s.app, err = s.grants.App(s.ctx, s.app.ID)
	s.must(err)
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// code is what the person's agreement gives.
func (s *stage) code() string {
	s.t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	ticket, err := s.grants.Ask(s.ctx, grant.Asked{App: s.app.ID, Redirect: back, State: "s", Challenge: base64.RawURLEncoding.EncodeToString(sum[:]), Scopes: s.app.Scopes}, s.ada)
	s.must(err)
	s.must(s.grants.Choose(s.ctx, ticket, "person", s.ada))
	_, code, err := s.grants.Allow(s.ctx, ticket, strings.Fields(s.app.Scopes), s.ada)
	s.must(err)
	return code
}
