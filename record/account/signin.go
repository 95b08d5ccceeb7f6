package account

import (
	"context"
	"time"

	"concord/fault"
	"concord/store"
)

// How often somebody may be wrong before they have to wait.
const (
	FailuresPerAccount = 5
	FailuresPerAddress = 30
	LockFor            = 15 * time.Minute
)

// failures counts wrong sign-ins of one account, from one address or of one
// known browser. It is forgotten LockFor after the last.
type failures struct {
	N int `json:"n"`
}

// Note is told of every attempt to sign in before it takes effect: whose
// account it was, nil when nobody has the name, and why it failed, nil when it
// did not. Its error refuses the sign-in.
type Note func(ctx context.Context, whose *Account, failure error) error

// Attempt is what is known of who tries to sign in.
type Attempt struct {
	Address string // network address
	Known   string // secret by which the browser says that it was here before, or ""
	Browser string // in words, for the person's list of sessions
	Note    Note
}

// SignIn checks a name and password. It begins a session, or gives a ticket
// where a second factor is asked for. Errors: Unauthenticated account.sign-in
// for a wrong name, a wrong password and a disabled account alike; Busy
// account.locked after too many failures for the account or from the address;
// those of the note.
func (r *Register) SignIn(ctx context.Context, name, password string, at Attempt) (*Step, error) {
	known, failure := r.check(ctx, normal(name), password, at)
	if failure != nil && !fault.Is(failure, fault.Unauthenticated) && fault.Of(failure).Code != lockedCode {
		return nil, failure
	}
	var asks Asks
	if failure == nil {
		var err error
		if asks, err = r.asks(ctx, known); err != nil {
			return nil, err
		}
	}
	wanted := asks != Asks{}
	noted := failure
	if wanted {
		// Who has the password and not the factor leaves a trace too.
		noted = fault.New(fault.Unauthenticated, "account.second-factor-asked", "a second factor is asked for")
	}
	if err := at.Note(ctx, known, noted); err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, failure
	}
	if wanted {
		ticket := newSecret()
		return &Step{Ticket: ticket, Asks: asks}, r.setStep(ctx, ticket, stepRow{Account: known.Name, Asks: asks})
	}
	return r.finish(ctx, known, "", at, proof{level: 1})
}

// asks says which second factors an account is asked for: those that it has
// and that its organisations accept.
func (r *Register) asks(ctx context.Context, a *Account) (asks Asks, err error) {
	want, err := r.secondOf(ctx, a)
	if err != nil {
		return asks, err
	}
	f, err := r.Factors(ctx, a.Name)
	if err != nil || !f.Any() {
		return asks, err
	}
	asks.Passkey = len(f.Passkeys) > 0
	// Who has no passkey yet shows the app and is let in to add one, nowhere
	// else.
	asks.App = !f.App.IsZero() && (want != SecondPasskey || !asks.Passkey)
	asks.Code = f.Codes > 0
	return asks, nil
}

const lockedCode = "account.locked"

func tooMany() error {
	return fault.New(fault.Busy, lockedCode, "too many attempts: wait %d minutes and try again", int(LockFor/time.Minute))
}

// check finds the account that a name and password open. It returns the
// account of the name, if there is one, also beside an error.
func (r *Register) check(ctx context.Context, name, password string, at Attempt) (*Account, error) {
	known, locked, err := r.standing(ctx, name, at)
	if err != nil {
		return nil, err
	}
	if locked {
		return known, tooMany()
	}
	hash := ""
	if known != nil {
		hash = known.password
	}
	if same := r.same(hash, password); !same || known == nil || known.Disabled {
		if err := r.fail(ctx, name, at); err != nil {
			return nil, err
		}
		return known, fault.New(fault.Unauthenticated, "account.sign-in", "the user name or password is wrong")
	}
	return known, nil
}

// same compares a password at the price of one, whatever it is.
func (r *Register) same(hash, password string) bool {
	if len(password) > maxPassword {
		password = password[:maxPassword] + "…"
	}
	r.hashes <- struct{}{}
	defer func() { <-r.hashes }()
	return samePassword(hash, password)
}

func (r *Register) standing(ctx context.Context, name string, at Attempt) (known *Account, locked bool, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		limits, err := r.limits(ctx, v, name, at)
		if err != nil {
			return err
		}
		locked = false
		for key, limit := range limits {
			n, err := failed(ctx, v, key)
			if err != nil {
				return err
			}
			locked = locked || n >= limit
		}
		known, err = r.get(ctx, v, name)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	})
	return known, locked, err
}

// limits are the counters that an attempt falls under. A browser in which the
// person signed in before has one of its own: neither who guesses at their
// name from elsewhere nor a colleague's mistakes behind the same address lock
// them out of it
// (https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
func (r *Register) limits(ctx context.Context, v store.Keys, name string, at Attempt) (map[string]int, error) {
	known, err := deviceOf(ctx, v, at.Known, name)
	if err != nil {
		return nil, err
	}
	if known {
		return map[string]int{"device/" + digest(at.Known): FailuresPerAccount}, nil
	}
	return map[string]int{"name/" + name: FailuresPerAccount, "address/" + at.Address: FailuresPerAddress}, nil
}

func failed(ctx context.Context, v store.Keys, key string) (int, error) {
	value, err := v.GetKey(ctx, failureSpace, key)
	if err != nil || value == nil {
		return 0, err
	}
	var f failures
	err = fromJSON(value, &f)
	return f.N, err
}

func (r *Register) fail(ctx context.Context, name string, at Attempt) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		limits, err := r.limits(ctx, tx, name, at)
		if err != nil {
			return err
		}
		for key := range limits {
			n, err := failed(ctx, tx, key)
			if err != nil {
				return err
			}
			kv := store.KeyValue{Key: key, Value: toJSON(failures{n + 1}), Expires: r.now().Add(LockFor)}
			if err := tx.SetKey(ctx, failureSpace, kv); err != nil {
				return err
			}
		}
		return nil
	})
}

// forgive forgets the failures of who has now signed in: those that the
// attempt fell under, and never those of an address.
func (r *Register) forgive(ctx context.Context, tx store.Tx, name string, at Attempt) error {
	limits, err := r.limits(ctx, tx, name, at)
	if err != nil {
		return err
	}
	for key := range limits {
		if key == "address/"+at.Address {
			continue
		}
		if err := tx.DeleteKey(ctx, failureSpace, key); err != nil {
			return err
		}
	}
	return nil
}
