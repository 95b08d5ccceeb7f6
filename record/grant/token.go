package grant

import (
	"context"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// Prefixes let secret scanners recognise a token that leaked. Neither begins
// like the tokens of record/account.
const (
	accessPrefix  = "concordapp_"
	refreshPrefix = "concordapprefresh_"
)

// Foreign tells a bearer token that this room did not give out.
func Foreign(token string) bool { return !strings.HasPrefix(token, accessPrefix) }

// tokenRow is what a token stands for.
type tokenRow struct {
	App     string    `json:"app"`
	Grant   string    `json:"grant,omitempty"` // "" = a backend service's
	Refresh bool      `json:"refresh,omitempty"`
	Used    bool      `json:"used,omitempty"`
	Scopes  string    `json:"scopes"`
	Org     string    `json:"org,omitempty"` // of a service
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires"`
}

// Tokens is what an app gets.
type Tokens struct {
	App             *App
	Access, Refresh string
	Life            time.Duration
	Scopes          Scopes
	Context
	Nonce  string
	Who    access.Requester // in whose name; zero for a service
	Proved time.Time        // when they last proved who they are; zero = not known
}

// Redeem gives tokens for a code, once. verifier proves that it is redeemed by
// who asked for it (PKCE). Errors: Invalid grant.code; Conflict grant.reused
// when the code was used before: its grant has ended, and the tokens are none
// but say whose it was.
func (r *Registry) Redeem(ctx context.Context, app *App, code, redirect, verifier string) (t *Tokens, err error) {
	reused := false
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		t, reused = nil, false
		var row codeRow
		found, err := get(ctx, tx, codeSpace, digest(code), &row)
		if err != nil {
			return err
		}
		// The app comes first: a code that another app holds ends nothing of
		// its owner's.
		if !found || row.App != app.ID {
			return wrongGrant()
		}
		if row.Used {
			reused = true
			t, err = r.end(ctx, tx, row.Grant)
			return err
		}
		if row.Redirect != redirect || !r.now().Before(row.Until) || !proves(verifier, row.Challenge) {
			return wrongGrant()
		}
		row.Used = true
		if err := set(ctx, tx, codeSpace, digest(code), row, r.now().Add(codeKept)); err != nil {
			return err
		}
		t, err = r.issue(ctx, tx, app, row.Grant, nil)
		if t != nil {
			t.Nonce = row.Nonce
		}
		return err
	})
	if err == nil && reused {
		err = twice()
	}
	return t, err
}

// end ends a grant whose code or token was used twice, and tells whose it was.
func (r *Registry) end(ctx context.Context, tx store.Tx, id string) (*Tokens, error) {
	t := &Tokens{}
	var g grantRow
	found, err := get(ctx, tx, grantSpace, id, &g)
	if err != nil || !found {
		return t, err
	}
	if t.Who, err = r.accounts.Acting(ctx, tx, g.Standing); err != nil && !fault.Is(err, fault.Unauthenticated) {
		return t, err
	}
	return t, drop(ctx, tx, id)
}

func twice() error {
	return fault.New(fault.Conflict, "grant.reused", "this was used before: what was granted with it has ended")
}

// Refresh gives new tokens for a refresh token, which is used up. asked may
// narrow the scopes of the access token; nil = as they are. Errors: Invalid
// grant.code; Conflict grant.reused when it was used before, as with Redeem.
func (r *Registry) Refresh(ctx context.Context, app *App, token string, asked *Scopes) (t *Tokens, err error) {
	reused := false
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		t, reused = nil, false
		var row tokenRow
		found, err := get(ctx, tx, tokenSpace, digest(token), &row)
		if err != nil {
			return err
		}
		if !found || !row.Refresh || row.App != app.ID || !strings.HasPrefix(token, refreshPrefix) {
			return wrongGrant()
		}
		if row.Used {
			reused = true
			t, err = r.end(ctx, tx, row.Grant)
			return err
		}
		row.Used = true
		if err := set(ctx, tx, tokenSpace, digest(token), row, row.Expires); err != nil {
			return err
		}
		t, err = r.issue(ctx, tx, app, row.Grant, asked)
		return err
	})
	if err == nil && reused {
		err = twice()
	}
	return t, err
}

// RefreshedBy is the id of the app that a refresh token was given to, also of
// one that was used, "" for what is none.
func (r *Registry) RefreshedBy(ctx context.Context, token string) (app string, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		var row tokenRow
		found, err := get(ctx, v, tokenSpace, digest(token), &row)
		if found && row.Refresh {
			app = row.App
		}
		return err
	})
	return app, err
}

// issue makes the tokens of a grant.
func (r *Registry) issue(ctx context.Context, tx store.Tx, app *App, id string, asked *Scopes) (*Tokens, error) {
	now := r.now().UTC()
	var g grantRow
	found, err := get(ctx, tx, grantSpace, id, &g)
	if err != nil {
		return nil, err
	}
	if !found || !now.Before(g.Expires) {
		return nil, wrongGrant()
	}
	who, err := r.accounts.Acting(ctx, tx, g.Standing)
	if fault.Is(err, fault.Unauthenticated) || err == nil && !app.For(who.Org) {
		return nil, wrongGrant()
	}
	if err != nil {
		return nil, err
	}
	all := ParseScopes(g.Scopes)
	t := &Tokens{App: app, Access: accessPrefix + newSecret(), Life: min(TokenLife, g.Expires.Sub(now)), Scopes: all, Context: g.Context, Who: who}
	if asked != nil {
		if t.Scopes = asked.Within(all); len(t.Scopes.Words()) == 0 {
			return nil, fault.New(fault.Invalid, "grant.scope", "no scope is left")
		}
	}
	if g.Session != "" {
		if t.Proved, err = r.accounts.AuthenticatedAt(ctx, tx, g.Session); err != nil {
			return nil, err
		}
	}
	expires := now.Add(t.Life)
	if err := set(ctx, tx, tokenSpace, digest(t.Access), tokenRow{App: app.ID, Grant: id, Scopes: t.Scopes.String(), Made: now, Expires: expires}, expires); err != nil {
		return nil, err
	}
	if !all.Offline && !all.Online {
		return t, nil
	}
	t.Refresh = refreshPrefix + newSecret()
	return t, set(ctx, tx, tokenSpace, digest(t.Refresh), tokenRow{App: app.ID, Grant: id, Refresh: true, Scopes: g.Scopes, Made: now, Expires: g.Expires}, g.Expires)
}

// Serve gives a backend service its token: of what it asks for what it is
// registered for. Errors: Denied grant.app-org, Invalid grant.scope.
func (r *Registry) Serve(ctx context.Context, app *App, asked Scopes) (*Tokens, error) {
	if !app.Service || app.State != Approved {
		return nil, notHere()
	}
	now := r.now().UTC()
	t := &Tokens{App: app, Access: accessPrefix + newSecret(), Life: ServiceLife, Scopes: Scopes{Data: asked.OfContext(access.OfSystem).Within(ParseScopes(app.Scopes)).Data}}
	if len(t.Scopes.Data) == 0 {
		return nil, fault.New(fault.Invalid, "grant.scope", "no scope is left")
	}
	row := tokenRow{App: app.ID, Scopes: t.Scopes.String(), Org: app.Org, Made: now, Expires: now.Add(t.Life)}
	return t, r.engine.Update(ctx, func(tx store.Tx) error {
		return set(ctx, tx, tokenSpace, digest(t.Access), row, row.Expires)
	})
}

// Held is what a token stands for now.
type Held struct {
	App    *App
	Scopes Scopes
	Context
	Grant   string
	Refresh bool
	Who     access.Requester // the person, or the service itself
	Made    time.Time
	Expires time.Time
}

// Look finds what a token stands for at this moment. Errors: Unauthenticated
// grant.token for everything that is worth nothing (any more).
func (r *Registry) Look(ctx context.Context, token string) (h *Held, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		h, err = r.look(ctx, v, token)
		return err
	})
	return h, err
}

func (r *Registry) look(ctx context.Context, v store.Keys, token string) (*Held, error) {
	unknown := fault.New(fault.Unauthenticated, "grant.token", "the token is unknown or has expired")
	if len(token) > 100 {
		return nil, unknown
	}
	var row tokenRow
	found, err := get(ctx, v, tokenSpace, digest(token), &row)
	if err != nil {
		return nil, err
	}
	if !found || row.Used || !r.now().Before(row.Expires) {
		return nil, unknown
	}
	app, err := r.app(ctx, v, row.App)
	if fault.Is(err, fault.NotFound) {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	h := &Held{App: app, Scopes: ParseScopes(row.Scopes), Grant: row.Grant, Refresh: row.Refresh, Made: row.Made, Expires: row.Expires}
	if row.Grant == "" {
		if app.State != Approved || app.Org != row.Org {
			return nil, unknown
		}
		h.Who = access.Requester{ID: app.ID, Name: app.Name, Role: access.System, Org: row.Org}
		return h, nil
	}
	var g grantRow
	if found, err = get(ctx, v, grantSpace, row.Grant, &g); err != nil {
		return nil, err
	}
	if !found || !r.now().Before(g.Expires) {
		return nil, unknown
	}
	h.Context = g.Context
	h.Who, err = r.accounts.Acting(ctx, v, g.Standing)
	if fault.Is(err, fault.Unauthenticated) || err == nil && !app.For(h.Who.Org) {
		return nil, unknown
	}
	return h, err
}

// Revoke ends what an app's token stands for: of a refresh token the whole
// grant, of an access token that token alone. A token that is unknown or
// another app's is no error (https://www.rfc-editor.org/rfc/rfc7009#section-2.2).
func (r *Registry) Revoke(ctx context.Context, app *App, token string) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		var row tokenRow
		found, err := get(ctx, tx, tokenSpace, digest(token), &row)
		if err != nil || !found || row.App != app.ID {
			return err
		}
		if row.Refresh {
			return drop(ctx, tx, row.Grant)
		}
		return tx.DeleteKey(ctx, tokenSpace, digest(token))
	})
}
