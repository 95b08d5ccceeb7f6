package smart_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"concord/edge/smart"
	"concord/edge/transport"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/record/grant"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

const (
	base     = "https://concord.example"
	redirect = "https://app.example/back"
	verifier = "dBjftJeZ4CVP-mBqfD6Zl2sR8xq0kP7yNvWc3aHu9Tg"
	state    = "0123456789abcdef"
	password = "correct horse battery"
	patient  = "person1"
)

// stage is the authorisation server over a real store, with a clock that the
// test moves.
type stage struct {
	t        testing.TB
	ctx      context.Context
	now      time.Time
	accounts *account.Register
	desk     *record.Desk
	grants   *grant.Registry
	server   *smart.Server
	handler  http.Handler
	noted    []string
	refusals []string // codes of refused assertions
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{t: t, ctx: context.Background(), now: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return s.now }
	engine, err := sqlite.Open(s.ctx, t.TempDir(), sqlite.Options{Now: clock})
	s.must(err)
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	s.must(err)
	s.desk, err = record.Open(s.ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: clock})
	s.must(err)
	s.accounts = account.New(engine, clock, account.Sealed([]byte("0123456789abcdef0123456789abcdef")))
	s.grants = grant.New(engine, s.accounts, clock)
	s.server = smart.New(smart.Options{Grants: s.grants, Accounts: s.accounts, BaseURL: base, Now: clock, Inside: true,
		Log:  slog.New(slog.NewTextHandler(io.Discard, nil)),
		User: func(context.Context, access.Requester) (string, error) { return "Practitioner/ada", nil },
		Note: func(_ context.Context, who access.Requester, what string) error {
			s.noted = append(s.noted, who.ID+": "+what)
			return nil
		},
		Refused: transport.NewRefused(func(_ context.Context, what, code string) error {
			s.refusals = append(s.refusals, code+": "+what)
			return nil
		}, clock)})
	s.handler = s.server.Handler()
	for _, a := range []account.Application{
		{Name: "ada", Display: "Dr Ada Okafor", Password: password, Role: access.Clinician, Org: "RYJ"},
		{Name: "ben", Display: "Dr Ben Hart", Password: password, Role: access.Clinician, Org: "RAS"},
	} {
		_, err := s.accounts.Office(s.admin()).Create(s.ctx, a)
		s.must(err)
	}
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) admin() *record.Errand { return s.adminOf(access.Domain) }

func (s *stage) adminOf(org string) *record.Errand {
	return s.desk.For(access.Requester{ID: "admin-" + org, Role: access.Administrator, Org: org}, access.Reason{Purpose: access.Administration})
}

// signIn opens a session.
func (s *stage) signIn(name string) *account.Session {
	s.t.Helper()
	step, err := s.accounts.SignIn(s.ctx, name, password, account.Attempt{Address: "10.0.0.1",
		Note: func(context.Context, *account.Account, error) error { return nil }})
	s.must(err)
	session, err := s.accounts.Session(s.ctx, step.Session.Secret)
	s.must(err)
	session.Secret = step.Session.Secret
	return session
}

// app registers and approves an app; change alters what it says of itself.
func (s *stage) app(change func(*grant.App)) *grant.App {
	s.t.Helper()
	a := grant.App{Name: "Growth chart", Redirects: []string{redirect}, Launch: "https://app.example/launch",
		Scopes: "openid fhirUser launch launch/patient offline_access online_access patient/*.rs user/Practitioner.r"}
	if change != nil {
		change(&a)
	}
	made, err := s.grants.Register(s.ctx, a)
	s.must(err)
	s.must(s.grants.Office(s.admin()).Approve(s.ctx, made.ID, access.Domain))
	made, err = s.grants.App(s.ctx, made.ID)
	s.must(err)
	return made
}

func challenge(v string) string {
	sum := sha256.Sum256([]byte(v))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// request is what an app asks for, standing alone; pairs replace parameters, ""
// takes one away.
func request(app *grant.App, pairs ...string) url.Values {
	q := url.Values{"response_type": {"code"}, "client_id": {app.ID}, "redirect_uri": {redirect}, "scope": {"openid fhirUser launch/patient patient/Observation.rs"},
		"state": {state}, "aud": {base + "/fhir"}, "code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"}, "nonce": {"n-0S6_WzA2Mj"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if q.Del(pairs[i]); pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

// ask sends a request and gives the ticket of the page that asks the person.
func (s *stage) ask(by *account.Session, q url.Values) string {
	s.t.Helper()
	to, err := s.server.Ask(s.ctx, q, by)
	s.must(err)
	ticket, ok := strings.CutPrefix(to, "/smart/consent/")
	if !ok {
		s.t.Fatalf("the request is refused: %s", to)
	}
	return ticket
}

// agree chooses the patient where one is needed, agrees to everything, and
// gives the code.
func (s *stage) agree(by *account.Session, q url.Values) string {
	s.t.Helper()
	ticket := s.ask(by, q)
	p, err := s.grants.Pending(s.ctx, ticket, by)
	s.must(err)
	if !p.Ready {
		s.must(s.grants.Choose(s.ctx, ticket, patient, by))
	}
	to, _, err := s.server.Allow(s.ctx, ticket, p.Asks.Words(), by)
	s.must(err)
	u, err := url.Parse(to)
	s.must(err)
	if got := u.Query(); got.Get("state") != q.Get("state") || got.Get("iss") != base+"/fhir" || !strings.HasPrefix(to, redirect+"?") {
		s.t.Fatalf("sent back to %s", to)
	}
	return u.Query().Get("code")
}

// reply is an answer of the token endpoint.
type reply struct {
	status    int
	header    http.Header
	body      string
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ID        string `json:"id_token"`
	Scope     string
	Patient   string
	Encounter string
	Error     string
	Active    bool
	Seconds   int `json:"expires_in"`
}

func (s *stage) post(path string, form url.Values, headers ...string) reply {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.send(r, headers...)
}

func (s *stage) send(r *http.Request, headers ...string) reply {
	s.t.Helper()
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	out := reply{status: w.Code, header: w.Header(), body: w.Body.String()}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			s.t.Fatalf("%v: %.200s", err, w.Body)
		}
	}
	return out
}

// redeem exchanges a code as a public app does; pairs replace parameters.
func (s *stage) redeem(app *grant.App, code string, pairs ...string) reply {
	s.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier}, "client_id": {app.ID}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if form.Del(pairs[i]); pairs[i+1] != "" {
			form.Set(pairs[i], pairs[i+1])
		}
	}
	return s.post("/smart/token", form)
}

func (s *stage) refresh(app *grant.App, token string, pairs ...string) reply {
	s.t.Helper()
	return s.redeem(app, "", append([]string{"grant_type", "refresh_token", "refresh_token", token, "code", "", "redirect_uri", "", "code_verifier", ""}, pairs...)...)
}

// refused demands an OAuth error.
func (s *stage) refused(what string, r reply, status int, code string) {
	s.t.Helper()
	if r.status != status || r.Error != code || r.Access != "" || r.Refresh != "" {
		s.t.Errorf("%s: %d %s, want %d %s", what, r.status, r.body, status, code)
	}
}

// opens tells whether a token still stands for something.
func (s *stage) opens(token string) bool {
	s.t.Helper()
	_, err := s.grants.Look(s.ctx, token)
	return err == nil
}

// key is a private key of an app.
type key struct {
	id      string
	alg     jose.SignatureAlgorithm
	private crypto.Signer
}

func newKey(t *testing.T, alg jose.SignatureAlgorithm) key {
	t.Helper()
	k := key{id: "k-" + string(alg), alg: alg}
	var err error
	if alg == jose.ES384 {
		k.private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	} else {
		k.private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func jwks(keys ...key) json.RawMessage {
	set := jose.JSONWebKeySet{}
	for _, k := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.private.Public(), KeyID: k.id, Algorithm: string(k.alg), Use: "sig"})
	}
	b, err := json.Marshal(set)
	if err != nil {
		panic(err)
	}
	return b
}

// claims are those of a good assertion; change spoils them.
func (s *stage) claims(app *grant.App, change func(*jwt.Claims)) jwt.Claims {
	c := jwt.Claims{Issuer: app.ID, Subject: app.ID, Audience: jwt.Audience{base + "/smart/token"}, ID: fmt.Sprint(time.Now().UnixNano()),
		IssuedAt: jwt.NewNumericDate(s.now), Expiry: jwt.NewNumericDate(s.now.Add(4 * time.Minute))}
	if change != nil {
		change(&c)
	}
	return c
}

func (k key) sign(t *testing.T, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: k.alg, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func serviceForm(assertion string, pairs ...string) url.Values {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"system/*.rs"}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if form.Del(pairs[i]); pairs[i+1] != "" {
			form.Set(pairs[i], pairs[i+1])
		}
	}
	return form
}
