package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"concord/fault"
	"concord/record/account"
)

var (
	place  = account.Place{Domain: "record.example", Origin: "https://record.example"}
	relier = virtualwebauthn.RelyingParty{ID: "record.example", Name: "Concord", Origin: "https://record.example"}
)

const wholeKey = 77 // bytes of a P-256 key in COSE

// newCredential makes a credential. The library writes a coordinate that begins
// with a zero byte without it, one in 128 times, which no true device does: such a
// key is made again.
func newCredential() virtualwebauthn.Credential {
	c := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(c.Key.AttestationData()) < wholeKey {
		c = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return c
}

// key is a passkey in an authenticator.
type key struct {
	device virtualwebauthn.Authenticator
	cred   virtualwebauthn.Credential
}

// passkey registers a passkey for an account.
func (s *stage) passkey(name string) *key {
	s.t.Helper()
	ticket, options, err := s.register.StartPasskey(s.ctx, name, place)
	s.must(err)
	asked, err := virtualwebauthn.ParseAttestationOptions(string(options))
	s.must(err)
	k := &key{virtualwebauthn.NewAuthenticator(), newCredential()}
	k.device.Options.UserHandle = []byte(asked.UserID)
	answer := virtualwebauthn.CreateAttestationResponse(relier, k.device, k.cred, *asked)
	s.must(s.register.FinishPasskey(s.ctx, name, ticket, "Ward key", []byte(answer), place))
	s.is(s.register.FinishPasskey(s.ctx, name, ticket, "Again", []byte(answer), place), fault.Unauthenticated, "account.step")
	return k
}

// sign answers what the register asks, from an origin.
func (k *key) sign(s *stage, options []byte, origin string) []byte {
	s.t.Helper()
	asked, err := virtualwebauthn.ParseAssertionOptions(string(options))
	s.must(err)
	rp := relier
	rp.Origin = origin
	k.cred.Counter++
	return []byte(virtualwebauthn.CreateAssertionResponse(rp, k.device, k.cred, *asked))
}

func TestPasskeyAlone(t *testing.T) {
	s := newStage(t)
	s.ada()
	k := s.passkey("ada")
	ticket, options, err := s.register.AskPasskey(s.ctx, "", place)
	s.must(err)
	answer := k.sign(s, options, place.Origin)
	in, err := s.register.GivePasskey(s.ctx, ticket, answer, place, at("10.0.0.1"))
	s.must(err)
	if in.Account.Name != "ada" || in.Level != 2 || in.State != account.Open {
		t.Errorf("%+v", in.Session)
	}
	_, err = s.register.GivePasskey(s.ctx, ticket, answer, place, at("10.0.0.1"))
	s.is(err, fault.Unauthenticated, "account.step") // replayed
}

func TestPasskeyAsSecondFactor(t *testing.T) {
	s := newStage(t)
	s.ada()
	k := s.passkey("ada")
	in := s.signIn("ada")
	if in.Session != nil || !in.Asks.Passkey || in.Asks.App {
		t.Fatalf("%+v", in)
	}
	_, options, err := s.register.AskPasskey(s.ctx, in.Ticket, place)
	s.must(err)
	done, err := s.register.GivePasskey(s.ctx, in.Ticket, k.sign(s, options, place.Origin), place, at("10.0.0.1"))
	if err != nil || done.State != account.Open {
		t.Errorf("%+v %v", done, err)
	}
}

// TestPasskeyRefusals: what does not prove itself opens nothing.
func TestPasskeyRefusals(t *testing.T) {
	s := newStage(t)
	s.ada()
	k := s.passkey("ada")
	ask := func() (string, []byte) {
		s.t.Helper()
		ticket, options, err := s.register.AskPasskey(s.ctx, "", place)
		s.must(err)
		return ticket, options
	}
	refused := func(why, ticket string, answer []byte) {
		t.Helper()
		in, err := s.register.GivePasskey(s.ctx, ticket, answer, place, at("10.0.0.1"))
		if in != nil || !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v %v", why, in, err)
		}
	}
	ticket, options := ask()
	refused("a false page", ticket, k.sign(s, options, "https://record.example.evil"))
	ticket, _ = ask()
	_, elsewhere := ask()
	refused("another challenge", ticket, k.sign(s, elsewhere, place.Origin))
	ticket, options = ask()
	stranger := &key{k.device, newCredential()}
	refused("an unknown passkey", ticket, stranger.sign(s, options, place.Origin))
	ticket, options = ask()
	forged := &key{k.device, newCredential()}
	forged.cred.ID, forged.cred.Counter = k.cred.ID, 50
	refused("another key under the same id", ticket, forged.sign(s, options, place.Origin))
	ticket, options = ask()
	unverified := &key{k.device, k.cred}
	unverified.device.Options.UserNotVerified = true
	refused("a passkey that did not ask who holds it", ticket, unverified.sign(s, options, place.Origin))
	ticket, options = ask()
	k.cred.Counter = 100
	_, err := s.register.GivePasskey(s.ctx, ticket, k.sign(s, options, place.Origin), place, at("10.0.0.1"))
	s.must(err)
	ticket, options = ask()
	k.cred.Counter = 3
	refused("a copied passkey", ticket, k.sign(s, options, place.Origin))
	ticket, _ = ask()
	refused("no JSON", ticket, []byte("{"))
	s.must(s.office().SetDisabled(s.ctx, "ada", true))
	ticket, options = ask()
	k.cred.Counter = 200
	refused("a barred account", ticket, k.sign(s, options, place.Origin))
	_, _, err = s.register.AskPasskey(s.ctx, "", account.Place{})
	s.is(err, fault.Unsupported, "account.no-passkeys")
}

// TestPasskeyPolicy: where a passkey is asked for, an app is not enough once
// there is one.
func TestPasskeyPolicy(t *testing.T) {
	s := newStage(t)
	s.ada()
	s.app("ada")
	s.must(s.office().SetSecondFactor(s.ctx, "RYJ", account.SecondPasskey))
	if in := s.signIn("ada"); !in.Asks.App {
		t.Errorf("without a passkey the app is still the way in, to add one: %+v", in.Asks)
	}
	s.passkey("ada")
	if in := s.signIn("ada"); in.Asks.App || !in.Asks.Passkey {
		t.Errorf("%+v", in.Asks)
	}
	f, err := s.register.Factors(s.ctx, "ada")
	s.must(err)
	s.is(s.register.DropPasskey(s.ctx, "ada", f.Passkeys[0].ID), fault.Conflict, "account.last-factor")
	s.must(s.register.DropApp(s.ctx, "ada"))
}

func FuzzPasskeyAnswer(f *testing.F) {
	f.Add(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA","userHandle":"AA"}}`)
	f.Add(`{}`)
	f.Add(strings.Repeat("[", 1000))
	s := newStageTB(f)
	s.ada()
	f.Fuzz(func(t *testing.T, answer string) {
		ticket, _, err := s.register.AskPasskey(s.ctx, "", place)
		if err != nil {
			t.Fatal(err)
		}
		if in, err := s.register.GivePasskey(s.ctx, ticket, []byte(answer), place, at("10.0.0.1")); err == nil || in != nil {
			t.Fatalf("%q opened a session", answer)
		}
	})
}

// TestUnlockByPasskey: a locked session opens by its owner's passkey, and by
// nobody else's.
func TestUnlockByPasskey(t *testing.T) {
	s := newStage(t)
	s.ada()
	_, err := s.office().Create(s.ctx, account.Application{Name: "eve", Display: "Eve", Password: secret, Role: "clinician", Org: "RYJ"})
	s.must(err)
	in := s.signIn("ada")
	own, others := s.passkey("ada"), s.passkey("eve")
	s.must(s.register.Lock(s.ctx, in.Secret))
	ticket, options, err := s.register.AskUnlock(s.ctx, in.Secret, place)
	s.must(err)
	err = s.register.UnlockByPasskey(s.ctx, in.Secret, ticket, others.sign(s, options, place.Origin), place, at("10.0.0.1"))
	s.is(err, fault.Unauthenticated, "account.second-factor")
	ticket, options, err = s.register.AskPasskey(s.ctx, "", place) // hers, honestly signed
	s.must(err)
	err = s.register.UnlockByPasskey(s.ctx, in.Secret, ticket, others.sign(s, options, place.Origin), place, at("10.0.0.1"))
	s.is(err, fault.Unauthenticated, "account.unlock")
	_, err = s.register.Session(s.ctx, in.Secret)
	s.is(err, fault.Unauthenticated, "account.session")
	ticket, options, err = s.register.AskUnlock(s.ctx, in.Secret, place)
	s.must(err)
	s.must(s.register.UnlockByPasskey(s.ctx, in.Secret, ticket, own.sign(s, options, place.Origin), place, at("10.0.0.1")))
	if _, err := s.register.Session(s.ctx, in.Secret); err != nil {
		t.Error(err)
	}
}

// TestLockedSessions: looking at a locked session does not keep it alive, and
// a kept form is for an hour and for its session alone.
func TestLockedSessions(t *testing.T) {
	s := newStage(t)
	s.ada()
	in, other := s.signIn("ada"), s.signIn("ada")
	id, err := s.register.Keep(s.ctx, in.Session, "/x", []byte("a=1"))
	s.must(err)
	_, _, err = s.register.Kept(s.ctx, other.Session, id)
	s.is(err, fault.NotFound, "account.kept")
	path, body, err := s.register.Kept(s.ctx, in.Session, id)
	if err != nil || path != "/x" || string(body) != "a=1" {
		t.Errorf("%s %s %v", path, body, err)
	}
	_, _, err = s.register.Kept(s.ctx, in.Session, id)
	s.is(err, fault.NotFound, "account.kept")
	id, err = s.register.Keep(s.ctx, in.Session, "/x", nil)
	s.must(err)
	s.now = s.now.Add(time.Hour)
	_, _, err = s.register.Kept(s.ctx, in.Session, id)
	s.is(err, fault.NotFound, "account.kept")
	for began := s.now; s.now.Sub(began) < account.IdleLimit-time.Hour; s.now = s.now.Add(10 * time.Minute) {
		if got, err := s.register.Look(s.ctx, in.Secret); err != nil || got.State != account.Locked {
			t.Fatalf("%+v %v", got, err)
		}
	}
	_, err = s.register.Look(s.ctx, in.Secret)
	s.is(err, fault.Unauthenticated, "account.session")
}
