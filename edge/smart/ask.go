package smart

import (
	"context"
	"net/url"
	"strings"

	"concord/fault"
	"concord/record/account"
	"concord/record/grant"
)

// ask is what an app sends a browser with
// (https://hl7.org/fhir/smart-app-launch/app-launch.html#obtain-authorization-code).
type ask struct {
	form url.Values
	app  *grant.App
	grant.Asked
}

// Ask checks an app's request for access and keeps it until its person has
// agreed. to is where the browser goes next: a page of ours, or back to the app
// with an error. An error means that it may be sent nowhere, since the app or
// its address is not known: NotFound grant.app-unknown, Invalid smart.redirect.
func (s *Server) Ask(ctx context.Context, form url.Values, by *account.Session) (to string, err error) {
	a := &ask{form: form}
	if a.app, err = s.Grants.App(ctx, a.one("client_id")); err != nil {
		return "", err
	}
	a.Redirect = a.one("redirect_uri")
	if a.app.State != grant.Approved || a.app.Service || !a.app.Redirect(a.Redirect) {
		return "", fault.New(fault.Invalid, "smart.redirect", "the app is not approved, or asks to go where it has not registered to go")
	}
	a.State = a.one("state")
	if e := s.check(a); e != nil {
		return s.back(a.Redirect, a.State, "error", e.code, "error_description", e.words), nil
	}
	ticket, err := s.Grants.Ask(ctx, a.Asked, by)
	switch {
	case err == nil:
		return "/smart/consent/" + ticket, nil
	case fault.Is(err, fault.Denied):
		return s.back(a.Redirect, a.State, "error", "access_denied", "error_description", fault.Of(err).Text), nil
	case fault.Is(err, fault.Invalid):
		return s.back(a.Redirect, a.State, "error", "invalid_request", "error_description", fault.Of(err).Text), nil
	}
	return "", err
}

// one is a parameter that may be given once; given twice it is "", so that no
// two readers take different ones (https://www.rfc-editor.org/rfc/rfc6749#section-3.1).
func (a *ask) one(name string) string {
	if len(a.form[name]) != 1 {
		return ""
	}
	return a.form[name][0]
}

const (
	leastState = 16 // characters: 122 bits are asked for, which nobody can count
	mostState  = 1000
)

// check reads the rest of a request whose app and address are good.
func (s *Server) check(a *ask) *oauth {
	wrong := func(code, words string) *oauth { return &oauth{0, code, words} }
	for _, name := range []string{"response_type", "scope", "state", "aud", "code_challenge", "code_challenge_method"} {
		if a.one(name) == "" {
			return wrong("invalid_request", name+" is missing, or given twice")
		}
	}
	for _, name := range []string{"launch", "nonce", "response_mode", "request", "request_uri"} {
		if len(a.form[name]) > 1 {
			return wrong("invalid_request", name+" is given twice")
		}
	}
	a.App, a.Challenge, a.Launch, a.Nonce = a.app.ID, a.one("code_challenge"), a.one("launch"), a.one("nonce")
	switch {
	case a.one("response_type") != "code":
		return wrong("unsupported_response_type", "response_type is code")
	case a.one("request") != "" || a.one("request_uri") != "":
		return wrong("request_not_supported", "request objects are not supported")
	case a.one("response_mode") != "" && a.one("response_mode") != "query":
		return wrong("invalid_request", "response_mode is query")
	case strings.TrimSuffix(a.one("aud"), "/") != s.Issuer():
		return wrong("invalid_request", "aud is not the base of this FHIR server")
	case a.one("code_challenge_method") != "S256" || !grant.Challenge(a.Challenge):
		return wrong("invalid_request", "PKCE with S256 is required")
	case len(a.State) < leastState || len(a.State) > mostState || len(a.Nonce) > mostState:
		return wrong("invalid_request", "state is unpredictable: at least 16 characters")
	case a.one("prompt") == "none":
		return wrong("interaction_required", "the person is always asked")
	}
	return s.checkScopes(a)
}

// checkScopes keeps of what is asked what the app is registered for and what
// is served.
func (s *Server) checkScopes(a *ask) *oauth {
	asked := grant.ParseScopes(a.one("scope")).Within(grant.ParseScopes(a.app.Scopes))
	if asked.Launch != (a.Launch != "") {
		return &oauth{0, "invalid_request", "the scope launch and the parameter launch go together"}
	}
	if s.Check != nil {
		for _, x := range asked.Data {
			if err := s.Check(x); err != nil {
				return &oauth{0, "invalid_scope", fault.Of(err).Text}
			}
		}
	}
	if len(asked.Data) == 0 && !asked.OpenID {
		return &oauth{0, "invalid_scope", "none of these scopes is open to this app"}
	}
	asked.FHIRUser = asked.FHIRUser && asked.OpenID
	a.Scopes = asked.String()
	return nil
}

// Allow ends a request with the person's agreement to some of its scopes; to
// is the app's address, with a code. Errors: those of grant.Registry.Allow.
func (s *Server) Allow(ctx context.Context, ticket string, agreed []string, by *account.Session) (to string, p *grant.Pending, err error) {
	p, code, err := s.Grants.Allow(ctx, ticket, agreed, by)
	if err != nil {
		return "", nil, err
	}
	return s.back(p.Redirect, p.State, "code", code), p, nil
}

// Deny ends a request; to is the app's address, with a refusal. Errors: those
// of grant.Registry.Deny.
func (s *Server) Deny(ctx context.Context, ticket string, by *account.Session) (to string, p *grant.Pending, err error) {
	if p, err = s.Grants.Deny(ctx, ticket, by); err != nil {
		return "", nil, err
	}
	return s.back(p.Redirect, p.State, "error", "access_denied", "error_description", "the person refused"), p, nil
}

// Open is where an app that somebody opens from a patient's page, or from that
// of an encounter, begins. Errors: those of grant.Registry.Launch.
func (s *Server) Open(ctx context.Context, app string, of grant.Context, by *account.Session) (to string, err error) {
	a, launch, err := s.Grants.Launch(ctx, app, of, by)
	if err != nil {
		return "", err
	}
	return with(a.Launch, "iss", s.Issuer(), "launch", launch), nil
}

// back is a registered address with parameters, among them who answers, so that
// an app which knows several servers does not take one for another
// (https://www.rfc-editor.org/rfc/rfc9207).
func (s *Server) back(redirect, state string, pairs ...string) string {
	if state != "" && len(state) <= mostState {
		pairs = append(pairs, "state", state)
	}
	return with(redirect, append(pairs, "iss", s.Issuer())...)
}

// with adds parameters to an address and keeps those that it has.
func with(address string, pairs ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // registered addresses were read before
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}
