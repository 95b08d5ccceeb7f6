package login

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"concord/fault"
)

// How far clocks may be apart, and how old a token may be: it was made for
// this very request.
const (
	clockSkew = time.Minute
	tokenAge  = 5 * time.Minute
)

// believe holds an ID token against everything that it must say
// (https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation):
// signature by a key of the provider, issuer, audience and expiry by the
// library; the rest here.
func (p *provider) believe(ctx context.Context, f *found, a away, raw, access string) (*claims, error) {
	if raw == "" {
		return nil, errors.New("there is no ID token")
	}
	t, err := f.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	var c claims
	if err := t.Claims(&c); err != nil {
		return nil, err
	}
	now := p.now()
	switch {
	case subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(a.Nonce)) != 1:
		return nil, errors.New("the nonce is another request's")
	case c.Party != "" && c.Party != p.ClientID || len(t.Audience) > 1 && c.Party == "":
		return nil, errors.New("the token was made for another party")
	case t.Subject == "" || len(t.Subject) > 255:
		return nil, errors.New("the token says nobody")
	case t.IssuedAt.After(now.Add(clockSkew)) || t.IssuedAt.Before(now.Add(-tokenAge)):
		return nil, errors.New("the token was not made now")
	case a.Unlock && time.Unix(c.AuthTime, 0).Before(a.Began.Add(-clockSkew)):
		return nil, errors.New("the person was not asked anew")
	}
	if t.AccessTokenHash != "" {
		if err := t.VerifyAccessToken(access); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// info asks the userinfo endpoint, where CIS2 tells the roles. What it says is
// only taken for the same subject. A provider without one has said everything
// in the token.
func (p *provider) info(ctx context.Context, f *found, token *claims, tokens *oauth2.Token) (*claims, error) {
	if f.oidc.UserInfoEndpoint() == "" {
		return token, nil
	}
	u, err := f.oidc.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return nil, fault.Wrap(err, fault.Busy, "login.provider-down", "%s does not answer: try again", p.Title)
	}
	var c claims
	if u.Subject != token.Subject {
		return nil, fault.New(fault.Unauthenticated, "login.token", "what %s said could not be believed: try again", p.Title)
	}
	if err := u.Claims(&c); err != nil {
		return nil, fault.Wrap(err, fault.Unauthenticated, "login.token", "what %s said could not be believed: try again", p.Title)
	}
	if c.Name == "" && c.Family == "" {
		c.Name, c.Given, c.Family = token.Name, token.Given, token.Family
	}
	return &c, nil
}

// SignedOut believes a logout token of a provider and ends the sessions that
// it names (https://openid.net/specs/openid-connect-backchannel-1_0.html); each
// token counts once. It returns the accounts whose sessions ended. Errors:
// NotFound login.no-provider, Unauthenticated login.token.
func (x *Relying) SignedOut(ctx context.Context, name, raw string) ([]string, error) {
	p, err := x.find(name)
	if err != nil {
		return nil, err
	}
	f, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	refused := func(err error) error {
		return fault.Wrap(err, fault.Unauthenticated, "login.token", "the logout token could not be believed")
	}
	t, err := f.verifier.VerifyLogout(p.context(ctx), raw)
	if err != nil {
		return nil, refused(err)
	}
	now := p.now()
	if t.IssuedAt.After(now.Add(clockSkew)) || t.IssuedAt.Before(now.Add(-tokenAge)) || t.TokenID == "" {
		return nil, refused(errors.New("the token was not made now"))
	}
	first, err := x.accounts.Once(ctx, p.Issuer, t.TokenID, now.Add(2*tokenAge))
	if err != nil {
		return nil, err
	}
	if !first {
		return nil, refused(errors.New("the token was used before"))
	}
	return x.accounts.EndOutside(ctx, p.Name, p.Issuer, t.Subject, t.SessionID)
}

// Leave is the address that signs somebody out at their provider too, or ""
// (https://openid.net/specs/openid-connect-rpinitiated-1_0.html). hint is the ID
// token that they came with.
func (x *Relying) Leave(ctx context.Context, name, hint string) string {
	p, err := x.find(name)
	if err != nil || hint == "" {
		return ""
	}
	f, err := p.discover(ctx)
	if err != nil || f.leave == "" || origin(f.leave) != origin(p.Issuer) {
		return "" // signed out here all the same
	}
	to, err := url.Parse(f.leave)
	if err != nil {
		return ""
	}
	q := to.Query()
	q.Set("id_token_hint", hint)
	q.Set("client_id", p.ClientID)
	q.Set("post_logout_redirect_uri", x.base+"/sign-in")
	to.RawQuery = q.Encode()
	return to.String()
}
