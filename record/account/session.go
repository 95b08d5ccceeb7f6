package account

import (
	"context"
	"strings"
	"time"

	"concord/fault"
	"concord/store"
)

// How long a session lives.
const (
	IdleLimit     = 30 * time.Minute
	AbsoluteLimit = 12 * time.Hour
	// touchEvery spares a write on every page: the time of last use is kept
	// this coarsely.
	touchEvery = time.Minute
)

// Session is one signed-in browser.
type Session struct {
	Secret  string // what the browser holds; set only when the session begins
	Account *Account
	Began   time.Time
	Until   time.Time // absolute end
}

type sessionRow struct {
	Account string    `json:"account"`
	Began   time.Time `json:"began"`
	Used    time.Time `json:"used"`
}

// Sessions are keyed "<digest>"; a second key "by/<account>/<digest>" lets a
// new password end all of them.
func byAccount(account, id string) string { return "by/" + account + "/" + id }

func (r *Register) begin(ctx context.Context, a *Account) (*Session, error) {
	secret := newSecret()
	id, now := digest(secret), r.now().UTC()
	err := r.engine.Update(ctx, func(tx store.Tx) error {
		if err := tx.DeleteKey(ctx, failureSpace, "name/"+a.Name); err != nil {
			return err
		}
		kv := store.KeyValue{Key: byAccount(a.Name, id), Value: []byte("{}"), Expires: now.Add(AbsoluteLimit)}
		if err := tx.SetKey(ctx, sessionSpace, kv); err != nil {
			return err
		}
		return setSession(ctx, tx, id, sessionRow{Account: a.Name, Began: now, Used: now})
	})
	if err != nil {
		return nil, err
	}
	return &Session{Secret: secret, Account: a, Began: now, Until: now.Add(AbsoluteLimit)}, nil
}

func setSession(ctx context.Context, tx store.Tx, id string, s sessionRow) error {
	expires := s.Used.Add(IdleLimit)
	if end := s.Began.Add(AbsoluteLimit); end.Before(expires) {
		expires = end
	}
	return tx.SetKey(ctx, sessionSpace, store.KeyValue{Key: id, Value: toJSON(s), Expires: expires})
}

// Session finds the session that a browser's secret stands for and keeps it
// alive. Errors: Unauthenticated account.session when there is none, it has
// expired, or its account is gone or disabled.
func (r *Register) Session(ctx context.Context, secret string) (*Session, error) {
	none := fault.New(fault.Unauthenticated, "account.session", "sign in to go on")
	if secret == "" || len(secret) > 100 {
		return nil, none
	}
	id, now := digest(secret), r.now().UTC()
	var s sessionRow
	var a *Account
	err := r.engine.View(ctx, func(v store.Reader) error {
		value, err := v.GetKey(ctx, sessionSpace, id)
		if err != nil {
			return err
		}
		if value == nil {
			return none
		}
		if err := fromJSON(value, &s); err != nil {
			return err
		}
		a, err = get(ctx, v, s.Account)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	if a.Disabled || !now.Before(s.Used.Add(IdleLimit)) || !now.Before(s.Began.Add(AbsoluteLimit)) {
		return nil, none
	}
	if now.Sub(s.Used) >= touchEvery {
		if err := r.touch(ctx, id, now); err != nil {
			return nil, err
		}
	}
	return &Session{Account: a, Began: s.Began, Until: s.Began.Add(AbsoluteLimit)}, nil
}

// touch notes the use of a session unless it has ended meanwhile.
func (r *Register) touch(ctx context.Context, id string, now time.Time) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		value, err := tx.GetKey(ctx, sessionSpace, id)
		if err != nil || value == nil {
			return err
		}
		var s sessionRow
		if err := fromJSON(value, &s); err != nil {
			return err
		}
		s.Used = now
		return setSession(ctx, tx, id, s)
	})
}

// SignOut ends the session of a secret; an unknown one is no error.
func (r *Register) SignOut(ctx context.Context, secret string) error {
	id := digest(secret)
	return r.engine.Update(ctx, func(tx store.Tx) error {
		value, err := tx.GetKey(ctx, sessionSpace, id)
		if err != nil || value == nil {
			return err
		}
		var s sessionRow
		if err := fromJSON(value, &s); err != nil {
			return err
		}
		if err := tx.DeleteKey(ctx, sessionSpace, byAccount(s.Account, id)); err != nil {
			return err
		}
		return tx.DeleteKey(ctx, sessionSpace, id)
	})
}

// dropSessions ends every session of an account.
func dropSessions(ctx context.Context, tx store.Tx, name string) error {
	prefix := byAccount(name, "")
	rows, err := tx.ListKeys(ctx, sessionSpace, prefix, listLimit)
	if err != nil {
		return err
	}
	for _, kv := range rows {
		if err := tx.DeleteKey(ctx, sessionSpace, strings.TrimPrefix(kv.Key, prefix)); err != nil {
			return err
		}
		if err := tx.DeleteKey(ctx, sessionSpace, kv.Key); err != nil {
			return err
		}
	}
	return nil
}
