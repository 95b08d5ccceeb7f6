package grant_test

import (
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"concord/fault"
	"concord/record/access"
	"concord/record/grant"
)

// together runs a thing many times at the same moment and counts how often it
// went well.
func together(n int, do func() error) int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range n {
		wg.Go(func() {
			if do() == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return won
}

// TestOnce: a code, and a refresh token, that are used many times at the same
// moment give tokens once; what they gave has ended after that, since one of
// those who used them was not the app.
func TestOnce(t *testing.T) {
	s := newStage(t)
	code := s.code()
	if n := together(6, func() error { _, err := s.grants.Redeem(s.ctx, s.app, code, back, verifier); return err }); n != 1 {
		t.Errorf("%d redeemed one code", n)
	}
	tokens, err := s.grants.Redeem(s.ctx, s.app, s.code(), back, verifier)
	s.must(err)
	if n := together(6, func() error { _, err := s.grants.Refresh(s.ctx, s.app, tokens.Refresh, nil); return err }); n != 1 {
		t.Errorf("%d refreshed by one token", n)
	}
	if _, err := s.grants.Look(s.ctx, tokens.Access); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the family lives on: %v", err)
	}
	if all, err := s.grants.Grants(s.ctx, "ada"); err != nil || len(all) != 0 {
		t.Errorf("%d grants are left: %v", len(all), err)
	}
	ticket := ""
	if n := together(6, func() error {
		_, _, err := s.grants.Allow(s.ctx, ticket, nil, s.ada)
		return err
	}); n != 0 {
		t.Errorf("an empty ticket is agreed to %d times", n)
	}
}

// TestBearerIsHeldToItsGrant: the requester of a token is the person with the
// limits of the grant, whatever else the person may do.
func TestBearerIsHeldToItsGrant(t *testing.T) {
	s := newStage(t)
	tokens, err := s.grants.Redeem(s.ctx, s.app, s.code(), back, verifier)
	s.must(err)
	who, err := s.grants.Bearer(s.ctx, tokens.Access, "")
	s.must(err)
	if who.ID != "ada" || who.Role != access.Clinician || who.Limits == nil || who.Limits.Patient != "person" || len(who.Limits.Scopes) != 1 {
		t.Errorf("%+v", who)
	}
	for _, act := range access.Actions() {
		v := access.Decide(who, access.Reason{Purpose: access.DirectCare, Text: "why"}, act, "Observation")
		if want := act == access.Read || act == access.Search; v.Allowed != want {
			t.Errorf("%s: %v by %s", act, v.Allowed, v.Rule)
		}
	}
	for _, token := range []string{"", "x", tokens.Refresh, "concordapp_", "concordapp_" + strings.Repeat("A", 43), "concord_" + tokens.Access, tokens.Access + "A", tokens.Access[:len(tokens.Access)-1]} {
		if _, err := s.grants.Bearer(s.ctx, token, ""); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%.20q opens: %v", token, err)
		}
	}
}

// TestScopesNeverGrow: what is kept of scopes within others is covered by both.
func TestScopesNeverGrow(t *testing.T) {
	words := []string{"openid", "fhirUser", "launch", "launch/patient", "launch/encounter", "offline_access", "online_access", "patient/*.rs", "patient/*.cruds", "patient/Observation.r",
		"patient/Observation.rs", "patient/Observation.rs?category=laboratory", "user/*.rs", "user/Condition.cud", "system/*.rs", "nonsense", "patient/x.rs"}
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfN(rapid.SampledFrom(words), 0, 8)
		asked, most := grant.ParseScopes(strings.Join(some.Draw(t, "asked"), " ")), grant.ParseScopes(strings.Join(some.Draw(t, "most"), " "))
		got := asked.Within(most)
		for _, x := range got.Data {
			covered := false
			for _, m := range most.Data {
				covered = covered || m.Covers(x)
			}
			asks := false
			for _, a := range asked.Data {
				asks = asks || a == x
			}
			if !covered || !asks {
				t.Fatalf("%s of %q within %q", x, asked, most)
			}
		}
		if got.Offline && (!asked.Offline || !most.Offline) || got.OpenID && (!asked.OpenID || !most.OpenID) {
			t.Fatalf("%q of %q within %q", got, asked, most)
		}
		if again := got.Within(most); again.String() != got.String() {
			t.Fatalf("%q, then %q", got, again)
		}
	})
}

func FuzzParseScopes(f *testing.F) {
	f.Add("openid launch/patient patient/Observation.rs?category=laboratory offline_access")
	f.Fuzz(func(t *testing.T, text string) {
		s := grant.ParseScopes(text)
		if again := grant.ParseScopes(s.String()); again.String() != s.String() || again.Unknown != 0 {
			t.Fatalf("%q reads as %q, which reads as %q", text, s, again)
		}
	})
}

func FuzzRegister(f *testing.F) {
	f.Add("App", back, back, "openid patient/*.rs", `{"keys":[]}`, "")
	f.Fuzz(func(t *testing.T, name, redirect, launch, scopes, keys, at string) {
		a := grant.App{Name: name, Redirects: []string{redirect}, Launch: launch, Scopes: scopes, Keys: []byte(keys), KeysURL: at}
		if grant.Check(&a) != nil {
			return
		}
		for _, to := range []string{redirect, launch, at} {
			if to != "" && !strings.HasPrefix(to, "https://") && !strings.HasPrefix(to, "http://") || strings.ContainsAny(to, " \r\n\"'<>;,#*") {
				t.Fatalf("a browser may be sent to %q", to)
			}
		}
	})
}

// BenchmarkBearer is what each request of an app costs before its errand: token,
// grant, app, session and account on one snapshot.
func BenchmarkBearer(b *testing.B) {
	for _, scope := range []string{"session", "offline"} {
		b.Run(scope, func(b *testing.B) {
			s := newStage(b)
			if scope == "session" {
				s.app.Scopes = strings.Replace(s.app.Scopes, "offline_access", "", 1)
			}
			tokens, err := s.grants.Redeem(s.ctx, s.app, s.code(), back, verifier)
			s.must(err)
			for b.Loop() {
				if _, err := s.grants.Bearer(s.ctx, tokens.Access, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
