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

// failures counts wrong sign-ins of one account or from one address. It is
// forgotten LockFor after the last.
type failures struct {
	N int `json:"n"`
}

// Note is told of every attempt to sign in before it takes effect: whose
// account it was, nil when nobody has the name, and why it failed, nil when it
// did not. Its error refuses the sign-in.
type Note func(ctx context.Context, whose *Account, failure error) error

// SignIn checks a name and password and begins a session; address is where
// the request came from. Errors: Unauthenticated account.sign-in for a wrong
// name, a wrong password and a disabled account alike; Busy account.locked
// after too many failures for the account or from the address; those of note.
func (r *Register) SignIn(ctx context.Context, name, password, address string, note Note) (*Session, error) {
	known, failure := r.check(ctx, normal(name), password, address)
	if failure != nil && !fault.Is(failure, fault.Unauthenticated) && fault.Of(failure).Code != lockedCode {
		return nil, failure
	}
	if err := note(ctx, known, failure); err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, failure
	}
	return r.begin(ctx, known)
}

const lockedCode = "account.locked"

// check finds the account that a name and password open. It returns the
// account of the name, if there is one, also beside an error.
func (r *Register) check(ctx context.Context, name, password, address string) (*Account, error) {
	known, locked, err := r.standing(ctx, name, address)
	if err != nil {
		return nil, err
	}
	if locked {
		return known, fault.New(fault.Busy, lockedCode,
			"too many attempts: wait %d minutes and try again", int(LockFor/time.Minute))
	}
	hash := ""
	if known != nil {
		hash = known.password
	}
	if len(password) > maxPassword {
		password = password[:maxPassword] + "…"
	}
	r.hashes <- struct{}{}
	same := samePassword(hash, password)
	<-r.hashes
	if !same || known == nil || known.Disabled {
		if err := r.fail(ctx, name, address); err != nil {
			return nil, err
		}
		return known, fault.New(fault.Unauthenticated, "account.sign-in", "the user name or password is wrong")
	}
	return known, nil
}

func (r *Register) standing(ctx context.Context, name, address string) (known *Account, locked bool, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		for key, limit := range map[string]int{"name/" + name: FailuresPerAccount, "address/" + address: FailuresPerAddress} {
			n, err := failed(ctx, v, key)
			if err != nil {
				return err
			}
			locked = locked || n >= limit
		}
		known, err = get(ctx, v, name)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	})
	return known, locked, err
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

func (r *Register) fail(ctx context.Context, name, address string) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		for _, key := range []string{"name/" + name, "address/" + address} {
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
