package account

import (
	"context"
	"encoding/json"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// The spaces of small values that this room owns.
const (
	accountSpace = "account"
	sessionSpace = "session"
	tokenSpace   = "token"
	codeSpace    = "account-code"
	failureSpace = "sign-in-failure"
	recentSpace  = "recent"
)

// listLimit bounds the listings of the accounts page.
const listLimit = 10_000

// Register is every account, session and token of one installation.
type Register struct {
	engine store.Engine
	now    func() time.Time
	tokens remembered
	hashes chan struct{} // bounds how many passwords are worked on at a time
}

// New makes the register of a store.
func New(engine store.Engine, now func() time.Time) *Register {
	return &Register{engine: engine, now: now, hashes: make(chan struct{}, 2)}
}

// row is an account as it lies in the store.
type row struct {
	Display  string      `json:"display"`
	Role     access.Role `json:"role"`
	Org      string      `json:"org,omitempty"`
	Site     string      `json:"site,omitempty"`
	Made     time.Time   `json:"made"`
	Disabled bool        `json:"disabled,omitempty"`
	Single   bool        `json:"singleKeysOff,omitempty"`
	Password string      `json:"password"`
}

func (a *Account) value() store.KeyValue {
	return store.KeyValue{Key: a.Name, Value: toJSON(row{Display: a.Display, Role: a.Role, Org: a.Org,
		Site: a.Site, Made: a.Made, Disabled: a.Disabled, Single: a.Single, Password: a.password})}
}

func readAccount(name string, value []byte) (*Account, error) {
	var r row
	if err := fromJSON(value, &r); err != nil {
		return nil, err
	}
	return &Account{Name: name, Display: r.Display, Role: r.Role, Org: r.Org, Site: r.Site, Made: r.Made,
		Disabled: r.Disabled, Single: r.Single, password: r.Password}, nil
}

func (r *Register) prepare(a Application) (*Account, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	return &Account{Name: a.Name, Display: a.Display, Role: a.Role, Org: a.Org, Site: a.Site,
		Made: r.now().UTC(), password: r.hash(a.Password)}, nil
}

func (r *Register) hash(password string) string {
	r.hashes <- struct{}{}
	defer func() { <-r.hashes }()
	return hashPassword(password)
}

func put(ctx context.Context, tx store.Tx, a *Account) error {
	old, err := tx.GetKey(ctx, accountSpace, a.Name)
	if err != nil {
		return err
	}
	if old != nil {
		return fault.New(fault.Conflict, "account.taken", "that user name is in use").In("name")
	}
	return tx.SetKey(ctx, accountSpace, a.value())
}

// Get returns an account by name. Errors: NotFound account.unknown.
func (r *Register) Get(ctx context.Context, name string) (*Account, error) {
	var a *Account
	err := r.engine.View(ctx, func(v store.Reader) (err error) {
		a, err = get(ctx, v, normal(name))
		return err
	})
	return a, err
}

func get(ctx context.Context, v store.Keys, name string) (*Account, error) {
	value, err := v.GetKey(ctx, accountSpace, name)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, fault.New(fault.NotFound, "account.unknown", "there is no such account")
	}
	return readAccount(name, value)
}

// SetSingleKeysOff switches the single-key shortcuts of one person off or on:
// everybody does this for themselves.
func (r *Register) SetSingleKeysOff(ctx context.Context, name string, off bool) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		return change(ctx, tx, name, false, func(a *Account) { a.Single = off })
	})
}

func change(ctx context.Context, tx store.Tx, name string, endSessions bool, f func(*Account)) error {
	name = normal(name)
	a, err := get(ctx, tx, name)
	if err != nil {
		return err
	}
	f(a)
	if err := tx.SetKey(ctx, accountSpace, a.value()); err != nil {
		return err
	}
	if !endSessions {
		return nil
	}
	return dropSessions(ctx, tx, name)
}

func toJSON(x any) []byte {
	b, err := json.Marshal(x)
	if err != nil {
		panic(err) // only our own plain structs come here
	}
	return b
}

func fromJSON(b []byte, x any) error {
	if err := json.Unmarshal(b, x); err != nil {
		return fault.Wrap(err, fault.Internal, "account.row", "a stored value cannot be read")
	}
	return nil
}
