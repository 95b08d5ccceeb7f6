package account

import (
	"context"
	"time"

	"concord/fault"
	"concord/store"
)

// wrongUnlocks is how many wrong attempts end a locked session.
const wrongUnlocks = 5

// keptMost bounds a form that waits behind the lock, in bytes.
const keptMost = 1 << 20

// Lock locks a session by hand; an unknown one is no error.
func (r *Register) Lock(ctx context.Context, secret string) error {
	err := r.alterSession(ctx, digest(secret), func(row *sessionRow) error { row.Locked = true; return nil })
	if fault.Is(err, fault.Unauthenticated) {
		return nil
	}
	return err
}

// Unlock opens a locked session, or proves identity anew in an open one, by
// the password or a code of the authenticator app. After a few wrong attempts
// the session ends. Errors: Unauthenticated account.session, account.unlock;
// those of the note.
func (r *Register) Unlock(ctx context.Context, secret, typed string, at Attempt) error {
	s, err := r.Look(ctx, secret)
	if err != nil {
		return err
	}
	var failure error
	if ok, err := r.proves(ctx, s.Account, typed); err != nil {
		return err
	} else if !ok {
		failure = fault.New(fault.Unauthenticated, "account.unlock", "that is not your password or the code of your app").In("unlock")
	}
	if err := at.Note(ctx, s.Account, failure); err != nil {
		return err
	}
	if failure == nil {
		return r.opened(ctx, s.ID)
	}
	if err := r.wrongUnlock(ctx, s, at); err != nil {
		return err
	}
	return failure
}

// UnlockByPasskey is Unlock by the passkey asked for with AskUnlock.
func (r *Register) UnlockByPasskey(ctx context.Context, secret, ticket string, answer []byte, from Place, at Attempt) error {
	s, err := r.Look(ctx, secret)
	if err != nil {
		return err
	}
	known, err := r.provePasskey(ctx, ticket, answer, from, at)
	if err != nil {
		return err
	}
	if known.Name != s.Account.Name {
		return fault.New(fault.Unauthenticated, "account.unlock", "that is somebody else's passkey")
	}
	return r.opened(ctx, s.ID)
}

// AskUnlock begins an Unlock by passkey, as AskPasskey does a sign-in.
func (r *Register) AskUnlock(ctx context.Context, secret string, at Place) (ticket string, options []byte, err error) {
	s, err := r.Look(ctx, secret)
	if err != nil {
		return "", nil, err
	}
	ticket = newSecret()
	if err := r.setStep(ctx, ticket, stepRow{Account: s.Account.Name, Asks: Asks{Passkey: true}}); err != nil {
		return "", nil, err
	}
	return r.AskPasskey(ctx, ticket, at)
}

// proves tells whether what was typed is the password or a code of the app.
func (r *Register) proves(ctx context.Context, a *Account, typed string) (bool, error) {
	if a.HasPassword() && r.same(a.password, typed) {
		return true, nil
	}
	return r.takeCode(ctx, a.Name, typed, Asks{App: true})
}

func (r *Register) opened(ctx context.Context, id string) error {
	now := r.now().UTC()
	return r.alterSession(ctx, id, func(row *sessionRow) error {
		row.Locked, row.Wrong, row.Used, row.Proved = false, 0, now, now
		return nil
	})
}

func (r *Register) wrongUnlock(ctx context.Context, s *Session, at Attempt) error {
	if err := r.fail(ctx, s.Account.Name, at); err != nil {
		return err
	}
	over := false
	err := r.alterSession(ctx, s.ID, func(row *sessionRow) error {
		row.Wrong++
		row.Locked = true
		over = row.Wrong >= wrongUnlocks
		return nil
	})
	if err != nil || !over {
		return err
	}
	return r.EndSession(ctx, s.Account.Name, s.ID)
}

// keptRow is a form that waits behind the lock.
type keptRow struct {
	Path string `json:"path"`
	Body []byte `json:"body"` // application/x-www-form-urlencoded
}

// Keep stores the form that somebody sent to a locked session, sealed, for
// that session alone; the ID takes it back. Errors: TooCostly account.kept.
func (r *Register) Keep(ctx context.Context, s *Session, path string, body []byte) (id string, err error) {
	if len(body) > keptMost {
		return "", fault.New(fault.TooCostly, "account.kept", "the form is too large to be kept")
	}
	id = newSecret()
	sealed, err := r.seal("kept/"+s.ID+"/"+id, toJSON(keptRow{path, body}))
	if err != nil {
		return "", err
	}
	return id, r.engine.Update(ctx, func(tx store.Tx) error {
		return tx.SetKey(ctx, keptSpace, store.KeyValue{Key: digest(id), Value: sealed, Expires: r.now().Add(time.Hour)})
	})
}

// Kept gives a kept form back, once, to the session that sent it. Errors:
// NotFound account.kept.
func (r *Register) Kept(ctx context.Context, s *Session, id string) (path string, body []byte, err error) {
	var row keptRow
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		sealed, err := tx.GetKey(ctx, keptSpace, digest(id))
		if err != nil {
			return err
		}
		if sealed == nil {
			return fault.New(fault.NotFound, "account.kept", "the form was not kept this long")
		}
		plain, err := r.unseal("kept/"+s.ID+"/"+id, sealed)
		if err != nil {
			return fault.New(fault.NotFound, "account.kept", "the form was not kept this long")
		}
		if err := fromJSON(plain, &row); err != nil {
			return err
		}
		return tx.DeleteKey(ctx, keptSpace, digest(id))
	})
	return row.Path, row.Body, err
}
