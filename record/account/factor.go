package account

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"concord/fault"
	"concord/store"
)

// Factors are what somebody can prove themselves with beside a password.
type Factors struct {
	App      time.Time // when the authenticator app was added; zero = none
	Passkeys []Passkey
	Codes    int // recovery codes that are left
}

// Passkey is one registered passkey.
type Passkey struct {
	ID   string
	Name string
	Made time.Time
	Used time.Time
}

// Any tells whether there is a factor to ask for.
func (f Factors) Any() bool { return !f.App.IsZero() || len(f.Passkeys) > 0 }

// factorRow lies under the account's name.
type factorRow struct {
	App      *appRow      `json:"app,omitempty"`
	Passkeys []passkeyRow `json:"passkeys,omitempty"`
	Codes    []string     `json:"codes,omitempty"` // digests
}

type passkeyRow struct {
	Name       string              `json:"name"`
	Made       time.Time           `json:"made"`
	Used       time.Time           `json:"used"`
	Credential webauthn.Credential `json:"credential"`
}

func (p *passkeyRow) id() string { return base64.RawURLEncoding.EncodeToString(p.Credential.ID) }

func (f *factorRow) factors() Factors {
	out := Factors{Codes: len(f.Codes)}
	if f.App != nil {
		out.App = f.App.Made
	}
	for n := range f.Passkeys {
		p := &f.Passkeys[n]
		out.Passkeys = append(out.Passkeys, Passkey{ID: p.id(), Name: p.Name, Made: p.Made, Used: p.Used})
	}
	return out
}

func getFactors(ctx context.Context, v store.Keys, name string) (*factorRow, error) {
	value, err := v.GetKey(ctx, factorSpace, name)
	if err != nil || value == nil {
		return &factorRow{}, err
	}
	f := &factorRow{}
	return f, fromJSON(value, f)
}

func setFactors(ctx context.Context, tx store.Tx, name string, f *factorRow) error {
	if f.App == nil && len(f.Passkeys) == 0 {
		// Recovery codes stand in for a lost factor; with none there is
		// nothing that they could recover.
		return tx.DeleteKey(ctx, factorSpace, name)
	}
	return tx.SetKey(ctx, factorSpace, store.KeyValue{Key: name, Value: toJSON(f)})
}

// Factors tells what an account has beside its password.
func (r *Register) Factors(ctx context.Context, name string) (f Factors, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		row, err := getFactors(ctx, v, normal(name))
		if err == nil {
			f = row.factors()
		}
		return err
	})
	return f, err
}

// alter changes the factors of an account in one commit.
func (r *Register) alter(ctx context.Context, name string, f func(*factorRow) error) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		row, err := getFactors(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := f(row); err != nil {
			return err
		}
		return setFactors(ctx, tx, name, row)
	})
}

// ownFactors refuses factors of somebody who signs in with an identity
// provider: they would open the account after the provider has closed it.
// Errors: Conflict account.outside.
func ownFactors(a *Account) error {
	if a.Provider != "" {
		return fault.New(fault.Conflict, "account.outside", "you sign in with %s: what proves who you are is kept there", a.Provider)
	}
	return nil
}

// DropApp removes the authenticator app. Errors: Conflict account.last-factor
// when the person's organisation would then not let them in.
func (r *Register) DropApp(ctx context.Context, name string) error {
	return r.drop(ctx, name, func(f *factorRow) { f.App = nil })
}

// DropPasskey removes one passkey by its ID; an unknown one is no error.
// Errors: Conflict account.last-factor.
func (r *Register) DropPasskey(ctx context.Context, name, id string) error {
	return r.drop(ctx, name, func(f *factorRow) {
		var left []passkeyRow
		for _, p := range f.Passkeys {
			if p.id() != id {
				left = append(left, p)
			}
		}
		f.Passkeys = left
	})
}

func (r *Register) drop(ctx context.Context, name string, f func(*factorRow)) error {
	name = normal(name)
	a, err := r.Get(ctx, name)
	if err != nil {
		return err
	}
	want, err := r.secondOf(ctx, a)
	if err != nil {
		return err
	}
	return r.alter(ctx, name, func(row *factorRow) error {
		f(row)
		if !want.metBy(row) {
			return fault.New(fault.Conflict, "account.last-factor", "your organisation asks for this: add another one first")
		}
		return nil
	})
}

// NewRecoveryCodes replaces the recovery codes and gives the new ones out
// once. Errors: Conflict account.no-factor when there is nothing to recover.
func (r *Register) NewRecoveryCodes(ctx context.Context, name string) (codes []string, err error) {
	const many = 8
	codes = make([]string, many)
	digests := make([]string, many)
	for n := range codes {
		codes[n] = newCode()
		digests[n] = digest(codes[n])
	}
	err = r.alter(ctx, normal(name), func(f *factorRow) error {
		if f.App == nil && len(f.Passkeys) == 0 {
			return fault.New(fault.Conflict, "account.no-factor", "add an authenticator app or a passkey first")
		}
		f.Codes = digests
		return nil
	})
	return codes, err
}

// useCode uses a recovery code up and tells whether it was one.
func (f *factorRow) useCode(code string) bool {
	code = typed(code)
	if code == "" {
		return false
	}
	want := digest(code)
	for n, have := range f.Codes {
		if have == want { // digests: their comparison tells nothing of use
			f.Codes = append(f.Codes[:n:n], f.Codes[n+1:]...)
			return true
		}
	}
	return false
}
