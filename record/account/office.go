package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"concord/fault"
	"concord/record/access"
	"concord/standard/uk"
	"concord/store"
)

// Administrator lets an office work: it decides whether its requester may, and
// commits the work together with the audit entry. record.Errand is one.
type Administrator interface {
	Who() access.Requester
	Administer(ctx context.Context, what string, f func(tx store.Tx) error) error
}

// Office is the register in the hands of somebody who administers it. Nothing
// here happens without a decision and an audit entry.
type Office struct {
	register *Register
	admin    Administrator
}

// Office opens the register for an administrator.
func (r *Register) Office(a Administrator) *Office { return &Office{r, a} }

// within does administrative work that looks at who does it.
func (o *Office) within(ctx context.Context, what string, f func(tx store.Tx, who access.Requester) error) error {
	return o.admin.Administer(ctx, what, func(tx store.Tx) error { return f(tx, o.admin.Who()) })
}

// controls refuses an administrator of another organisation. Errors: Denied
// account.other-org.
func controls(who access.Requester, org string) error {
	if who.Controls(org) {
		return nil
	}
	return fault.New(fault.Denied, "account.other-org", "that is for an administrator of the other organisation")
}

// onPerson does what touches a whole person, such as their password: only who
// controls every organisation that the person has a role in may, since it
// would open all of them.
func (o *Office) onPerson(ctx context.Context, what, name string, f func(tx store.Tx, a *Account) error) error {
	return o.within(ctx, what, func(tx store.Tx, who access.Requester) error {
		a, err := o.register.get(ctx, tx, normal(name))
		if err != nil {
			return err
		}
		for _, org := range a.orgs() {
			if err := controls(who, org); err != nil {
				return err
			}
		}
		if len(a.orgs()) == 0 {
			if err := controls(who, access.Domain); err != nil {
				return err
			}
		}
		return f(tx, a)
	})
}

// Create makes an account. Errors: Denied, account.other-org, those of a wrong
// application, Conflict account.taken.
func (o *Office) Create(ctx context.Context, a Application) (*Account, error) {
	made, err := o.register.prepare(a)
	if err != nil {
		return nil, err
	}
	err = o.within(ctx, "create account "+made.Name+" as "+string(made.Role)+" of "+made.Org,
		func(tx store.Tx, who access.Requester) error {
			if err := controls(who, made.Org); err != nil {
				return err
			}
			return put(ctx, tx, made)
		})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// List returns the accounts by name: of the administrator's organisation, or
// all for the domain's.
func (o *Office) List(ctx context.Context) ([]*Account, error) {
	var all []*Account
	err := o.within(ctx, "list accounts", func(tx store.Tx, who access.Requester) error {
		all = nil
		rows, err := tx.ListKeys(ctx, accountSpace, "", listLimit)
		if err != nil {
			return err
		}
		for _, kv := range rows {
			a, err := o.register.read(kv.Key, kv.Value)
			if err != nil {
				return err
			}
			if who.Controls(access.Domain) || slices.ContainsFunc(a.orgs(), who.Controls) {
				all = append(all, a)
			}
		}
		return nil
	})
	return all, err
}

// SetPassword replaces a password and ends the account's sessions. Errors:
// Denied, account.other-org, NotFound account.unknown, Invalid
// account.password, Conflict account.outside for who signs in elsewhere.
func (o *Office) SetPassword(ctx context.Context, name, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash := o.register.hash(password)
	return o.onPerson(ctx, "set password of "+normal(name), name, func(tx store.Tx, a *Account) error {
		if a.Provider != "" {
			return fault.New(fault.Conflict, "account.outside", "this person signs in with %s", a.Provider)
		}
		return o.register.change(ctx, tx, name, true, func(a *Account) { a.password = hash })
	})
}

// SetDisabled bars an account from signing in, or lets it in again. Barring
// ends its sessions. Errors: Denied, account.other-org, NotFound
// account.unknown.
func (o *Office) SetDisabled(ctx context.Context, name string, disabled bool) error {
	what := "let in "
	if disabled {
		what = "bar "
	}
	return o.onPerson(ctx, what+normal(name), name, func(tx store.Tx, _ *Account) error {
		return o.register.change(ctx, tx, name, disabled, func(a *Account) { a.Disabled = disabled })
	})
}

// SetOwnNumber notes the NHS number of a member of staff, so that looks at their
// own record and household are reviewed; "" forgets it. The audit entry does not
// name it. Errors: Denied, account.other-org, NotFound account.unknown, Invalid
// "account.own-number" (in "own").
func (o *Office) SetOwnNumber(ctx context.Context, name, number string) error {
	if number = strings.TrimSpace(number); number != "" {
		parsed, err := uk.ParseNHSNumber(number)
		if err != nil {
			return fault.New(fault.Invalid, "account.own-number", "that is no NHS number").In("own")
		}
		number = string(parsed)
	}
	return o.onPerson(ctx, "note the NHS number of "+normal(name), name, func(tx store.Tx, _ *Account) error {
		return o.register.change(ctx, tx, name, false, func(a *Account) { a.OwnNumber = number })
	})
}

// EndSessions ends every session of a person. Errors: Denied,
// account.other-org, NotFound account.unknown.
func (o *Office) EndSessions(ctx context.Context, name string) error {
	return o.onPerson(ctx, "end sessions of "+normal(name), name, func(tx store.Tx, a *Account) error {
		return dropSessions(ctx, tx, a.Name)
	})
}

// Issue makes a bearer token and returns it once; only its hash is kept.
// Errors: Denied, Invalid account.client, account.token-life, access.scope.
func (o *Office) Issue(ctx context.Context, g Grant) (secret string, t *Token, err error) {
	g.Client = normal(g.Client)
	if !validName(g.Client) {
		return "", nil, fault.New(fault.Invalid, "account.client", "a client is 2 to 64 letters, digits, dots or hyphens")
	}
	if sum, err := base64.RawURLEncoding.DecodeString(g.Certificate); err != nil || g.Certificate != "" && len(sum) != sha256.Size {
		return "", nil, fault.New(fault.Invalid, "account.certificate", "a certificate is named by its SHA-256, base64url")
	}
	if g.Life <= 0 || g.Life > MaxTokenLife {
		return "", nil, fault.New(fault.Invalid, "account.token-life", "a token lives up to a year")
	}
	scopes, err := access.ParseScopes(g.Scopes)
	if err != nil {
		return "", nil, err
	}
	if len(scopes) == 0 {
		return "", nil, fault.New(fault.Invalid, "access.scope", "a token needs a scope")
	}
	secret = tokenPrefix + newSecret()
	now := o.register.now().UTC()
	row := tokenRow{Client: g.Client, Org: strings.ToUpper(g.Org), Scopes: g.Scopes, Lenient: g.Lenient, Certificate: g.Certificate, Made: now, Expires: now.Add(g.Life)}
	id := digest(secret)
	what := "issue token to " + row.Client + " for " + row.Scopes
	if row.Certificate != "" {
		what += ", bound to certificate " + row.Certificate
	}
	err = o.within(ctx, what, func(tx store.Tx, who access.Requester) error {
		if err := controls(who, row.Org); err != nil {
			return err
		}
		return tx.SetKey(ctx, tokenSpace, store.KeyValue{Key: id, Value: toJSON(row), Expires: row.Expires})
	})
	if err != nil {
		return "", nil, err
	}
	return secret, row.token(id), nil
}

// Tokens lists the tokens that have not expired.
func (o *Office) Tokens(ctx context.Context) ([]*Token, error) {
	var all []*Token
	err := o.within(ctx, "list tokens", func(tx store.Tx, who access.Requester) error {
		all = nil
		rows, err := tx.ListKeys(ctx, tokenSpace, "", listLimit)
		if err != nil {
			return err
		}
		for _, kv := range rows {
			var row tokenRow
			if err := fromJSON(kv.Value, &row); err != nil {
				return err
			}
			if o.register.now().Before(row.Expires) && who.Controls(row.Org) {
				all = append(all, row.token(kv.Key))
			}
		}
		return nil
	})
	return all, err
}

// Revoke ends a token by its ID; an unknown one is no error. Errors: Denied,
// account.other-org.
func (o *Office) Revoke(ctx context.Context, id string) error {
	defer o.register.tokens.forget()
	return o.within(ctx, "revoke token "+id[:min(len(id), 12)], func(tx store.Tx, who access.Requester) error {
		value, err := tx.GetKey(ctx, tokenSpace, id)
		if err != nil || value == nil {
			return err
		}
		var row tokenRow
		if err := fromJSON(value, &row); err != nil {
			return err
		}
		if err := controls(who, row.Org); err != nil {
			return err
		}
		return tx.DeleteKey(ctx, tokenSpace, id)
	})
}
