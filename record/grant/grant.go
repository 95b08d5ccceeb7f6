package grant

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"concord/fault"
	"concord/record/account"
	"concord/store"
)

// How long things live.
const (
	codeLife    = time.Minute
	codeKept    = time.Hour        // after it was used, so that a second use is known
	TokenLife   = 10 * time.Minute // of an access token in a person's name
	ServiceLife = 5 * time.Minute  // of a backend service's
	OfflineLife = 90 * 24 * time.Hour
)

// grantRow is what a person lets an app do.
type grantRow struct {
	App string `json:"app"`
	account.Standing
	Context
	Scopes  string    `json:"scopes"`
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires"`
}

// Grants are keyed by their id; a second key "by/<account>/<id>" finds all of a
// person.
func byAccount(account, id string) string { return "by/" + account + "/" + id }

// codeRow is what a code stands for.
type codeRow struct {
	Grant     string    `json:"grant"`
	App       string    `json:"app"`
	Redirect  string    `json:"redirect"`
	Challenge string    `json:"challenge"`
	Nonce     string    `json:"nonce,omitempty"`
	Until     time.Time `json:"until"`
	Used      bool      `json:"used,omitempty"`
}

// give makes a grant and the code that stands for it.
func (r *Registry) give(ctx context.Context, tx store.Tx, p *Pending, code string, by *account.Session) error {
	id, now := newID(), r.now().UTC()
	g := grantRow{App: p.App.ID, Standing: by.Standing(), Scopes: p.Asks.String(), Context: p.Context, Made: now, Expires: by.Until.UTC()}
	if p.Asks.Offline {
		g.Session, g.Expires = "", now.Add(OfflineLife)
	}
	if err := set(ctx, tx, grantSpace, id, g, g.Expires); err != nil {
		return err
	}
	if err := set(ctx, tx, grantSpace, byAccount(g.Account, id), true, g.Expires); err != nil {
		return err
	}
	return set(ctx, tx, codeSpace, digest(code), codeRow{Grant: id, App: p.App.ID, Redirect: p.Redirect, Challenge: p.Challenge,
		Nonce: p.Nonce, Until: now.Add(codeLife)}, now.Add(codeKept))
}

// drop ends a grant: every token of it is worth nothing from then on.
func drop(ctx context.Context, tx store.Tx, id string) error {
	var g grantRow
	found, err := get(ctx, tx, grantSpace, id, &g)
	if err != nil || !found {
		return err
	}
	if err := tx.DeleteKey(ctx, grantSpace, byAccount(g.Account, id)); err != nil {
		return err
	}
	return tx.DeleteKey(ctx, grantSpace, id)
}

// Given is one grant in a person's list.
type Given struct {
	ID, App, Patient string
	Scopes           Scopes
	Made, Expires    time.Time
	Offline          bool
}

// Grants lists what a person lets apps do, the newest first.
func (r *Registry) Grants(ctx context.Context, account string) ([]Given, error) {
	var all []Given
	err := r.engine.View(ctx, func(v store.Reader) error {
		all = nil
		return each(ctx, v, grantSpace, byAccount(account, ""), func(id string, _ []byte) error {
			var g grantRow
			found, err := get(ctx, v, grantSpace, id, &g)
			if err != nil || !found {
				return err
			}
			name := g.App
			if a, err := r.app(ctx, v, g.App); err == nil {
				name = a.Name
			}
			all = append(all, Given{ID: id, App: name, Patient: g.Patient, Scopes: ParseScopes(g.Scopes), Made: g.Made, Expires: g.Expires,
				Offline: g.Session == ""})
			return nil
		})
	})
	slices.SortFunc(all, func(a, b Given) int { return b.Made.Compare(a.Made) })
	return all, err
}

// End ends a grant of a person; another person's, and an unknown one, is no
// error and stays as it is.
func (r *Registry) End(ctx context.Context, account, id string) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		var mine json.RawMessage
		found, err := get(ctx, tx, grantSpace, byAccount(account, id), &mine)
		if err != nil || !found {
			return err
		}
		return drop(ctx, tx, id)
	})
}

// EndAll ends every grant of a person.
func (r *Registry) EndAll(ctx context.Context, account string) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		return each(ctx, tx, grantSpace, byAccount(account, ""), func(id string, _ []byte) error { return drop(ctx, tx, id) })
	})
}

func wrongGrant() error {
	return fault.New(fault.Invalid, "grant.code", "the code or refresh token is not known, has expired, was used, or is another app's")
}
