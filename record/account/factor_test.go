package account_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"concord/fault"
	"concord/record/access"
	"concord/record/account"
	"concord/store"
)

// at is an attempt from an address.
func at(address string) account.Attempt { return account.Attempt{Address: address, Note: unheard} }

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// signIn is a sign-in by password that must not fail.
func (s *stage) signIn(name string) *account.Step {
	s.t.Helper()
	in, err := s.register.SignIn(s.ctx, name, secret, at("10.0.0.1"))
	s.must(err)
	return in
}

// app adds an authenticator app to an account and returns its key.
func (s *stage) app(name string) string {
	s.t.Helper()
	k, err := s.register.StartApp(s.ctx, name)
	s.must(err)
	s.must(s.register.FinishApp(s.ctx, name, s.code(k.Secret)))
	s.now = s.now.Add(time.Minute) // the code that proved the app is used up
	return k.Secret
}

func (s *stage) code(key string) string {
	s.t.Helper()
	code, err := totp.GenerateCode(key, s.now)
	s.must(err)
	return code
}

func TestAuthenticatorApp(t *testing.T) {
	s := newStage(t)
	s.ada()
	k, err := s.register.StartApp(s.ctx, "ada")
	s.must(err)
	if again, err := s.register.StartApp(s.ctx, "ada"); err != nil || again.Secret != k.Secret {
		t.Errorf("a page that is loaded twice shows another key: %v", err)
	}
	s.is(s.register.FinishApp(s.ctx, "ada", "000000"), fault.Invalid, "account.app-code")
	if in := s.signIn("ada"); in.Session == nil {
		t.Fatal("an app that was not proved is asked for")
	}
	s.must(s.register.FinishApp(s.ctx, "ada", s.code(k.Secret)))

	s.now = s.now.Add(time.Minute)
	in := s.signIn("ada")
	if in.Session != nil || in.Ticket == "" || !in.Asks.App {
		t.Fatalf("a password alone opens a session: %+v", in)
	}
	_, err = s.register.Look(s.ctx, in.Ticket)
	s.is(err, fault.Unauthenticated, "account.session")
	_, err = s.register.GiveCode(s.ctx, in.Ticket, "123456", at("10.0.0.1"))
	s.is(err, fault.Unauthenticated, "account.second-factor")
	code := s.code(k.Secret)
	done, err := s.register.GiveCode(s.ctx, in.Ticket, code[:3]+" "+code[3:], at("10.0.0.1"))
	s.must(err)
	if done.Session == nil || done.Level != 2 || done.State != account.Open {
		t.Fatalf("%+v", done.Session)
	}
	// The ticket is used up, and so is the code, for whoever looked over a shoulder.
	_, err = s.register.GiveCode(s.ctx, in.Ticket, code, at("10.0.0.1"))
	s.is(err, fault.Unauthenticated, "account.step")
	again := s.signIn("ada")
	_, err = s.register.GiveCode(s.ctx, again.Ticket, code, at("10.0.0.1"))
	s.is(err, fault.Unauthenticated, "account.second-factor")
	s.now = s.now.Add(-30 * time.Second)
	_, err = s.register.GiveCode(s.ctx, again.Ticket, s.code(k.Secret), at("10.0.0.1"))
	s.is(err, fault.Unauthenticated, "account.second-factor") // an earlier code than the last used
	s.now = s.now.Add(time.Hour)
	_, err = s.register.GiveCode(s.ctx, again.Ticket, s.code(k.Secret), at("10.0.0.1"))
	s.is(err, fault.Unauthenticated, "account.step") // it took too long
}

// TestCodesCannotBeGuessed: wrong codes count like wrong passwords, whatever
// ticket they are given under.
func TestCodesCannotBeGuessed(t *testing.T) {
	s := newStage(t)
	s.ada()
	key := s.app("ada")
	for range account.FailuresPerAccount {
		in := s.signIn("ada")
		_, err := s.register.GiveCode(s.ctx, in.Ticket, "000000", at("10.0.0.1"))
		s.is(err, fault.Unauthenticated, "account.second-factor")
	}
	_, err := s.register.SignIn(s.ctx, "ada", secret, at("10.0.0.2"))
	s.is(err, fault.Busy, "account.locked")
	s.now = s.now.Add(account.LockFor + time.Second)
	in := s.signIn("ada")
	if _, err := s.register.GiveCode(s.ctx, in.Ticket, s.code(key), at("10.0.0.1")); err != nil {
		t.Errorf("the lock ends: %v", err)
	}
}

func TestRecoveryCodes(t *testing.T) {
	s := newStage(t)
	s.ada()
	_, err := s.register.NewRecoveryCodes(s.ctx, "ada")
	s.is(err, fault.Conflict, "account.no-factor")
	s.app("ada")
	old, err := s.register.NewRecoveryCodes(s.ctx, "ada")
	s.must(err)
	codes, err := s.register.NewRecoveryCodes(s.ctx, "ada")
	s.must(err)
	use := func(code string) error {
		in := s.signIn("ada")
		_, err := s.register.GiveCode(s.ctx, in.Ticket, code, at("10.0.0.1"))
		return err
	}
	s.is(use(old[0]), fault.Unauthenticated, "account.second-factor")
	s.must(use(strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))))
	s.is(use(codes[3]), fault.Unauthenticated, "account.second-factor")
	if f, err := s.register.Factors(s.ctx, "ada"); err != nil || f.Codes != len(codes)-1 {
		t.Errorf("%+v %v", f, err)
	}
}

// TestSecondFactorPolicy: who lacks what the organisation asks for is let in
// to add it, and nowhere else.
func TestSecondFactorPolicy(t *testing.T) {
	s := newStage(t)
	s.ada()
	s.must(s.office().SetSecondFactor(s.ctx, "RYJ", account.SecondAny))
	in := s.signIn("ada")
	if in.State != account.Enrol {
		t.Fatalf("state %s", in.State)
	}
	_, err := s.register.Session(s.ctx, in.Secret)
	s.is(err, fault.Unauthenticated, "account.session")
	s.app("ada")
	if _, err := s.register.Session(s.ctx, in.Secret); err != nil {
		t.Errorf("after adding an app: %v", err)
	}
	s.is(s.register.DropApp(s.ctx, "ada"), fault.Conflict, "account.last-factor")
	s.must(s.office().SetSecondFactor(s.ctx, "RYJ", account.SecondPasskey))
	_, err = s.register.Session(s.ctx, in.Secret) // at once, for sessions that exist
	s.is(err, fault.Unauthenticated, "account.session")
	s.must(s.office().SetSecondFactor(s.ctx, "RYJ", account.SecondNone))
	s.must(s.register.DropApp(s.ctx, "ada"))
	if in := s.signIn("ada"); in.Session == nil || in.Level != 1 {
		t.Errorf("%+v", in)
	}
	s.is(s.office().SetSecondFactor(s.ctx, "RYJ", "sometimes"), fault.Invalid, "account.second")
	strict := account.New(s.engine, func() time.Time { return s.now }, account.AskFor(account.SecondAny))
	if got, err := strict.SecondFactor(s.ctx, "R1K"); err != nil || got != account.SecondAny {
		t.Errorf("the installation's own: %s %v", got, err)
	}
	if got, err := strict.SecondFactor(s.ctx, "RYJ"); err != nil || got != account.SecondNone {
		t.Errorf("the organisation's setting: %s %v", got, err)
	}
}

// TestKeysAreSealed: the database alone does not give an app's key away, and
// another installation's secret does not open it.
func TestKeysAreSealed(t *testing.T) {
	s := newStage(t)
	s.ada()
	key := s.app("ada")
	s.must(s.engine.View(s.ctx, func(v store.Reader) error {
		for _, space := range []string{"account-factor", "sign-in-step"} {
			rows, err := v.ListKeys(s.ctx, space, "", 100)
			for _, kv := range rows {
				if strings.Contains(string(kv.Value), key) {
					t.Errorf("%s/%s holds the key", space, kv.Key)
				}
			}
			s.must(err)
		}
		return nil
	}))
	in := s.signIn("ada")
	other := account.New(s.engine, func() time.Time { return s.now }, account.Sealed([]byte("another secret, of another house")))
	_, err := other.GiveCode(s.ctx, in.Ticket, s.code(key), at("10.0.0.1"))
	s.is(err, fault.Internal, "account.seal")
	none := account.New(s.engine, func() time.Time { return s.now })
	_, err = none.StartApp(s.ctx, "ada")
	s.is(err, fault.Unsupported, "account.no-secret")
}

// TestKnownBrowser: who guesses at a name locks it for strangers, not for the
// browser that its owner uses; nor does that browser help with another name.
func TestKnownBrowser(t *testing.T) {
	s := newStage(t)
	s.ada()
	_, err := s.office().Create(s.ctx, account.Application{Name: "bob", Display: "Bob", Password: secret, Role: access.Clinician, Org: "RYJ"})
	s.must(err)
	own := account.Attempt{Address: "10.0.0.1", Note: unheard}
	own.Known = s.signIn("ada").Device
	for range account.FailuresPerAccount {
		_, err := s.register.SignIn(s.ctx, "ada", "a guess at a password", at("10.9.9.9"))
		s.is(err, fault.Unauthenticated, "account.sign-in")
	}
	_, err = s.register.SignIn(s.ctx, "ada", secret, at("10.0.0.1"))
	s.is(err, fault.Busy, "account.locked")
	in, err := s.register.SignIn(s.ctx, "ada", secret, own)
	s.must(err)
	_, err = s.register.SignIn(s.ctx, "ada", secret, own)
	s.is(err, fault.Busy, "account.locked") // each secret is good for one sign-in
	own.Known = in.Device
	for range account.FailuresPerAccount {
		_, err := s.register.SignIn(s.ctx, "ada", "a guess at a password", own)
		s.is(err, fault.Unauthenticated, "account.sign-in")
	}
	_, err = s.register.SignIn(s.ctx, "ada", secret, own)
	s.is(err, fault.Busy, "account.locked") // a stolen browser is no way to guess
	for range account.FailuresPerAccount {
		_, err := s.register.SignIn(s.ctx, "bob", "a guess at a password", own)
		s.is(err, fault.Unauthenticated, "account.sign-in")
	}
	_, err = s.register.SignIn(s.ctx, "bob", secret, own)
	s.is(err, fault.Busy, "account.locked")
}

// TestSpraying: one password tried on many names is stopped by address, and
// the names stay open to their owners.
func TestSpraying(t *testing.T) {
	s := newStage(t)
	s.ada()
	own := account.Attempt{Address: "10.0.0.9", Note: unheard}
	own.Known = s.signIn("ada").Device
	tried := 0
	for n := range account.FailuresPerAddress + 10 {
		_, err := s.register.SignIn(s.ctx, "user"+strings.Repeat("x", n), "Winter2026 password", at("10.0.0.9"))
		if fault.Is(err, fault.Unauthenticated) {
			tried++
		}
	}
	if tried != account.FailuresPerAddress {
		t.Errorf("%d guesses were looked at", tried)
	}
	_, err := s.register.SignIn(s.ctx, "ada", secret, at("10.0.0.9"))
	s.is(err, fault.Busy, "account.locked")
	if _, err := s.register.SignIn(s.ctx, "ada", secret, own); err != nil {
		t.Errorf("a known browser behind the same address: %v", err)
	}
}

// TestSecondStepIsNoted: a password without its factor leaves a trace, and a
// note that cannot be kept lets nobody in.
func TestSecondStepIsNoted(t *testing.T) {
	s := newStage(t)
	s.ada()
	key := s.app("ada")
	var noted []string
	note := func(_ context.Context, whose *account.Account, failure error) error {
		code := "in"
		if failure != nil {
			code = fault.Of(failure).Code
		}
		noted = append(noted, whose.Name+" "+code)
		return nil
	}
	in, err := s.register.SignIn(s.ctx, "ada", secret, account.Attempt{Address: "10.0.0.1", Note: note})
	s.must(err)
	s.register.GiveCode(s.ctx, in.Ticket, "000000", account.Attempt{Address: "10.0.0.1", Note: note})
	s.register.GiveCode(s.ctx, in.Ticket, s.code(key), account.Attempt{Address: "10.0.0.1", Note: note})
	if got := strings.Join(noted, ", "); got != "ada account.second-factor-asked, ada account.second-factor, ada in" {
		t.Errorf("noted %s", got)
	}
	s.now = s.now.Add(time.Minute)
	in = s.signIn("ada")
	down := fault.New(fault.Busy, "audit.unavailable", "not now")
	done, err := s.register.GiveCode(s.ctx, in.Ticket, s.code(key), account.Attempt{Address: "10.0.0.1",
		Note: func(context.Context, *account.Account, error) error { return down }})
	if done != nil || !fault.Is(err, fault.Busy) {
		t.Errorf("let in without a note: %v %v", done, err)
	}
}
