package login

import (
	"context"
	"crypto"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"concord/fault"
)

// Provider is an OpenID Connect provider as the deployment sets it up.
type Provider struct {
	Name     string // of letters and digits, part of addresses: "cis2"
	Title    string // on the sign-in page: "NHS CIS2"
	Issuer   string // its URL: https, but for a loopback address
	ClientID string
	Secret   string        // of the client; or
	Key      crypto.Signer // RSA or P-256, with which it proves itself (private_key_jwt)
	Patients bool          // NHS login: who comes is a patient, else staff
	Level    int           // least authenticator assurance level of staff: 1 to 3
	Scopes   []string      // asked for beside openid and profile
}

// signing are the algorithms of tokens that are believed. "none" and those of
// a shared secret are never among them.
func signing() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}
}

// provider is a Provider that is found when it is first needed: that it is
// down is no reason for the record not to start.
type provider struct {
	Provider
	back   string // where the browser comes back to
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	found *found
	down  time.Time // when it last did not answer
}

// downFor is how long a provider that did not answer is not asked again:
// people who wait for it must not queue up behind each other.
const downFor = 5 * time.Second

// found is what discovery told.
type found struct {
	oidc     *oidc.Provider
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
	leave    string // end_session_endpoint, or ""
	says     bool   // authorization_response_iss_parameter_supported
}

// check refuses settings that cannot be safe. Errors: Invalid login.provider.
func (p Provider) check() error {
	u, err := url.Parse(p.Issuer)
	local := err == nil && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && local):
		return fault.New(fault.Invalid, "login.provider", "the issuer of %s is no https address", p.Name)
	case p.ClientID == "":
		return fault.New(fault.Invalid, "login.provider", "%s needs a client id", p.Name)
	case p.Secret == "" && p.Key == nil:
		return fault.New(fault.Invalid, "login.provider", "%s needs a client secret or a key", p.Name)
	case !p.Patients && (p.Level < 1 || p.Level > 3):
		return fault.New(fault.Invalid, "login.provider", "the assurance level of %s is 1, 2 or 3", p.Name)
	}
	return nil
}

// bounded reads no more of an answer than a provider has reason to send.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, 1<<20), resp.Body}
	}
	return resp, err
}

func (p *provider) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

// discover finds the provider once. Errors: Busy login.provider-down.
func (p *provider) discover(ctx context.Context) (*found, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	if p.now().Sub(p.down) < downFor {
		return nil, fault.New(fault.Busy, "login.provider-down", "%s does not answer: try again, or sign in another way", p.Title)
	}
	// What is found outlives the request that asked for it.
	op, err := oidc.NewProvider(p.context(context.WithoutCancel(ctx)), p.Issuer)
	if err != nil {
		p.down = p.now()
		return nil, fault.Wrap(err, fault.Busy, "login.provider-down", "%s does not answer: try again, or sign in another way", p.Title)
	}
	var more struct {
		Leave string `json:"end_session_endpoint"`
		Says  bool   `json:"authorization_response_iss_parameter_supported"`
	}
	if err := op.Claims(&more); err != nil {
		return nil, fault.Wrap(err, fault.Busy, "login.provider-down", "%s does not answer as it should", p.Title)
	}
	f := &found{oidc: op, leave: more.Leave, says: more.Says,
		verifier: op.Verifier(&oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: signing(), Now: p.now}),
		oauth: oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: op.Endpoint(), RedirectURL: p.back,
			Scopes: append([]string{oidc.ScopeOpenID, "profile"}, p.Scopes...)}}
	if p.Key != nil {
		f.oauth.ClientSecret, f.oauth.Endpoint.AuthStyle = "", oauth2.AuthStyleInParams
	}
	p.found = f
	return f, nil
}

// origin is scheme, host and port of an address, for the content policy.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}
