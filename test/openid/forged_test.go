package openid

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"concord/fault"
)

// claimsOf reads a token without believing it.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// sign makes a token of claims.
func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, kid string, claims map[string]any) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// unsigned is a token of alg none.
func unsigned(t *testing.T, claims map[string]any) string {
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(text) + "."
}

// with changes a claim; a nil removes it.
func with(claims map[string]any, name string, value any) map[string]any {
	out := maps.Clone(claims)
	out[name] = value
	if value == nil {
		delete(out, name)
	}
	return out
}

// TestForgedTokens: whatever stands in the place of the provider's ID token
// opens nothing, though the rest of the answer is true.
func TestForgedTokens(t *testing.T) {
	s := newStage(t)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	s.must(err)
	earlier := ""
	s.forging(func(path string, body map[string]any) {
		if path == "/token" {
			earlier = body["id_token"].(string)
		}
	})
	if r := s.browser().arrive(staff, "ada"); r.to != s.base+"/" {
		t.Fatalf("an untouched token: %d", r.status)
	}
	now := time.Now().Unix()
	ours := func(edit func(map[string]any) map[string]any) func(map[string]any) any {
		return func(c map[string]any) any { return sign(t, jose.RS256, s.key, "k", edit(c)) }
	}
	for why, forge := range map[string]func(c map[string]any) any{
		"alg none":                func(c map[string]any) any { return unsigned(t, c) },
		"alg none, kid kept":      func(c map[string]any) any { return strings.Replace(unsigned(t, c), "JWT", "JWT", 1) + "AAAA" },
		"the client's own secret": func(c map[string]any) any { return sign(t, jose.HS256, []byte(clientSecret), "k", c) },
		"the public key as a secret": func(c map[string]any) any {
			return sign(t, jose.HS256, s.key.N.Bytes(), "k", c)
		},
		"a stranger's key":       func(c map[string]any) any { return sign(t, jose.RS256, stranger, "k", c) },
		"a stranger's key, new":  func(c map[string]any) any { return sign(t, jose.RS256, stranger, "other", c) },
		"no token":               func(map[string]any) any { return nil },
		"an earlier sign-in's":   func(map[string]any) any { return earlier },
		"cut short":              func(c map[string]any) any { return sign(t, jose.RS256, s.key, "k", c)[:40] },
		"another audience":       ours(func(c map[string]any) map[string]any { return with(c, "aud", "patients") }),
		"two audiences, no azp":  ours(func(c map[string]any) map[string]any { return with(c, "aud", []string{"staff", "other"}) }),
		"another party":          ours(func(c map[string]any) map[string]any { return with(c, "azp", "other") }),
		"no audience":            ours(func(c map[string]any) map[string]any { return with(c, "aud", nil) }),
		"another issuer":         ours(func(c map[string]any) map[string]any { return with(c, "iss", "https://evil.example") }),
		"expired":                ours(func(c map[string]any) map[string]any { return with(c, "exp", now-1) }),
		"no expiry":              ours(func(c map[string]any) map[string]any { return with(c, "exp", nil) }),
		"made an hour ago":       ours(func(c map[string]any) map[string]any { return with(c, "iat", now-3600) }),
		"made in the future":     ours(func(c map[string]any) map[string]any { return with(c, "iat", now+3600) }),
		"another nonce":          ours(func(c map[string]any) map[string]any { return with(c, "nonce", "x") }),
		"no nonce":               ours(func(c map[string]any) map[string]any { return with(c, "nonce", nil) }),
		"nobody":                 ours(func(c map[string]any) map[string]any { return with(c, "sub", "") }),
		"somebody else":          ours(func(c map[string]any) map[string]any { return with(c, "sub", "both") }),
		"another's access token": ours(func(c map[string]any) map[string]any { return with(c, "at_hash", "AAAAAAAAAAAAAAAAAAAAAA") }),
	} {
		t.Run(why, func(t *testing.T) {
			s.forging(func(path string, body map[string]any) {
				if path == "/token" {
					body["id_token"] = forge(claimsOf(t, body["id_token"].(string)))
				}
			})
			b := s.browser()
			r := b.arrive(staff, "ada")
			if r.status != http.StatusUnauthorized || strings.Contains(r.header.Get("Set-Cookie"), "concord=") {
				t.Errorf("%d %s", r.status, r.to)
			}
			if _, err := s.relyingSession(b); err == nil {
				t.Error("there is a session")
			}
		})
	}
	// A token that says more of the person than a level of assurance that the
	// signature covers is no way up: AAL1 stays AAL1, whatever userinfo says.
	s.forging(func(path string, body map[string]any) {
		if path == "/me" {
			body["authentication_assurance_level"] = "3"
		}
	})
	if r := s.browser().arrive(staff, "weak"); r.status != http.StatusForbidden {
		t.Errorf("raised by userinfo: %d", r.status)
	}
	s.forging(func(path string, body map[string]any) {
		if path == "/me" {
			body["sub"] = "both"
		}
	})
	if r := s.browser().arrive(staff, "ada"); r.status == http.StatusSeeOther {
		t.Error("the roles of somebody else are taken")
	}
}

// TestAnswerCountsOnce: the provider's answer is good once, in the browser
// that set out, and only from the provider that was asked.
func TestAnswerCountsOnce(t *testing.T) {
	s := newStage(t)
	refused := func(why string, b *browser, address string) {
		t.Helper()
		if r := b.get(address); r.status != http.StatusUnauthorized || strings.Contains(r.header.Get("Set-Cookie"), "concord=") {
			t.Errorf("%s: %d %s", why, r.status, r.to)
		}
		if _, err := s.relyingSession(b); err == nil {
			t.Errorf("%s: there is a session", why)
		}
	}
	b := s.browser()
	back := b.answer(staff, "ada")
	if r := b.get(back); r.to != s.base+"/" {
		t.Fatalf("%d", r.status)
	}
	refused("replayed by somebody else", s.browser(), back)
	b.post("/sign-out")
	refused("replayed in the same browser", b, back)
	// Login CSRF: an attacker's answer in a victim's browser.
	refused("begun in another browser", s.browser(), s.browser().answer(staff, "ada"))
	change := func(name, value string) string {
		u, err := url.Parse(b.answer(staff, "ada"))
		s.must(err)
		q := u.Query()
		if q.Set(name, value); value == "" {
			q.Del(name)
		}
		u.RawQuery = q.Encode()
		return u.String()
	}
	for name, values := range map[string][]string{"state": {"", "x", strings.Repeat("x", 5000)}, "code": {"", "x"},
		"iss": {"", "https://evil.example"}, "error": {"access_denied"}} {
		for _, v := range values {
			refused(name+" "+v[:min(len(v), 10)], b, change(name, v))
			b = s.browser()
		}
	}
	// PKCE: a code that was caught on its way is worth nothing in another trip.
	caught, err := url.Parse(s.browser().answer(staff, "ada"))
	s.must(err)
	u, err := url.Parse(b.answer(staff, "both"))
	s.must(err)
	q := u.Query()
	q.Set("code", caught.Query().Get("code"))
	u.RawQuery = q.Encode()
	refused("another trip's code", b, u.String())
	if r := b.get("/sign-in/with/nobody"); r.status != http.StatusNotFound {
		t.Errorf("an unknown provider: %d", r.status)
	}
}

// TestForgedSignOut: nobody but the provider signs people out, and each of its
// tokens counts once.
func TestForgedSignOut(t *testing.T) {
	s := newStage(t)
	b := s.browser()
	token := ""
	s.forging(func(path string, body map[string]any) {
		if path == "/token" {
			token = body["id_token"].(string)
		}
	})
	b.arrive(staff, "ada")
	other := s.browser()
	other.arrive(staff, "ada")
	now := time.Now().Unix()
	good := map[string]any{"iss": s.issuer, "aud": "staff", "iat": now, "exp": now + 120, "jti": "one", "sub": "ada",
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
	ours := func(c map[string]any) string { return sign(t, jose.RS256, s.key, "k", c) }
	for why, forged := range map[string]string{
		"nothing": "", "alg none": unsigned(t, good), "another audience": ours(with(good, "aud", "patients")),
		"another issuer": ours(with(good, "iss", "https://evil.example")), "expired": ours(with(good, "exp", now-1)),
		"old": ours(with(good, "iat", now-3600)), "no id": ours(with(good, "jti", nil)), "no event": ours(with(good, "events", nil)),
		"an ID token": token, "with a nonce": ours(with(good, "nonce", "x")),
		"nobody": ours(with(good, "sub", nil)),
	} {
		if r := b.post("/sign-in/back-channel/cis2", "logout_token", forged); r.status != http.StatusBadRequest {
			t.Errorf("%s: %d", why, r.status)
		}
	}
	if r := b.get("/help"); r.status != http.StatusOK {
		t.Fatalf("signed out by a forged token: %d", r.status)
	}
	// By sub: every session of the person.
	if r := b.post("/sign-in/back-channel/cis2", "logout_token", ours(good)); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, x := range []*browser{b, other} {
		if _, err := s.relyingSession(x); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("still signed in: %v", err)
		}
	}
	b.arrive(staff, "ada")
	if r := b.post("/sign-in/back-channel/cis2", "logout_token", ours(good)); r.status != http.StatusBadRequest {
		t.Errorf("replayed: %d", r.status)
	}
	if r := b.get("/help"); r.status != http.StatusOK {
		t.Errorf("signed out by a replayed token: %d", r.status)
	}
}
