package account

import (
	"context"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"concord/fault"
	"concord/store"
)

// stepFor is how long a sign-in may wait for its second factor.
const stepFor = 10 * time.Minute

// Step is how far a sign-in has come: at its end with a Session, or waiting
// for a second factor under a Ticket. A ticket opens nothing.
type Step struct {
	*Session
	Ticket string
	Asks   Asks
	Device string // secret by which this browser is known next time; "" = as before
}

// Asks are the second factors that may be given.
type Asks struct{ App, Passkey, Code bool }

// stepRow is a sign-in under way, under the digest of its ticket. Account is
// "" for a passkey that has yet to say whose it is.
type stepRow struct {
	Account string                `json:"account,omitempty"`
	Asks    Asks                  `json:"asks"`
	Passkey *webauthn.SessionData `json:"passkey,omitempty"`
	Enrol   bool                  `json:"enrol,omitempty"` // the passkey is to be added, not shown
}

func (r *Register) setStep(ctx context.Context, ticket string, row stepRow) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		return tx.SetKey(ctx, stepSpace, store.KeyValue{Key: digest(ticket), Value: toJSON(row), Expires: r.now().Add(stepFor)})
	})
}

// step reads a sign-in under way. Errors: Unauthenticated account.step when
// there is none.
func (r *Register) step(ctx context.Context, v store.Keys, ticket string) (row stepRow, err error) {
	none := fault.New(fault.Unauthenticated, "account.step", "this sign-in took too long: begin again")
	if ticket == "" || len(ticket) > 100 {
		return row, none
	}
	value, err := v.GetKey(ctx, stepSpace, digest(ticket))
	if err != nil {
		return row, err
	}
	if value == nil {
		return row, none
	}
	return row, fromJSON(value, &row)
}

// Waiting tells what a sign-in under way is asked for. Errors: Unauthenticated
// account.step.
func (r *Register) Waiting(ctx context.Context, ticket string) (asks Asks, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		row, err := r.step(ctx, v, ticket)
		if err == nil && row.Account == "" {
			err = fault.New(fault.Unauthenticated, "account.step", "this sign-in took too long: begin again")
		}
		asks = row.Asks
		return err
	})
	return asks, err
}

// GiveCode ends a sign-in under way with a code: of the authenticator app, or
// one for recovery. Errors: Unauthenticated account.step, account.second-factor
// for a wrong code; Busy account.locked; those of the note.
func (r *Register) GiveCode(ctx context.Context, ticket, code string, at Attempt) (*Step, error) {
	var row stepRow
	err := r.engine.View(ctx, func(v store.Reader) (err error) {
		row, err = r.step(ctx, v, ticket)
		return err
	})
	if err != nil {
		return nil, err
	}
	known, locked, err := r.standing(ctx, row.Account, at)
	if err != nil {
		return nil, err
	}
	if known == nil || known.Disabled {
		return nil, fault.New(fault.Unauthenticated, "account.step", "this sign-in took too long: begin again")
	}
	var failure error
	if locked {
		failure = tooMany()
	} else if ok, err := r.takeCode(ctx, known.Name, code, row.Asks); err != nil {
		return nil, err
	} else if !ok {
		failure = fault.New(fault.Unauthenticated, "account.second-factor", "that code is wrong or was used before").In("code")
		if err := r.fail(ctx, row.Account, at); err != nil {
			return nil, err
		}
	}
	if err := at.Note(ctx, known, failure); err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, failure
	}
	return r.finish(ctx, known, ticket, at, proof{level: 2})
}

// takeCode uses a code up, in one commit with the check: a code given twice at
// the same moment opens one session.
func (r *Register) takeCode(ctx context.Context, name, code string, asks Asks) (ok bool, err error) {
	err = r.alter(ctx, name, func(f *factorRow) error {
		ok = false
		if asks.App {
			var err error
			if ok, err = r.useApp(f, name, code); err != nil || ok {
				return err
			}
		}
		ok = asks.Code && f.useCode(code)
		return nil
	})
	return ok, err
}

// finish begins the session of a sign-in; its ticket is used up.
func (r *Register) finish(ctx context.Context, a *Account, ticket string, at Attempt, p proof) (*Step, error) {
	s, err := r.begin(ctx, a, ticket, at, p)
	if err != nil {
		return nil, err
	}
	device, err := r.knowDevice(ctx, a.Name, at)
	if err != nil {
		return nil, err
	}
	return &Step{Session: s, Device: device}, nil
}
