package account

import (
	"context"
	"crypto/subtle"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// CodeLife is how long the code for the first administrator is good.
const CodeLife = 24 * time.Hour

const firstCode = "first-administrator"

// Empty tells whether no account exists yet.
func (r *Register) Empty(ctx context.Context) (empty bool, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		empty, err = none(ctx, v)
		return err
	})
	return empty, err
}

func none(ctx context.Context, v store.Keys) (bool, error) {
	rows, err := v.ListKeys(ctx, accountSpace, "", 1)
	return len(rows) == 0, err
}

// FirstCode makes the one-time code with which the first administrator sets
// up an account, to be printed by who starts the server. It replaces an
// earlier code. It is "" when an account exists.
func (r *Register) FirstCode(ctx context.Context) (code string, err error) {
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		code = ""
		empty, err := none(ctx, tx)
		if err != nil || !empty {
			return err
		}
		code = newCode()
		return tx.SetKey(ctx, codeSpace, store.KeyValue{Key: firstCode, Value: []byte(digest(code)),
			Expires: r.now().Add(CodeLife)})
	})
	return code, err
}

// SetUp makes the first administrator with the one-time code and uses the
// code up. Errors: Denied account.code for a wrong, used or expired code;
// Conflict account.set-up when an account exists; Busy account.locked; those
// of a wrong application. The work is audited through admin, an errand of the
// installation itself: nobody could be signed in yet.
func (r *Register) SetUp(ctx context.Context, admin Administrator, code, address string, a Application) (*Account, error) {
	a.Role, a.Org, a.Site = access.Administrator, access.Domain, ""
	at := Attempt{Address: address}
	if _, locked, err := r.standing(ctx, firstCode, at); err != nil {
		return nil, err
	} else if locked {
		return nil, fault.New(fault.Busy, "account.locked", "too many attempts: wait and try again")
	}
	made, err := r.prepare(a)
	if err != nil {
		return nil, err
	}
	err = admin.Administer(ctx, "set up the first administrator "+made.Name, func(tx store.Tx) error {
		empty, err := none(ctx, tx)
		if err != nil {
			return err
		}
		if !empty {
			return fault.New(fault.Conflict, "account.set-up", "this installation is set up already")
		}
		want, err := tx.GetKey(ctx, codeSpace, firstCode)
		if err != nil {
			return err
		}
		if want == nil || subtle.ConstantTimeCompare(want, []byte(digest(typed(code)))) != 1 {
			return fault.New(fault.Denied, "account.code", "the code is wrong or has expired").In("code")
		}
		if err := tx.DeleteKey(ctx, codeSpace, firstCode); err != nil {
			return err
		}
		return put(ctx, tx, made)
	})
	if fault.Is(err, fault.Denied) {
		if failErr := r.fail(ctx, firstCode, at); failErr != nil {
			return nil, failErr
		}
	}
	if err != nil {
		return nil, err
	}
	return made, nil
}
