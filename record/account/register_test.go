package account_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/store"
	"concord/store/dictionary"
)

// stage is the register over a real store and a real Desk, with a clock that
// the test moves.
type stage struct {
	t        testing.TB
	ctx      context.Context
	now      time.Time
	engine   store.Engine
	desk     *record.Desk
	register *account.Register
}

const secret = "correct horse battery"

func newStage(t *testing.T) *stage { t.Helper(); return newStageTB(t) }

func newStageTB(t testing.TB) *stage {
	t.Helper()
	s := &stage{t: t, ctx: context.Background(), now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return s.now }
	engine := openStore(t, s.ctx, clock)
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	s.engine = engine
	s.desk, err = record.Open(s.ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	s.register = account.New(engine, clock, account.Sealed([]byte("0123456789abcdef0123456789abcdef")))
	return s
}

func (s *stage) errand(role access.Role) *record.Errand {
	return s.desk.For(access.Requester{ID: "u-" + string(role), Role: role, Org: access.Domain}, access.Reason{Purpose: access.Administration})
}

func (s *stage) office() *account.Office { return s.register.Office(s.errand(access.Administrator)) }

func (s *stage) ada() *account.Account {
	s.t.Helper()
	a, err := s.office().Create(s.ctx, account.Application{Name: "Ada", Display: "Dr Ada Okafor", Password: secret,
		Role: access.Clinician, Org: "ryj"})
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *stage) is(err error, kind fault.Kind, code string) {
	s.t.Helper()
	if f := fault.Of(err); f == nil || f.Kind != kind || f.Code != code {
		s.t.Errorf("want %v %s, have %v", kind, code, err)
	}
}

func TestSignIn(t *testing.T) {
	s := newStage(t)
	s.ada()
	in, err := s.register.SignIn(s.ctx, " ADA ", secret, account.Attempt{Address: "10.0.0.1", Note: unheard})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.register.Session(s.ctx, in.Secret)
	if err != nil || got.Account.Name != "ada" || got.Account.Requester().Org != "RYJ" {
		t.Fatalf("session %+v %v", got, err)
	}
	if again, err := s.register.SignIn(s.ctx, "ada", secret, account.Attempt{Address: "10.0.0.1", Note: unheard}); err != nil || again.Secret == in.Secret {
		t.Errorf("each sign-in has a secret of its own: %v", err)
	}
	if err := s.register.SignOut(s.ctx, in.Secret); err != nil {
		t.Fatal(err)
	}
	_, err = s.register.Session(s.ctx, in.Secret)
	s.is(err, fault.Unauthenticated, "account.session")
	_, err = s.register.Session(s.ctx, "no such secret")
	s.is(err, fault.Unauthenticated, "account.session")
}

func TestWrongNameAndWrongPasswordSoundAlike(t *testing.T) {
	s := newStage(t)
	s.ada()
	_, wrong := s.register.SignIn(s.ctx, "ada", "not the password", account.Attempt{Address: "10.0.0.1", Note: unheard})
	_, nobody := s.register.SignIn(s.ctx, "eve", secret, account.Attempt{Address: "10.0.0.1", Note: unheard})
	s.is(wrong, fault.Unauthenticated, "account.sign-in")
	if wrong.Error() != nobody.Error() {
		t.Errorf("%q and %q tell them apart", wrong, nobody)
	}
}

func TestLockout(t *testing.T) {
	s := newStage(t)
	s.ada()
	for range account.FailuresPerAccount {
		_, err := s.register.SignIn(s.ctx, "ada", "not the password", account.Attempt{Address: "10.0.0.1", Note: unheard})
		s.is(err, fault.Unauthenticated, "account.sign-in")
	}
	_, err := s.register.SignIn(s.ctx, "ada", secret, account.Attempt{Address: "10.0.0.2", Note: unheard})
	s.is(err, fault.Busy, "account.locked")
	s.now = s.now.Add(account.LockFor + time.Second)
	if _, err := s.register.SignIn(s.ctx, "ada", secret, account.Attempt{Address: "10.0.0.2", Note: unheard}); err != nil {
		t.Errorf("the lock ends: %v", err)
	}
}

func TestAddressLimit(t *testing.T) {
	s := newStage(t)
	s.ada()
	for n := range account.FailuresPerAddress {
		_, err := s.register.SignIn(s.ctx, "user"+string(rune('a'+n)), "not the password", account.Attempt{Address: "10.0.0.9", Note: unheard})
		s.is(err, fault.Unauthenticated, "account.sign-in")
	}
	_, err := s.register.SignIn(s.ctx, "ada", secret, account.Attempt{Address: "10.0.0.9", Note: unheard})
	s.is(err, fault.Busy, "account.locked")
	if _, err := s.register.SignIn(s.ctx, "ada", secret, account.Attempt{Address: "10.0.0.1", Note: unheard}); err != nil {
		t.Errorf("others may sign in: %v", err)
	}
}

func TestSessionEnds(t *testing.T) {
	s := newStage(t)
	s.ada()
	open := func() string {
		in, err := s.register.SignIn(s.ctx, "ada", secret, account.Attempt{Address: "10.0.0.1", Note: unheard})
		if err != nil {
			t.Fatal(err)
		}
		return in.Secret
	}
	idle := open()
	s.now = s.now.Add(account.IdleLimit + time.Second)
	_, err := s.register.Session(s.ctx, idle)
	s.is(err, fault.Unauthenticated, "account.session")

	busy := open()
	for began := s.now; s.now.Sub(began) < account.AbsoluteLimit-10*time.Minute; s.now = s.now.Add(10 * time.Minute) {
		if _, err := s.register.Session(s.ctx, busy); err != nil {
			t.Fatalf("after %v: %v", s.now.Sub(began), err)
		}
	}
	s.now = s.now.Add(11 * time.Minute)
	_, err = s.register.Session(s.ctx, busy)
	s.is(err, fault.Unauthenticated, "account.session")

	barred := open()
	if err := s.office().SetDisabled(s.ctx, "ada", true); err != nil {
		t.Fatal(err)
	}
	_, err = s.register.Session(s.ctx, barred)
	s.is(err, fault.Unauthenticated, "account.session")
	_, err = s.register.SignIn(s.ctx, "ada", secret, account.Attempt{Address: "10.0.0.1", Note: unheard})
	s.is(err, fault.Unauthenticated, "account.sign-in")
}

func TestPasswordChangeEndsSessions(t *testing.T) {
	s := newStage(t)
	s.ada()
	in, err := s.register.SignIn(s.ctx, "ada", secret, account.Attempt{Address: "10.0.0.1", Note: unheard})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.office().SetPassword(s.ctx, "ada", "another long password"); err != nil {
		t.Fatal(err)
	}
	_, err = s.register.Session(s.ctx, in.Secret)
	s.is(err, fault.Unauthenticated, "account.session")
	if _, err := s.register.SignIn(s.ctx, "ada", "another long password", account.Attempt{Address: "10.0.0.1", Note: unheard}); err != nil {
		t.Error(err)
	}
}

func TestNothingIsStoredAsGivenOut(t *testing.T) {
	s := newStage(t)
	s.ada()
	in, err := s.register.SignIn(s.ctx, "ada", secret, account.Attempt{Address: "10.0.0.1", Note: unheard})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := s.office().Issue(s.ctx, account.Grant{Client: "loader", Scopes: "system/*.rs", Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	err = s.engine.View(s.ctx, func(v store.Reader) error {
		for _, space := range []string{"account", "session", "token", "account-code", "sign-in-failure", "account-factor", "sign-in-step", "sign-in-device"} {
			rows, err := v.ListKeys(s.ctx, space, "", 100)
			if err != nil {
				return err
			}
			for _, kv := range rows {
				for _, given := range []string{secret, in.Secret, in.Device, token} {
					if strings.Contains(kv.Key+string(kv.Value), given) {
						t.Errorf("%s/%s holds a secret", space, kv.Key)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestToken(t *testing.T) {
	s := newStage(t)
	token, _, err := s.office().Issue(s.ctx, account.Grant{Client: "Loader", Org: "ryj", Scopes: "system/*.cruds", Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	who, err := s.register.Bearer(s.ctx, token, "")
	if err != nil || who.ID != "loader" || who.Role != access.System || who.Org != "RYJ" || len(who.Scopes) != 1 {
		t.Fatalf("requester %+v %v", who, err)
	}
	s.now = s.now.Add(time.Hour)
	_, err = s.register.Bearer(s.ctx, token, "")
	s.is(err, fault.Unauthenticated, "account.token")

	token, row, err := s.office().Issue(s.ctx, account.Grant{Client: "loader", Scopes: "system/*.rs", Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.office().Revoke(s.ctx, row.ID); err != nil {
		t.Fatal(err)
	}
	_, err = s.register.Bearer(s.ctx, token, "")
	s.is(err, fault.Unauthenticated, "account.token")
	_, _, err = s.office().Issue(s.ctx, account.Grant{Client: "loader", Scopes: "", Life: time.Hour})
	s.is(err, fault.Invalid, "access.scope")
	_, _, err = s.office().Issue(s.ctx, account.Grant{Client: "loader", Scopes: "system/*.rs", Life: 10_000 * time.Hour})
	s.is(err, fault.Invalid, "account.token-life")
}

func TestFirstAdministrator(t *testing.T) {
	s := newStage(t)
	set := s.errand(access.Operator)
	app := account.Application{Name: "root", Display: "Helen Carter", Password: secret}
	code, err := s.register.FirstCode(s.ctx)
	if err != nil || len(code) != 23 {
		t.Fatalf("code %q %v", code, err)
	}
	_, err = s.register.SetUp(s.ctx, set, "AAAAA-AAAAA-AAAAA-AAAAA", "10.0.0.1", app)
	s.is(err, fault.Denied, "account.code")
	s.now = s.now.Add(account.CodeLife + time.Minute)
	_, err = s.register.SetUp(s.ctx, set, code, "10.0.0.1", app)
	s.is(err, fault.Denied, "account.code")
	if code, err = s.register.FirstCode(s.ctx); err != nil {
		t.Fatal(err)
	}
	a, err := s.register.SetUp(s.ctx, set, strings.ToLower(strings.ReplaceAll(code, "-", " ")), "10.0.0.1", app)
	if err != nil || a.Role != access.Administrator {
		t.Fatalf("%+v %v", a, err)
	}
	_, err = s.register.SetUp(s.ctx, set, code, "10.0.0.1", account.Application{Name: "second", Display: "E", Password: secret})
	s.is(err, fault.Conflict, "account.set-up")
	if code, err = s.register.FirstCode(s.ctx); err != nil || code != "" {
		t.Errorf("no code once an account exists: %q %v", code, err)
	}
}

func TestOnlyAdministratorsAdminister(t *testing.T) {
	s := newStage(t)
	s.ada()
	for _, role := range access.Roles() {
		allowed := role == access.Administrator || role == access.Operator
		office := s.register.Office(s.errand(role))
		_, err := office.List(s.ctx)
		if allowed != (err == nil) {
			t.Errorf("%s lists accounts: %v", role, err)
		}
		_, _, err = office.Issue(s.ctx, account.Grant{Client: "x1", Scopes: "system/*.rs", Life: time.Hour})
		if allowed != (err == nil) || !allowed && !fault.Is(err, fault.Denied) {
			t.Errorf("%s issues a token: %v", role, err)
		}
	}
}

func TestApplications(t *testing.T) {
	s := newStage(t)
	s.ada()
	good := account.Application{Name: "bob", Display: "Bob", Password: secret, Role: access.Receptionist, Org: "RYJ"}
	for _, c := range []struct {
		code string
		kind fault.Kind
		edit func(*account.Application)
	}{
		{"account.name", fault.Invalid, func(a *account.Application) { a.Name = "b b" }},
		{"account.display", fault.Invalid, func(a *account.Application) { a.Display = " " }},
		{"account.role", fault.Invalid, func(a *account.Application) { a.Role = access.Operator }},
		{"account.org", fault.Invalid, func(a *account.Application) { a.Org = "" }},
		{"account.password", fault.Invalid, func(a *account.Application) { a.Password = "short" }},
		{"account.taken", fault.Conflict, func(a *account.Application) { a.Name = "ada" }},
	} {
		a := good
		c.edit(&a)
		_, err := s.office().Create(s.ctx, a)
		s.is(err, c.kind, c.code)
	}
}

func TestRecent(t *testing.T) {
	s := newStage(t)
	for _, p := range []string{"a", "b", "a", "c"} {
		s.now = s.now.Add(10 * time.Minute)
		if err := s.register.Opened(s.ctx, "ada", p); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.register.Recent(s.ctx, "ada")
	if err != nil || len(list) != 3 || list[0].Person != "c" || list[1].Person != "a" || list[2].Person != "b" {
		t.Errorf("%+v %v", list, err)
	}
}

// unheard is a note that keeps nothing.
func unheard(context.Context, *account.Account, error) error { return nil }

// TestNotedSignIn: every attempt is noted with whose account it was, and a note
// that cannot be kept lets nobody in.
func TestNotedSignIn(t *testing.T) {
	s := newStage(t)
	s.ada()
	var noted []string
	note := func(_ context.Context, whose *account.Account, failure error) error {
		name, code := "nobody", "in"
		if whose != nil {
			name = whose.Name
		}
		if failure != nil {
			code = fault.Of(failure).Code
		}
		noted = append(noted, name+" "+code)
		return nil
	}
	s.register.SignIn(s.ctx, "Ada", secret, account.Attempt{Address: "10.0.0.1", Note: note})
	s.register.SignIn(s.ctx, "eve", secret, account.Attempt{Address: "10.0.0.1", Note: note})
	for range account.FailuresPerAccount {
		s.register.SignIn(s.ctx, "ada", "not the password", account.Attempt{Address: "10.0.0.1", Note: note})
	}
	s.register.SignIn(s.ctx, "ada", secret, account.Attempt{Address: "10.0.0.1", Note: note})
	want := "ada in, nobody account.sign-in" + strings.Repeat(", ada account.sign-in", account.FailuresPerAccount) + ", ada account.locked"
	if got := strings.Join(noted, ", "); got != want {
		t.Errorf("noted %s\nwant %s", got, want)
	}
	s.now = s.now.Add(account.LockFor)
	down := fault.New(fault.Busy, "audit.unavailable", "not now")
	in, err := s.register.SignIn(s.ctx, "ada", secret, account.Attempt{Address: "10.0.0.1",
		Note: func(context.Context, *account.Account, error) error { return down }})
	if in != nil || !fault.Is(err, fault.Busy) {
		t.Errorf("let in without a note: %v %v", in, err)
	}
}

// BenchmarkSession is what each page pays to know who asks.
func BenchmarkSession(b *testing.B) {
	s := newStageTB(b)
	s.ada()
	in := s.signIn("ada")
	for b.Loop() {
		if _, err := s.register.Session(s.ctx, in.Secret); err != nil {
			b.Fatal(err)
		}
	}
}
