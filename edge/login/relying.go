package login

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"concord/fault"
	"concord/record/account"
)

// Relying lets in people for whom an OpenID Connect provider vouches
// (https://openid.net/specs/openid-connect-core-1_0.html, code flow with PKCE).
type Relying struct {
	accounts  *account.Register
	door      *Door
	base      string
	now       func() time.Time
	place     func(code string) (org, site string, ok bool)
	providers []*provider
}

// RelyingOptions are what a Relying needs.
type RelyingOptions struct {
	Accounts *account.Register
	Door     *Door
	BaseURL  string // public address of the pages
	Now      func() time.Time
	// Place finds the organisation, and site, of an ODS code that this
	// installation serves.
	Place     func(code string) (org, site string, ok bool)
	Providers []Provider
}

// NewRelying makes it. Errors: Invalid login.provider.
func NewRelying(o RelyingOptions) (*Relying, error) {
	x := &Relying{accounts: o.Accounts, door: o.Door, base: strings.TrimSuffix(o.BaseURL, "/"), now: o.Now, place: o.Place}
	client := &http.Client{Timeout: 10 * time.Second, Transport: bounded{http.DefaultTransport}}
	for _, p := range o.Providers {
		if err := p.check(); err != nil {
			return nil, err
		}
		x.providers = append(x.providers, &provider{Provider: p, client: client, now: o.Now, back: x.base + "/sign-in/back"})
	}
	return x, nil
}

// Offer is one way to sign in elsewhere.
type Offer struct{ Name, Title string }

// Offers lists the ways, in the order of the settings.
func (x *Relying) Offers() []Offer {
	var out []Offer
	for _, p := range x.providers {
		out = append(out, Offer{p.Name, p.Title})
	}
	return out
}

// Origins are those that signing out may lead to.
func (x *Relying) Origins() []string {
	var out []string
	for _, p := range x.providers {
		out = append(out, origin(p.Issuer))
	}
	return out
}

func (x *Relying) find(name string) (*provider, error) {
	for _, p := range x.providers {
		if p.Name == name {
			return p, nil
		}
	}
	return nil, fault.New(fault.NotFound, "login.no-provider", "there is no such way to sign in")
}

// Trip is what a sign-in elsewhere is for.
type Trip struct {
	Next   string // where to go afterwards, one of our own addresses
	Unlock bool   // a locked session is to be unlocked
	Kept   string // form that waits behind the lock
}

// away is what is kept of a trip; state is the secret that leads to it.
type away struct {
	Trip
	Provider string
	Nonce    string
	Verifier string
	Browser  []byte // SHA-256 of what the browser holds
	Began    time.Time
}

// Start sends the browser to a provider. The address is returned; the browser
// is given what it must come back with. Errors: NotFound login.no-provider,
// Busy login.provider-down.
func (x *Relying) Start(w http.ResponseWriter, r *http.Request, name string, trip Trip) (to string, err error) {
	p, err := x.find(name)
	if err != nil {
		return "", err
	}
	f, err := p.discover(r.Context())
	if err != nil {
		return "", err
	}
	browser := random()
	sum := sha256.Sum256([]byte(browser))
	a := away{Trip: trip, Provider: name, Nonce: random(), Verifier: oauth2.GenerateVerifier(), Browser: sum[:], Began: x.now()}
	text, err := json.Marshal(a)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "login.away", "the sign-in could not be begun")
	}
	state, err := x.accounts.Save(r.Context(), text)
	if err != nil {
		return "", err
	}
	http.SetCookie(w, x.door.cookie("-away", browser, 900))
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	if trip.Unlock {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	switch {
	case p.Patients:
		options = append(options, oauth2.SetAuthURLParam("vtr", `["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]`))
	case p.Level == 3:
		options = append(options, oauth2.SetAuthURLParam("acr_values", "AAL3_ANY"))
	case p.Level == 2:
		options = append(options, oauth2.SetAuthURLParam("acr_values", "AAL2_OR_AAL3_ANY"))
	}
	return f.oauth.AuthCodeURL(state, options...), nil
}

func random() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Return takes the browser's answer: who came, and what the trip was for. An
// answer counts once, in the browser that set out. Errors: Unauthenticated
// login.state, login.provider-refused, login.token, account.step; Denied
// login.level, login.proofing, login.number; Busy login.provider-down.
func (x *Relying) Return(w http.ResponseWriter, r *http.Request) (o account.Outside, trip Trip, err error) {
	q := r.URL.Query()
	text, err := x.accounts.Take(r.Context(), q.Get("state"))
	if err != nil {
		return o, trip, err
	}
	var a away
	if err := json.Unmarshal(text, &a); err != nil {
		return o, trip, fault.Wrap(err, fault.Internal, "login.away", "the sign-in was not kept well")
	}
	held := sha256.Sum256([]byte(x.door.held(r, "-away")))
	http.SetCookie(w, x.door.cookie("-away", "", -1))
	if subtle.ConstantTimeCompare(held[:], a.Browser) != 1 {
		return o, trip, fault.New(fault.Unauthenticated, "login.state", "this sign-in was begun in another browser: begin again")
	}
	p, err := x.find(a.Provider)
	if err != nil {
		return o, trip, err
	}
	o, err = x.arrive(r.Context(), p, a, q)
	return o, a.Trip, err
}

// arrive turns the answer of a provider into a person.
func (x *Relying) arrive(ctx context.Context, p *provider, a away, q url.Values) (o account.Outside, err error) {
	f, err := p.discover(ctx)
	if err != nil {
		return o, err
	}
	// Another provider's answer is not taken for this one's (RFC 9207).
	if iss := q.Get("iss"); iss != p.Issuer && (iss != "" || f.says) {
		return o, fault.New(fault.Unauthenticated, "login.state", "the answer came from another provider: begin again")
	}
	if q.Get("error") != "" || q.Get("code") == "" {
		return o, fault.New(fault.Unauthenticated, "login.provider-refused", "%s did not sign you in: try again", p.Title)
	}
	options, err := p.assertion(f.oauth.Endpoint.TokenURL)
	if err != nil {
		return o, err
	}
	ctx = p.context(ctx)
	tokens, err := f.oauth.Exchange(ctx, q.Get("code"), append(options, oauth2.VerifierOption(a.Verifier))...)
	if err != nil {
		return o, fault.Wrap(err, fault.Unauthenticated, "login.provider-refused", "%s did not sign you in: try again", p.Title)
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := p.believe(ctx, f, a, raw, tokens.AccessToken)
	if err != nil {
		return o, fault.Wrap(err, fault.Unauthenticated, "login.token", "what %s said could not be believed: try again, and tell your service desk if it happens again", p.Title)
	}
	info, err := p.info(ctx, f, token, tokens)
	if err != nil {
		return o, err
	}
	if p.Patients {
		o, err = p.patient(token, info)
	} else {
		o, err = p.staff(token, info, x.place)
	}
	o.Provider, o.Issuer, o.Subject, o.SID, o.Token = p.Name, p.Issuer, token.Subject, token.SID, raw
	return o, err
}
