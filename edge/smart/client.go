package smart

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"concord/edge/transport"
	"concord/fault"
	"concord/record/grant"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// An assertion lives five minutes at most
// (https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html).
const (
	assertionLife = 5 * time.Minute
	leeway        = 30 * time.Second // between two clocks
)

func unknownClient(words string) error {
	return oauth{http.StatusUnauthorized, "invalid_client", words}
}

// client finds which app calls: a public one says so, a confidential one proves
// it. A confidential app is never taken at its word.
func (s *Server) client(r *http.Request) (*grant.App, error) {
	form := r.PostForm
	for _, name := range []string{"grant_type", "client_id", "client_assertion", "client_assertion_type", "code", "refresh_token", "code_verifier", "redirect_uri", "scope", "token"} {
		if len(form[name]) > 1 {
			return nil, invalid("a parameter is given twice")
		}
	}
	if r.Header.Get("Authorization") != "" {
		return nil, unknownClient("apps prove who they are by private_key_jwt; secrets are not used here")
	}
	if form.Get("client_assertion") != "" || form.Get("client_assertion_type") != "" {
		app, why, err := s.proved(r.Context(), form.Get("client_assertion_type"), form.Get("client_assertion"), form.Get("client_id"))
		if why != "" {
			if kept := s.Refused.Tell(r.Context(), "client assertion", "assertion."+why, form.Get("client_assertion"), transport.Peer(r)); kept != nil {
				s.Log.Error("a refused assertion could not be audited", "code", fault.Of(kept).Code)
			}
		}
		return app, err
	}
	id := form.Get("client_id")
	if id == "" && form.Get("grant_type") == "refresh_token" {
		// Public apps may leave their id out here: the token is bound to it
		// (https://www.rfc-editor.org/rfc/rfc6749#section-6).
		var err error
		if id, err = s.Grants.RefreshedBy(r.Context(), form.Get("refresh_token")); err != nil {
			return nil, err
		}
	}
	app, err := s.approved(r.Context(), id)
	if err != nil {
		return nil, err
	}
	if app.Confidential() {
		return nil, unknownClient("this app has to prove who it is by private_key_jwt")
	}
	return app, nil
}

func (s *Server) approved(ctx context.Context, id string) (*grant.App, error) {
	app, err := s.Grants.App(ctx, id)
	if err != nil {
		return nil, err
	}
	if app.State != grant.Approved {
		return nil, unknownClient("this app is not known here, or not approved")
	}
	return app, nil
}

// proved holds an assertion against the app's keys
// (https://www.rfc-editor.org/rfc/rfc7523#section-3). Which check failed (why: "form",
// "app", "key", "time", "audience", "replayed") is for the log and the audit alone.
func (s *Server) proved(ctx context.Context, kind, text, claimed string) (app *grant.App, why string, err error) {
	refused := unknownClient("the assertion proves nothing: it is unsigned, expired, used before, for another server, or not by a key of the app")
	if kind != assertionType {
		return nil, "form", invalid("client_assertion_type is " + assertionType)
	}
	token, err := jwt.ParseSigned(text, assertions())
	if err != nil || len(token.Headers) != 1 {
		return nil, "form", refused
	}
	var unproved jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&unproved); err != nil || unproved.Issuer == "" || unproved.Issuer != unproved.Subject {
		return nil, "form", refused
	}
	if claimed != "" && claimed != unproved.Subject {
		return nil, "form", refused
	}
	app, err = s.approved(ctx, unproved.Subject)
	if err != nil || !app.Confidential() {
		return nil, "app", refused
	}
	claims, err := s.verified(ctx, app, token)
	if err != nil {
		s.Log.Warn("a client assertion is refused", "app", app.ID, "cause", err)
		return nil, whyRefused(err), refused
	}
	first, err := s.Accounts.Once(ctx, "app "+app.ID, claims.ID, claims.Expiry.Time().Add(leeway))
	if err != nil {
		return nil, "", err
	}
	if !first {
		s.Log.Warn("a client assertion was used before", "app", app.ID)
		return nil, "replayed", refused
	}
	return app, "", nil
}

// whyRefused is the check that an assertion failed.
func whyRefused(err error) string {
	var e oauth
	switch {
	case errors.As(err, &e) && e.code == "audience":
		return "audience"
	case errors.As(err, &e) && e.code == "key":
		return "key"
	case errors.As(err, &e), errors.Is(err, jwt.ErrExpired), errors.Is(err, jwt.ErrNotValidYet), errors.Is(err, jwt.ErrIssuedInTheFuture):
		return "time"
	}
	return "key"
}

// verified gives the claims of an assertion by one of the app's keys. The key
// decides the algorithm as well as the header does: a key of another kind, or
// one that names another algorithm, is not tried.
func (s *Server) verified(ctx context.Context, app *grant.App, token *jwt.JSONWebToken) (*jwt.Claims, error) {
	head := token.Headers[0]
	keys, err := s.keys.of(ctx, app, head.KeyID)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if head.KeyID != "" && k.KeyID != head.KeyID || k.Algorithm != "" && k.Algorithm != head.Algorithm || k.Use == "enc" || !strong(k) {
			continue
		}
		var claims jwt.Claims
		if err := token.Claims(k.Key, &claims); err != nil {
			continue
		}
		return &claims, s.timely(&claims)
	}
	return nil, oauth{0, "key", "no key of the app fits"}
}

func (s *Server) timely(c *jwt.Claims) error {
	now := s.Now()
	switch {
	case c.Expiry == nil || c.ID == "" || len(c.ID) > 256:
		return oauth{0, "time", "exp or jti is missing"}
	case c.Expiry.Time().After(now.Add(assertionLife + leeway)):
		return oauth{0, "time", "it would live too long"}
	case len(c.Audience) != 1 || c.Audience[0] != s.BaseURL+"/smart/token":
		return oauth{0, "audience", "it is for another audience"}
	}
	return c.ValidateWithLeeway(jwt.Expected{Time: now}, leeway)
}

// strong refuses keys that are too short to trust.
func strong(k jose.JSONWebKey) bool {
	switch key := k.Key.(type) {
	case interface{ Size() int }: // RSA
		return key.Size() >= 256
	}
	return k.Valid()
}
