package smart_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"concord/record/grant"
)

// TestSentNowhereElse: what is not registered, to the letter, is never gone
// to, not even with an error.
func TestSentNowhereElse(t *testing.T) {
	s := newStage(t)
	app, ada := s.app(func(a *grant.App) { a.Redirects = append(a.Redirects, "https://app.example/q?keep=1") }), s.signIn("ada")
	for _, to := range []string{"", "https://evil.example/back", redirect + "/", redirect + "?x=1", redirect + "/../evil", redirect + "#x", "https://app.example/back%2f",
		"https://app.example/BACK", "http://app.example/back", "https://app.example:443/back", "https://app.example@evil.example/back", "https://app.example.evil.example/back",
		"//app.example/back", "/back", "javascript:alert(1)", " " + redirect, redirect + " ", "https://app.example/launch", redirect + "\r\nX: y", "https://app.example/q"} {
		if got, err := s.server.Ask(s.ctx, request(app, "redirect_uri", to), ada); err == nil {
			t.Errorf("%q: sent to %s", to, got)
		}
	}
	q := request(app)
	q.Add("redirect_uri", "https://evil.example/back")
	if got, err := s.server.Ask(s.ctx, q, ada); err == nil {
		t.Errorf("two addresses: sent to %s", got)
	}
	for _, id := range []string{"", "nobody", strings.Repeat("x", 1000)} {
		if got, err := s.server.Ask(s.ctx, request(app, "client_id", id), ada); err == nil {
			t.Errorf("client %.20q: sent to %s", id, got)
		}
	}
	ticket := s.ask(ada, request(app, "redirect_uri", "https://app.example/q?keep=1"))
	to, _, err := s.server.Deny(s.ctx, ticket, ada)
	s.must(err)
	u, err := url.Parse(to)
	s.must(err)
	if got := u.Query(); got.Get("keep") != "1" || got.Get("error") != "access_denied" || got.Get("state") != state || got.Get("iss") != base+"/fhir" || got.Has("code") {
		t.Errorf("refused: sent to %s", to)
	}
}

// TestAskedWrongly: the app learns what is wrong, and nothing is granted.
func TestAskedWrongly(t *testing.T) {
	s := newStage(t)
	app, ada := s.app(nil), s.signIn("ada")
	for what, c := range map[string]struct {
		pairs []string
		code  string
	}{
		"no PKCE":                     {[]string{"code_challenge", ""}, "invalid_request"},
		"PKCE without its method":     {[]string{"code_challenge_method", ""}, "invalid_request"},
		"PKCE in plain":               {[]string{"code_challenge_method", "plain"}, "invalid_request"},
		"a challenge that is none":    {[]string{"code_challenge", "short"}, "invalid_request"},
		"no state":                    {[]string{"state", ""}, "invalid_request"},
		"a state that can be guessed": {[]string{"state", "1"}, "invalid_request"},
		"no audience":                 {[]string{"aud", ""}, "invalid_request"},
		"another audience":            {[]string{"aud", "https://other.example/fhir"}, "invalid_request"},
		"an audience that begins so":  {[]string{"aud", base + "/fhir.evil.example"}, "invalid_request"},
		"the implicit flow":           {[]string{"response_type", "token"}, "unsupported_response_type"},
		"the hybrid flow":             {[]string{"response_type", "code id_token"}, "unsupported_response_type"},
		"an answer in the fragment":   {[]string{"response_mode", "fragment"}, "invalid_request"},
		"a request object":            {[]string{"request", "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"},
		"no scope":                    {[]string{"scope", ""}, "invalid_request"},
		"scopes not registered":       {[]string{"scope", "user/Observation.rs patient/Observation.cud system/*.rs"}, "invalid_scope"},
		"the context alone":           {[]string{"scope", "launch/patient"}, "invalid_scope"},
		"launch without a launch":     {[]string{"scope", "launch patient/*.rs"}, "invalid_request"},
		"a launch that is none":       {[]string{"scope", "launch patient/*.rs", "launch", "x"}, "invalid_request"},
		"no question":                 {[]string{"prompt", "none"}, "interaction_required"},
	} {
		to, err := s.server.Ask(s.ctx, request(app, c.pairs...), ada)
		s.must(err)
		u, err := url.Parse(to)
		s.must(err)
		if !strings.HasPrefix(to, redirect+"?") || u.Query().Get("error") != c.code || u.Query().Get("iss") != base+"/fhir" {
			t.Errorf("%s: %s, want %s", what, to, c.code)
		}
	}
}

func TestCodes(t *testing.T) {
	s := newStage(t)
	app, other, ada := s.app(nil), s.app(nil), s.signIn("ada")
	code := s.agree(ada, request(app))
	for what, pairs := range map[string][]string{
		"another app":       {"client_id", other.ID},
		"another address":   {"redirect_uri", redirect + "/"},
		"no address":        {"redirect_uri", ""},
		"no verifier":       {"code_verifier", ""},
		"another verifier":  {"code_verifier", strings.Repeat("a", 43)},
		"the challenge":     {"code_verifier", challenge(verifier)},
		"a code that is no": {"code", "x"},
	} {
		s.refused(what, s.redeem(app, code, pairs...), http.StatusBadRequest, "invalid_grant")
	}
	s.refused("another way", s.redeem(app, code, "grant_type", "client_credentials"), http.StatusBadRequest, "unauthorized_client")
	s.refused("the password grant", s.redeem(app, code, "grant_type", "password"), http.StatusBadRequest, "unsupported_grant_type")
	r := s.redeem(app, code)
	if r.status != http.StatusOK {
		t.Fatalf("after all that the app itself is refused: %s", r.body)
	}
	// Another app with the used code ends nothing.
	s.refused("another app, used code", s.redeem(other, code), http.StatusBadRequest, "invalid_grant")
	if !s.opens(r.Access) {
		t.Fatal("another app ended the grant")
	}
	s.refused("twice", s.redeem(app, code), http.StatusBadRequest, "invalid_grant")
	if s.opens(r.Access) {
		t.Error("a code was used twice and its token still opens")
	}
	if len(s.noted) != 1 {
		t.Errorf("noted: %v", s.noted)
	}
	late := s.agree(ada, request(app))
	s.now = s.now.Add(time.Minute)
	s.refused("too late", s.redeem(app, late), http.StatusBadRequest, "invalid_grant")
}

// TestCodeOpensOnce: of many at the same moment one gets tokens at most.
func TestCodeOpensOnce(t *testing.T) {
	s := newStage(t)
	app, ada := s.app(nil), s.signIn("ada")
	code := s.agree(ada, request(app))
	results := make(chan error, 8)
	for range cap(results) {
		go func() {
			_, err := s.grants.Redeem(s.ctx, app, code, redirect, verifier)
			results <- err
		}()
	}
	won := 0
	for range cap(results) {
		if <-results == nil {
			won++
		}
	}
	if won != 1 {
		t.Errorf("%d redeemed one code", won)
	}
}

// TestConsentIsTheSessions: what waits for consent is worth nothing in another
// session, so that nobody agrees in somebody else's name, or to what somebody
// else chose.
func TestConsentIsTheSessions(t *testing.T) {
	s := newStage(t)
	app, ada, ben := s.app(nil), s.signIn("ada"), s.signIn("ben")
	again := s.signIn("ada")
	ticket := s.ask(ada, request(app))
	for _, by := range []struct {
		name string
		do   func() error
	}{
		{"another person looks", func() error { _, err := s.grants.Pending(s.ctx, ticket, ben); return err }},
		{"another person agrees", func() error { _, _, err := s.server.Allow(s.ctx, ticket, []string{"openid"}, ben); return err }},
		{"another person chooses", func() error { return s.grants.Choose(s.ctx, ticket, "p", ben) }},
		{"another person refuses", func() error { _, _, err := s.server.Deny(s.ctx, ticket, ben); return err }},
		{"another session of theirs agrees", func() error { _, _, err := s.server.Allow(s.ctx, ticket, []string{"openid"}, again); return err }},
		{"no patient is chosen", func() error { _, _, err := s.server.Allow(s.ctx, ticket, []string{"openid"}, ada); return err }},
	} {
		if by.do() == nil {
			t.Errorf("%s: it works", by.name)
		}
	}
	s.must(s.grants.Choose(s.ctx, ticket, patient, ada))
	if _, _, err := s.server.Allow(s.ctx, ticket, []string{"user/*.cruds"}, ada); err == nil {
		t.Error("agreed to nothing that was asked, and it works")
	}
	_, p, err := s.server.Allow(s.ctx, ticket, []string{"openid", "user/*.cruds", "patient/*.cruds"}, ada)
	s.must(err)
	if got := p.Asks.String(); got != "openid launch/patient" {
		t.Errorf("granted %q", got)
	}
	if _, _, err := s.server.Allow(s.ctx, ticket, []string{"openid"}, ada); err == nil {
		t.Error("one ticket gives two codes")
	}
	late := s.ask(ada, request(app))
	s.now = s.now.Add(11 * time.Minute)
	if _, err := s.grants.Pending(s.ctx, late, ada); err == nil {
		t.Error("a ticket lives for ever")
	}
}

// TestLaunchIsTheSessions: an app that one person opened is not finished by
// another, nor by another app: the patient in context would be another's.
func TestLaunchIsTheSessions(t *testing.T) {
	s := newStage(t)
	app, other, ada, ben := s.app(nil), s.app(nil), s.signIn("ada"), s.signIn("ben")
	to, err := s.server.Open(s.ctx, app.ID, grant.Context{Patient: patient}, ada)
	s.must(err)
	u, _ := url.Parse(to)
	q := request(app, "launch", u.Query().Get("launch"), "scope", "launch patient/*.rs")
	if to, _ := s.server.Ask(s.ctx, q, ben); !strings.Contains(to, "error=invalid_request") {
		t.Errorf("another person: %s", to)
	}
	q.Set("client_id", other.ID)
	if to, _ := s.server.Ask(s.ctx, q, ada); !strings.Contains(to, "error=invalid_request") {
		t.Errorf("another app: %s", to)
	}
	q.Set("client_id", app.ID)
	s.now = s.now.Add(6 * time.Minute)
	if to, _ := s.server.Ask(s.ctx, q, ada); !strings.Contains(to, "error=invalid_request") {
		t.Errorf("too late: %s", to)
	}
}

// TestAssertions: nothing but a fresh assertion for this server by a key of the
// app proves anything.
func TestAssertions(t *testing.T) {
	s := newStage(t)
	k, foreign, rsaKey := newKey(t, jose.ES384), newKey(t, jose.ES384), newKey(t, jose.RS384)
	foreign.id = k.id
	service := func(keys ...key) *grant.App {
		return s.app(func(a *grant.App) {
			*a = grant.App{Name: "Bulk reader", Service: true, Keys: jwks(keys...), Scopes: "system/*.rs"}
		})
	}
	app, other := service(k, rsaKey), service(foreign)
	good := k.sign(t, s.claims(app, nil))
	parts := strings.Split(good, ".")
	enc := base64.RawURLEncoding.EncodeToString
	bad := func(change func(*jwt.Claims)) string { return k.sign(t, s.claims(app, change)) }
	for what, text := range map[string]string{
		"nothing":            "",
		"no token":           "x.y.z",
		"alg none":           enc([]byte(`{"alg":"none","typ":"JWT","kid":"`+k.id+`"}`)) + "." + parts[1] + ".",
		"alg NONE":           enc([]byte(`{"alg":"NONE"}`)) + "." + parts[1] + "." + parts[2],
		"HS256 by the key":   enc([]byte(`{"alg":"HS256"}`)) + "." + parts[1] + "." + enc([]byte("0123456789abcdef0123456789abcdef")),
		"signature cut off":  parts[0] + "." + parts[1] + ".",
		"signature altered":  good[:len(good)-8] + "AAAAAAAA",
		"claims altered":     parts[0] + "." + enc([]byte(`{"iss":"`+app.ID+`","sub":"`+app.ID+`"}`)) + "." + parts[2],
		"another's key":      foreign.sign(t, s.claims(app, nil)),
		"RS384 key as ES384": key{id: rsaKey.id, alg: jose.ES384, private: foreign.private}.sign(t, s.claims(app, nil)),
		"expired":            bad(func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(s.now.Add(-time.Minute)) }),
		"for an hour":        bad(func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(s.now.Add(time.Hour)) }),
		"for ever":           bad(func(c *jwt.Claims) { c.Expiry = nil }),
		"not yet":            bad(func(c *jwt.Claims) { c.NotBefore = jwt.NewNumericDate(s.now.Add(2 * time.Minute)) }),
		"no id":              bad(func(c *jwt.Claims) { c.ID = "" }),
		"another audience":   bad(func(c *jwt.Claims) { c.Audience = jwt.Audience{"https://other.example/token"} }),
		"two audiences":      bad(func(c *jwt.Claims) { c.Audience = jwt.Audience{base + "/smart/token", "https://other.example"} }),
		"no audience":        bad(func(c *jwt.Claims) { c.Audience = nil }),
		"another issuer":     bad(func(c *jwt.Claims) { c.Issuer = other.ID }),
		"another subject":    bad(func(c *jwt.Claims) { c.Subject = other.ID }),
		"another app's name": bad(func(c *jwt.Claims) { c.Issuer, c.Subject = other.ID, other.ID }),
		"nobody":             bad(func(c *jwt.Claims) { c.Issuer, c.Subject = "nobody", "nobody" }),
	} {
		r := s.post("/smart/token", serviceForm(text))
		if r.status == http.StatusOK || r.Access != "" || r.Error != "invalid_client" {
			t.Errorf("%s: %d %s", what, r.status, r.body)
		}
	}
	if r := s.post("/smart/token", serviceForm(good)); r.status != http.StatusOK {
		t.Fatalf("a good assertion is refused: %s", r.body)
	}
	s.refused("replayed", s.post("/smart/token", serviceForm(good)), http.StatusUnauthorized, "invalid_client")
	s.refused("another client_id", s.post("/smart/token", serviceForm(k.sign(t, s.claims(app, nil)), "client_id", other.ID)), http.StatusUnauthorized, "invalid_client")
	s.refused("another type", s.post("/smart/token", serviceForm(k.sign(t, s.claims(app, nil)), "client_assertion_type", "x")), http.StatusBadRequest, "invalid_request")
	s.refused("a secret", s.post("/smart/token", serviceForm(k.sign(t, s.claims(app, nil))), "Authorization", "Basic eDp5"), http.StatusUnauthorized, "invalid_client")
	s.refused("user scopes", s.post("/smart/token", serviceForm(k.sign(t, s.claims(app, nil)), "scope", "user/*.rs patient/*.rs openid")), http.StatusBadRequest, "invalid_scope")
}

// TestRefusedAssertionsAreAudited: forged, expired, replayed, for another audience
// and unsigned: each is told, with why, and without the assertion.
func TestRefusedAssertionsAreAudited(t *testing.T) {
	s := newStage(t)
	k, foreign := newKey(t, jose.ES384), newKey(t, jose.ES384)
	foreign.id = k.id
	app := s.app(func(a *grant.App) {
		*a = grant.App{Name: "Bulk reader", Service: true, Keys: jwks(k), Scopes: "system/*.rs"}
	})
	good := k.sign(t, s.claims(app, nil))
	if r := s.post("/smart/token", serviceForm(good)); r.status != http.StatusOK || len(s.refusals) != 0 {
		t.Fatalf("%d %q", r.status, s.refusals)
	}
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"Mrs Okonkwo"}`)) + "." + strings.Split(good, ".")[1] + "."
	for _, c := range [][2]string{
		{foreign.sign(t, s.claims(app, nil)), "assertion.key"},
		{k.sign(t, s.claims(app, func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(s.now.Add(-time.Minute)) })), "assertion.time"},
		{good, "assertion.replayed"},
		{k.sign(t, s.claims(app, func(c *jwt.Claims) { c.Audience = jwt.Audience{"https://other.example/token"} })), "assertion.audience"},
		{unsigned, "assertion.form"},
	} {
		s.post("/smart/token", serviceForm(c[0]))
		last := s.refusals[len(s.refusals)-1]
		if !strings.HasPrefix(last, c[1]+": client assertion refused from 192.0.2.1: a JWT") || strings.Contains(last, strings.Split(c[0], ".")[1]) || strings.Contains(last, "Okonkwo") {
			t.Errorf("%s: %q", c[1], last)
		}
	}
	for range 50 {
		s.post("/smart/token", serviceForm(unsigned))
	}
	if len(s.refusals) != 5 {
		t.Errorf("a flood makes %d entries", len(s.refusals))
	}
}

// TestConfidentialAppsProveThemselves: an app that has a key is not believed
// without it, neither with a code nor with a refresh token.
func TestConfidentialAppsProveThemselves(t *testing.T) {
	s := newStage(t)
	k := newKey(t, jose.ES384)
	app, ada := s.app(func(a *grant.App) { a.Keys = jwks(k) }), s.signIn("ada")
	code := s.agree(ada, request(app))
	s.refused("a code", s.redeem(app, code), http.StatusUnauthorized, "invalid_client")
	s.refused("a refresh token", s.refresh(app, "x"), http.StatusUnauthorized, "invalid_client")
	s.refused("a refresh token without a name", s.refresh(app, "x", "client_id", ""), http.StatusUnauthorized, "invalid_client")
	s.refused("revocation", s.post("/smart/revoke", url.Values{"client_id": {app.ID}, "token": {"x"}}), http.StatusUnauthorized, "invalid_client")
	proof := serviceForm(k.sign(t, s.claims(app, nil)))
	r := s.redeem(app, code, "client_id", "", "client_assertion", proof.Get("client_assertion"), "client_assertion_type", proof.Get("client_assertion_type"))
	if r.status != http.StatusOK {
		t.Errorf("with its key it is refused: %s", r.body)
	}
	code = s.agree(ada, request(app, "scope", "offline_access launch/patient patient/*.rs"))
	proof = serviceForm(k.sign(t, s.claims(app, nil)))
	r = s.redeem(app, code, "client_id", "", "client_assertion", proof.Get("client_assertion"), "client_assertion_type", proof.Get("client_assertion_type"))
	s.refused("its refresh token without its key", s.refresh(app, r.Refresh, "client_id", ""), http.StatusUnauthorized, "invalid_client")
}

// TestTokensOfOtherKinds: a token is worth nothing as one of another kind.
func TestTokensOfOtherKinds(t *testing.T) {
	s := newStage(t)
	app, ada := s.app(nil), s.signIn("ada")
	r := s.redeem(app, s.agree(ada, request(app, "scope", "openid offline_access launch/patient patient/*.rs")))
	s.refused("an access token as refresh token", s.refresh(app, r.Access), http.StatusBadRequest, "invalid_grant")
	s.refused("an ID token as refresh token", s.refresh(app, r.ID), http.StatusBadRequest, "invalid_grant")
	if s.opens(r.ID) || !grant.Foreign(r.ID) || !grant.Foreign(r.Refresh) || grant.Foreign(r.Access) {
		t.Error("tokens of one kind pass for another")
	}
	s.refused("in the address", s.post("/smart/token?client_id="+app.ID, url.Values{"grant_type": {"refresh_token"}}), http.StatusBadRequest, "invalid_request")
	form := url.Values{"grant_type": {"refresh_token", "refresh_token"}, "client_id": {app.ID}, "refresh_token": {r.Refresh}}
	s.refused("twice", s.post("/smart/token", form), http.StatusBadRequest, "invalid_request")
}

// TestCrossOrigin: pages of approved apps may call, others may not, and no
// cookie goes along.
func TestCrossOrigin(t *testing.T) {
	s := newStage(t)
	app := s.app(nil)
	asked := func(origin, path string) http.Header {
		r := httptest.NewRequest(http.MethodOptions, path, nil)
		r.Header.Set("Access-Control-Request-Method", "POST")
		return s.send(r, "Origin", origin).header
	}
	h := asked("https://app.example", "/smart/token")
	if h.Get("Access-Control-Allow-Origin") != "https://app.example" || h.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%v", h)
	}
	for _, origin := range []string{"https://evil.example", "null", "https://app.example.evil.example", "http://app.example"} {
		if h := asked(origin, "/smart/token"); h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may call", origin)
		}
	}
	s.must(s.grants.Office(s.admin()).Refuse(s.ctx, app.ID))
	if h := asked("https://app.example", "/smart/token"); h.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a withdrawn app may call")
	}
}
