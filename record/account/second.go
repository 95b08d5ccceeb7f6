package account

import (
	"context"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// Second is what an organisation asks for beside a password.
type Second string

// From lax to strict.
const (
	SecondNone    Second = "none"    // whoever has a second factor is asked for it
	SecondAny     Second = "any"     // an authenticator app or a passkey
	SecondPasskey Second = "passkey" // a passkey, which no false page can ask for
)

// Seconds lists them from lax to strict.
func Seconds() []Second { return []Second{SecondNone, SecondAny, SecondPasskey} }

// Title is what a page calls it.
func (s Second) Title() string {
	switch s {
	case SecondAny:
		return "An app or a passkey"
	case SecondPasskey:
		return "A passkey"
	}
	return "A password is enough"
}

func (s Second) strictness() int {
	for n, x := range Seconds() {
		if s == x {
			return n
		}
	}
	return -1
}

// metBy tells whether somebody with these factors can satisfy it.
func (s Second) metBy(f *factorRow) bool {
	switch s {
	case SecondAny:
		return f.App != nil || len(f.Passkeys) > 0
	case SecondPasskey:
		return len(f.Passkeys) > 0
	}
	return true
}

type secondRow struct {
	Second Second `json:"second"`
}

// SecondFactor tells what an organisation asks for: its own setting, or the
// installation's.
func (r *Register) SecondFactor(ctx context.Context, org string) (s Second, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		s, err = r.second(ctx, v, org)
		return err
	})
	return s, err
}

func (r *Register) second(ctx context.Context, v store.Keys, org string) (Second, error) {
	value, err := v.GetKey(ctx, secondSpace, org)
	if err != nil || value == nil {
		return r.fallback, err
	}
	var row secondRow
	if err := fromJSON(value, &row); err != nil {
		return "", err
	}
	return row.Second, nil
}

// secondOf is what the strictest of a person's organisations asks for.
func (r *Register) secondOf(ctx context.Context, a *Account) (strictest Second, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		strictest, err = r.secondIn(ctx, v, a)
		return err
	})
	return strictest, err
}

func (r *Register) secondIn(ctx context.Context, v store.Keys, a *Account) (Second, error) {
	strictest := SecondNone
	for _, org := range a.orgs() {
		s, err := r.second(ctx, v, org)
		if err != nil {
			return "", err
		}
		if s.strictness() > strictest.strictness() {
			strictest = s
		}
	}
	return strictest, nil
}

// SetSecondFactor says what an organisation asks for. Errors: Denied,
// account.other-org for an organisation that is not the administrator's,
// Invalid account.second.
func (o *Office) SetSecondFactor(ctx context.Context, org string, s Second) error {
	if s.strictness() < 0 {
		return fault.New(fault.Invalid, "account.second", "choose what is asked for").In("second")
	}
	return o.within(ctx, "ask for second factor "+string(s)+" in "+org, func(tx store.Tx, who access.Requester) error {
		if err := controls(who, org); err != nil {
			return err
		}
		return tx.SetKey(ctx, secondSpace, store.KeyValue{Key: org, Value: toJSON(secondRow{s})})
	})
}

// ResetFactors removes every second factor of a person who lost theirs, and
// ends their sessions; they add new ones at the next sign-in. Errors: Denied,
// account.other-org, NotFound account.unknown.
func (o *Office) ResetFactors(ctx context.Context, name string) error {
	name = normal(name)
	return o.onPerson(ctx, "remove second factors of "+name, name, func(tx store.Tx, a *Account) error {
		if err := tx.DeleteKey(ctx, factorSpace, name); err != nil {
			return err
		}
		return dropSessions(ctx, tx, name)
	})
}
