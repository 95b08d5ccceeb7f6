package smart_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"concord/edge/smart"
	"concord/record/access"
	"concord/record/grant"
)

func TestStandaloneLaunch(t *testing.T) {
	s := newStage(t)
	app, ada := s.app(nil), s.signIn("ada")
	r := s.redeem(app, s.agree(ada, request(app)))
	if r.status != http.StatusOK || r.Patient != patient || r.Refresh != "" || r.Seconds != 600 || r.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if want := "openid fhirUser launch/patient patient/Observation.rs"; r.Scope != want {
		t.Errorf("scopes %q, want %q", r.Scope, want)
	}
	held, err := s.grants.Look(s.ctx, r.Access)
	s.must(err)
	if held.Who.ID != "ada" || held.Who.Role != access.Clinician || held.Who.Org != "RYJ" || held.Patient != patient || held.App.ID != app.ID {
		t.Errorf("%+v", held)
	}
	s.now = s.now.Add(grant.TokenLife)
	if s.opens(r.Access) {
		t.Error("an expired token opens")
	}
}

func TestLaunchFromThePage(t *testing.T) {
	s := newStage(t)
	app, ada := s.app(nil), s.signIn("ada")
	to, err := s.server.Open(s.ctx, app.ID, grant.Context{Patient: patient}, ada)
	s.must(err)
	u, err := url.Parse(to)
	s.must(err)
	launch := u.Query().Get("launch")
	if u.Host != "app.example" || u.Path != "/launch" || u.Query().Get("iss") != base+"/fhir" || launch == "" {
		t.Fatalf("opened at %s", to)
	}
	q := request(app, "launch", launch, "scope", "launch openid patient/*.read")
	ticket := s.ask(ada, q)
	p, err := s.grants.Pending(s.ctx, ticket, ada)
	s.must(err)
	if !p.Ready || p.Patient != patient || p.Chosen {
		t.Fatalf("%+v", p.Asked)
	}
	if err := s.grants.Choose(s.ctx, ticket, "another", ada); err == nil {
		t.Error("the patient of an app that was opened from their page was changed")
	}
	to, _, err = s.server.Allow(s.ctx, ticket, p.Asks.Words(), ada)
	s.must(err)
	u, _ = url.Parse(to)
	if r := s.redeem(app, u.Query().Get("code")); r.Patient != patient || r.Scope != "openid launch patient/*.rs" {
		t.Errorf("%s", r.body)
	}
	if to, _ := s.server.Ask(s.ctx, q, ada); !strings.Contains(to, "error=invalid_request") {
		t.Errorf("a launch was used twice: %s", to)
	}
}

// TestLaunchForAnEncounter: the app learns of the encounter that it was opened
// for, again when it refreshes, and when it introspects.
func TestLaunchForAnEncounter(t *testing.T) {
	s := newStage(t)
	k := newKey(t, jose.ES384)
	app, ada := s.app(func(a *grant.App) {
		a.Keys, a.Scopes = jwks(k), "launch launch/patient launch/encounter online_access patient/*.rs"
	}), s.signIn("ada")
	to, err := s.server.Open(s.ctx, app.ID, grant.Context{Patient: patient, Encounter: "stay-1"}, ada)
	s.must(err)
	u, err := url.Parse(to)
	s.must(err)
	q := request(app, "launch", u.Query().Get("launch"), "scope", "launch launch/encounter online_access patient/*.rs")
	prove := func() []string {
		return []string{"client_assertion", k.sign(t, s.claims(app, nil)), "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_id", ""}
	}
	ticket := s.ask(ada, q)
	if err := s.grants.ChooseEncounter(s.ctx, ticket, "another", ada); err == nil {
		t.Error("the encounter of an app that was opened for one was changed")
	}
	p, err := s.grants.Pending(s.ctx, ticket, ada)
	s.must(err)
	back, _, err := s.server.Allow(s.ctx, ticket, p.Asks.Words(), ada)
	s.must(err)
	u, _ = url.Parse(back)
	r := s.redeem(app, u.Query().Get("code"), prove()...)
	if r.Patient != patient || r.Encounter != "stay-1" {
		t.Fatalf("%s", r.body)
	}
	if again := s.refresh(app, r.Refresh, prove()...); again.Encounter != "stay-1" || again.Patient != patient {
		t.Errorf("%s", again.body)
	}
	form := url.Values{"token": {r.Access}}
	for i, x := 0, prove(); i+3 < len(x); i += 2 {
		form.Set(x[i], x[i+1])
	}
	if told := s.post("/smart/introspect", form); !told.Active || told.Encounter != "stay-1" {
		t.Errorf("%s", told.body)
	}
	alone := s.ask(ada, request(app, "scope", "launch/encounter patient/*.rs"))
	if err := s.grants.ChooseEncounter(s.ctx, alone, "stay-1", ada); err == nil {
		t.Error("an encounter of nobody was chosen")
	}
	s.must(s.grants.Choose(s.ctx, alone, patient, ada))
	if _, _, err := s.server.Allow(s.ctx, alone, []string{"launch/encounter", "patient/*.rs"}, ada); err == nil {
		t.Error("let in before the encounter was chosen")
	}
	s.must(s.grants.ChooseEncounter(s.ctx, alone, "stay-1", ada))
	s.must(s.grants.Choose(s.ctx, alone, "person2", ada))
	if p, err := s.grants.Pending(s.ctx, alone, ada); err != nil || p.Encounter != "" || p.Ready {
		t.Errorf("another patient has the encounter of the first: %+v %v", p.Asked, err)
	}
}

// TestIdentityToken: signed by a published key, for this app, with its nonce;
// keys rotate, and those before stay published as long as their tokens live.
func TestIdentityToken(t *testing.T) {
	s := newStage(t)
	ada := s.signIn("ada")
	published := func() (set jose.JSONWebKeySet) {
		r := s.send(httptest.NewRequest(http.MethodGet, "/smart/jwks", nil))
		s.must(json.Unmarshal([]byte(r.body), &set))
		for _, k := range set.Keys {
			if !k.IsPublic() {
				t.Fatal("a private key is published")
			}
		}
		return set
	}
	check := func(text string, app *grant.App, set jose.JSONWebKeySet) {
		t.Helper()
		alg := jose.SignatureAlgorithm(app.Sign)
		if alg == "" {
			alg = jose.RS256
		}
		token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{alg})
		s.must(err)
		var c jwt.Claims
		var more struct {
			Nonce    string `json:"nonce"`
			FHIRUser string `json:"fhirUser"`
			AuthTime int64  `json:"auth_time"`
		}
		keys := set.Key(token.Headers[0].KeyID)
		if len(keys) != 1 {
			t.Fatalf("%d keys for the token", len(keys))
		}
		s.must(token.Claims(keys[0].Key, &c, &more))
		s.must(c.Validate(jwt.Expected{Issuer: base + "/fhir", AnyAudience: jwt.Audience{app.ID}, Time: s.now}))
		if more.Nonce != "n-0S6_WzA2Mj" || more.FHIRUser != base+"/fhir/Practitioner/ada" || c.Subject == "" || strings.Contains(c.Subject, "ada") || more.AuthTime == 0 {
			t.Errorf("%+v %+v", c, more)
		}
	}
	for _, alg := range grant.SignAlgorithms() {
		app := s.app(func(a *grant.App) { a.Sign = alg })
		check(s.redeem(app, s.agree(ada, request(app))).ID, app, published())
	}
	app := s.app(nil)
	old := s.redeem(app, s.agree(ada, request(app))).ID
	before := len(published().Keys)
	s.now = s.now.Add(grant.KeyLife)
	ada = s.signIn("ada")
	fresh := s.redeem(app, s.agree(ada, request(app))).ID
	set := published()
	if len(set.Keys) <= before {
		t.Fatalf("%d keys after rotation, %d before", len(set.Keys), before)
	}
	check(fresh, app, set)
	if a, b := header(t, old), header(t, fresh); a == b || len(set.Key(a)) != 1 {
		t.Error("the key did not change, or the old one is gone at once")
	}
	s.now = s.now.Add(3 * 24 * time.Hour)
	if set := published(); len(set.Key(header(t, old))) != 0 {
		t.Error("an old key is published for ever")
	}
}

func header(t *testing.T, text string) string {
	t.Helper()
	token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	return token.Headers[0].KeyID
}

func TestOfflineAccess(t *testing.T) {
	s := newStage(t)
	app, ada := s.app(nil), s.signIn("ada")
	first := s.redeem(app, s.agree(ada, request(app, "scope", "launch/patient offline_access patient/Observation.rs patient/Condition.rs")))
	s.must(s.accounts.SignOut(s.ctx, ada.Secret))
	if !s.opens(first.Access) {
		t.Error("offline access ends with the session")
	}
	second := s.refresh(app, first.Refresh)
	if second.status != http.StatusOK || second.Refresh == "" || second.Refresh == first.Refresh || second.Patient != patient {
		t.Fatalf("%d %s", second.status, second.body)
	}
	narrow := s.refresh(app, second.Refresh, "client_id", "", "scope", "patient/Condition.r patient/Patient.rs")
	if narrow.Scope != "patient/Condition.r" {
		t.Errorf("narrowed to %q", narrow.Scope)
	}
	if wide := s.refresh(app, narrow.Refresh); wide.Scope != first.Scope {
		t.Errorf("the grant itself was narrowed: %q", wide.Scope)
	}
	// The first refresh token turns up again: somebody has stolen it, or has
	// been stolen from. All that was granted ends.
	s.refused("a refresh token used twice", s.refresh(app, first.Refresh), http.StatusBadRequest, "invalid_grant")
	for name, token := range map[string]string{"first": first.Access, "second": second.Access, "narrow": narrow.Access} {
		if s.opens(token) {
			t.Errorf("the %s token opens after the family was revoked", name)
		}
	}
	if len(s.noted) != 1 || !strings.HasPrefix(s.noted[0], "ada: ") {
		t.Errorf("noted: %v", s.noted)
	}
}

func TestOnlineAccessEndsWithTheSession(t *testing.T) {
	s := newStage(t)
	app, ada := s.app(nil), s.signIn("ada")
	r := s.redeem(app, s.agree(ada, request(app, "scope", "online_access launch/patient patient/*.rs")))
	if r.Refresh == "" || !s.opens(r.Access) {
		t.Fatalf("%s", r.body)
	}
	s.must(s.accounts.SignOut(s.ctx, ada.Secret))
	if s.opens(r.Access) {
		t.Error("the token outlives the session")
	}
	s.refused("after signing out", s.refresh(app, r.Refresh), http.StatusBadRequest, "invalid_grant")
}

// TestWhatEndsAGrant: each of these takes what was granted offline.
func TestWhatEndsAGrant(t *testing.T) {
	for name, end := range map[string]func(s *stage, app *grant.App, r reply){
		"the account is barred": func(s *stage, _ *grant.App, _ reply) {
			s.must(s.accounts.Office(s.admin()).SetDisabled(s.ctx, "ada", true))
		},
		"the app is withdrawn": func(s *stage, app *grant.App, _ reply) {
			s.must(s.grants.Office(s.admin()).Refuse(s.ctx, app.ID))
		},
		"the app is for another organisation now": func(s *stage, app *grant.App, _ reply) {
			s.must(s.grants.Office(s.admin()).Approve(s.ctx, app.ID, "RAS"))
		},
		"the person ends it": func(s *stage, _ *grant.App, _ reply) {
			all, err := s.grants.Grants(s.ctx, "ada")
			s.must(err)
			s.must(s.grants.End(s.ctx, "ben", all[0].ID)) // another's: nothing happens
			s.must(s.grants.End(s.ctx, "ada", all[0].ID))
		},
		"the app revokes its refresh token": func(s *stage, app *grant.App, r reply) {
			if got := s.post("/smart/revoke", url.Values{"client_id": {app.ID}, "token": {r.Refresh}}); got.status != http.StatusOK {
				s.t.Error(got.body)
			}
		},
		"ninety days have gone": func(s *stage, _ *grant.App, _ reply) { s.now = s.now.Add(grant.OfflineLife) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			app, ada := s.app(nil), s.signIn("ada")
			r := s.redeem(app, s.agree(ada, request(app, "scope", "offline_access launch/patient patient/*.rs")))
			if !s.opens(r.Access) {
				t.Fatal("no token")
			}
			end(s, app, r)
			if s.opens(r.Access) {
				t.Error("the token still opens")
			}
			if again := s.refresh(app, r.Refresh); again.status == http.StatusOK {
				t.Error("it can be refreshed")
			}
		})
	}
}

func TestRevokeAccessTokenAlone(t *testing.T) {
	s := newStage(t)
	app, other, ada := s.app(nil), s.app(nil), s.signIn("ada")
	r := s.redeem(app, s.agree(ada, request(app, "scope", "offline_access launch/patient patient/*.rs")))
	if got := s.post("/smart/revoke", url.Values{"client_id": {other.ID}, "token": {r.Access}}); got.status != http.StatusOK || !s.opens(r.Access) {
		t.Error("another app ends a token")
	}
	s.post("/smart/revoke", url.Values{"client_id": {app.ID}, "token": {r.Access}})
	if s.opens(r.Access) {
		t.Error("a revoked token opens")
	}
	if again := s.refresh(app, r.Refresh); again.status != http.StatusOK {
		t.Errorf("the grant ended with the access token: %s", again.body)
	}
}

func TestBackendService(t *testing.T) {
	s := newStage(t)
	for _, alg := range []jose.SignatureAlgorithm{jose.RS384, jose.ES384} {
		k := newKey(t, alg)
		app := s.app(func(a *grant.App) {
			*a = grant.App{Name: "Bulk reader", Service: true, Keys: jwks(k), Scopes: "system/Patient.rs system/Observation.rs"}
		})
		r := s.post("/smart/token", serviceForm(k.sign(t, s.claims(app, nil)), "scope", "system/Observation.rs system/Condition.rs system/Patient.cruds"))
		if r.status != http.StatusOK || r.Scope != "system/Observation.rs" || r.Refresh != "" || r.Seconds != 300 {
			t.Fatalf("%s: %d %s", alg, r.status, r.body)
		}
		held, err := s.grants.Look(s.ctx, r.Access)
		s.must(err)
		if held.Who.Role != access.System || held.Who.ID != app.ID || held.Who.Org != access.Domain {
			t.Errorf("%+v", held.Who)
		}
		s.refused("a service asks for a code", s.post("/smart/token", serviceForm(k.sign(t, s.claims(app, nil)), "grant_type", "authorization_code")),
			http.StatusBadRequest, "unauthorized_client")
	}
}

// TestKeysAtAnAddress: keys are fetched, believed for a while, and a new one is
// found when it is used.
func TestKeysAtAnAddress(t *testing.T) {
	s := newStage(t)
	one, two := newKey(t, jose.ES384), newKey(t, jose.ES384)
	one.id, two.id = "one", "two"
	set, asked := jwks(one), 0
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/keys", http.StatusFound)
			return
		}
		w.Write(set)
	}))
	defer keys.Close()
	service := func(path string) *grant.App {
		return s.app(func(a *grant.App) {
			*a = grant.App{Name: "Bulk reader", Service: true, KeysURL: keys.URL + path, Scopes: "system/*.rs"}
		})
	}
	app := service("/keys")
	good := func(k key) bool {
		return s.post("/smart/token", serviceForm(k.sign(t, s.claims(app, nil)))).status == http.StatusOK
	}
	for range 2 {
		if !good(one) {
			t.Error("a published key is not believed")
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	if good(two) {
		t.Error("a key that is not published is believed")
	}
	set = jwks(one, two)
	s.now = s.now.Add(time.Minute)
	if !good(two) || asked != 2 {
		t.Errorf("a new key is not found: asked %d times", asked)
	}
	away := service("/away")
	s.refused("keys behind a redirect", s.post("/smart/token", serviceForm(one.sign(t, s.claims(away, nil)))), http.StatusUnauthorized, "invalid_client")
}

// TestKeysInside: unless it is set so, the server asks nothing within its own network
// for the keys of an app, whatever name the address has.
func TestKeysInside(t *testing.T) {
	s := newStage(t)
	k, asked := newKey(t, jose.ES384), 0
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Write(jwks(k))
	}))
	defer keys.Close()
	closed := smart.New(smart.Options{Grants: s.grants, Accounts: s.accounts, BaseURL: base, Now: func() time.Time { return s.now }})
	s.handler = closed.Handler()
	for _, at := range []string{keys.URL, strings.Replace(keys.URL, "127.0.0.1", "localhost", 1)} {
		app := s.app(func(a *grant.App) {
			*a = grant.App{Name: "Bulk reader", Service: true, KeysURL: at, Scopes: "system/*.rs"}
		})
		s.refused(at, s.post("/smart/token", serviceForm(k.sign(t, s.claims(app, nil)))), http.StatusUnauthorized, "invalid_client")
	}
	if asked != 0 {
		t.Errorf("asked %d times", asked)
	}
}

func TestIntrospection(t *testing.T) {
	s := newStage(t)
	ada := s.signIn("ada")
	k, other := newKey(t, jose.ES384), newKey(t, jose.ES384)
	app := s.app(func(a *grant.App) { a.Keys = jwks(k) })
	stranger := s.app(func(a *grant.App) { a.Keys = jwks(other) })
	proof := func(k key, app *grant.App) url.Values {
		form := serviceForm(k.sign(t, s.claims(app, nil)))
		form.Del("grant_type")
		form.Del("scope")
		return form
	}
	form := proof(k, app)
	for name, v := range map[string]string{"grant_type": "authorization_code", "code": s.agree(ada, request(app)), "redirect_uri": redirect, "code_verifier": verifier} {
		form.Set(name, v)
	}
	r := s.post("/smart/token", form)
	if r.status != http.StatusOK {
		t.Fatal(r.body)
	}
	look := func(k key, app *grant.App) reply {
		form := proof(k, app)
		form.Set("token", r.Access)
		return s.post("/smart/introspect", form)
	}
	if got := look(k, app); !got.Active || got.Patient != patient || got.Scope != r.Scope {
		t.Errorf("%s", got.body)
	}
	if got := look(other, stranger); got.Active || got.body != "{\"active\":false}\n" {
		t.Errorf("another app learns %s", got.body)
	}
	public := s.app(nil)
	s.refused("nobody proves who they are", s.post("/smart/introspect", url.Values{"client_id": {public.ID}, "token": {r.Access}}), http.StatusUnauthorized, "invalid_client")
	s.must(s.accounts.SignOut(s.ctx, ada.Secret))
	if got := look(k, app); got.Active {
		t.Error("active after the session ended")
	}
}

func TestRegistration(t *testing.T) {
	s := newStage(t)
	register := func(body string) reply {
		return s.send(httptest.NewRequest(http.MethodPost, "/smart/register", strings.NewReader(body)))
	}
	r := register(`{"client_name":"Chart","redirect_uris":["https://a.example/x"],"scope":"launch/patient patient/*.read","token_endpoint_auth_method":"none"}`)
	var made struct {
		ID    string `json:"client_id"`
		Scope string
		State string `json:"registration_state"`
	}
	s.must(json.Unmarshal([]byte(r.body), &made))
	if r.status != http.StatusCreated || made.State != "waiting" || made.Scope != "launch/patient patient/*.rs" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	app, err := s.grants.App(s.ctx, made.ID)
	s.must(err)
	if to, err := s.server.Ask(s.ctx, request(app, "redirect_uri", "https://a.example/x"), s.signIn("ada")); err == nil {
		t.Errorf("an app that waits is sent to %s", to)
	}
	for what, body := range map[string]string{
		"no JSON":            `x`,
		"no name":            `{"redirect_uris":["https://a.example/x"],"scope":"openid"}`,
		"a hostile name":     `{"client_name":"a\u202eb","redirect_uris":["https://a.example/x"],"scope":"openid"}`,
		"no address":         `{"client_name":"Chart","scope":"openid"}`,
		"http":               `{"client_name":"Chart","redirect_uris":["http://a.example/x"],"scope":"openid"}`,
		"javascript":         `{"client_name":"Chart","redirect_uris":["javascript:alert(1)"],"scope":"openid"}`,
		"a fragment":         `{"client_name":"Chart","redirect_uris":["https://a.example/x#y"],"scope":"openid"}`,
		"a wildcard":         `{"client_name":"Chart","redirect_uris":["https://*.example/x"],"scope":"openid"}`,
		"a user":             `{"client_name":"Chart","redirect_uris":["https://us@a.example/x"],"scope":"openid"}`,
		"a new header":       `{"client_name":"Chart","redirect_uris":["https://a.example/x; script-src *"],"scope":"openid"}`,
		"system scopes":      `{"client_name":"Chart","redirect_uris":["https://a.example/x"],"scope":"system/*.rs"}`,
		"a secret":           `{"client_name":"Chart","redirect_uris":["https://a.example/x"],"scope":"openid","token_endpoint_auth_method":"client_secret_basic"}`,
		"a key that is none": `{"client_name":"Chart","redirect_uris":["https://a.example/x"],"scope":"openid","jwks":{"keys":[]}}`,
		"implicit":           `{"client_name":"Chart","redirect_uris":["https://a.example/x"],"scope":"openid","grant_types":["implicit"]}`,
		"a service, no key":  `{"client_name":"Chart","scope":"system/*.rs","grant_types":["client_credentials"]}`,
	} {
		if r := register(body); r.status != http.StatusBadRequest || !strings.HasPrefix(r.Error, "invalid_") {
			t.Errorf("%s: %d %s", what, r.status, r.body)
		}
	}
}

// TestRegistrationIsBounded: nobody fills the list that administrators read.
func TestRegistrationIsBounded(t *testing.T) {
	s := newStage(t)
	a := grant.App{Name: "Chart", Redirects: []string{redirect}, Scopes: "openid"}
	for range 200 {
		_, err := s.grants.Register(s.ctx, a)
		s.must(err)
	}
	if _, err := s.grants.Register(s.ctx, a); err == nil {
		t.Error("the list of those who wait has no end")
	}
	s.now = s.now.Add(31 * 24 * time.Hour)
	if _, err := s.grants.Register(s.ctx, a); err != nil {
		t.Errorf("those who wait are never forgotten: %v", err)
	}
}

// TestTrustsDecideForTheirOwn: an administrator approves apps for people of
// their own organisation alone.
func TestTrustsDecideForTheirOwn(t *testing.T) {
	s := newStage(t)
	made, err := s.grants.Register(s.ctx, grant.App{Name: "Chart", Redirects: []string{redirect}, Scopes: "openid launch/patient patient/*.rs"})
	s.must(err)
	ryj, ras := s.grants.Office(s.adminOf("RYJ")), s.grants.Office(s.adminOf("RAS"))
	for _, org := range []string{"RAS", access.Domain, ""} {
		if ryj.Approve(s.ctx, made.ID, org) == nil {
			t.Errorf("RYJ approves for %q", org)
		}
	}
	s.must(ryj.Approve(s.ctx, made.ID, "RYJ"))
	if ras.Approve(s.ctx, made.ID, "RAS") == nil || ras.Refuse(s.ctx, made.ID) == nil {
		t.Error("RAS decides on RYJ's app")
	}
	s.agree(s.signIn("ada"), request(made))
	if to, err := s.server.Ask(s.ctx, request(made), s.signIn("ben")); err != nil || !strings.Contains(to, "error=access_denied") {
		t.Errorf("somebody of RAS uses RYJ's app: %s %v", to, err)
	}
	clinician := s.desk.For(access.Requester{ID: "ada", Role: access.Clinician, Org: "RYJ"}, access.Reason{Purpose: access.DirectCare})
	if s.grants.Office(clinician).Approve(s.ctx, made.ID, "RYJ") == nil {
		t.Error("a clinician approves an app")
	}
}

func TestConfiguration(t *testing.T) {
	s := newStage(t)
	for _, path := range []string{"/fhir/.well-known/smart-configuration", "/fhir/.well-known/openid-configuration"} {
		r := s.send(httptest.NewRequest(http.MethodGet, path, nil), "Origin", "https://anywhere.example")
		var c map[string]any
		s.must(json.Unmarshal([]byte(r.body), &c))
		if c["issuer"] != base+"/fhir" || c["authorization_endpoint"] != base+"/smart/authorize" || r.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %s", path, r.body)
		}
		if methods := c["code_challenge_methods_supported"].([]any); len(methods) != 1 || methods[0] != "S256" {
			t.Errorf("PKCE by %v", methods)
		}
	}
}
