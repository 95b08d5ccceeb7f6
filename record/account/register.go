package account

import (
	"context"
	"crypto/cipher"
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
	factorSpace  = "account-factor"
	stepSpace    = "sign-in-step"
	deviceSpace  = "sign-in-device"
	secondSpace  = "sign-in-second"
	handleSpace  = "passkey-handle"
	identSpace   = "account-identity"
	keptSpace    = "kept-form"
	groupSpace   = "workgroup"
)

// listLimit bounds the listings of the accounts page.
const listLimit = 10_000

// Register is every account, session and token of one installation.
type Register struct {
	engine    store.Engine
	now       func() time.Time
	tokens    remembered
	hashes    chan struct{} // bounds how many passwords are worked on at a time
	aead      cipher.AEAD   // nil without the installation's secret
	fallback  Second        // what an organisation that says nothing asks for
	idle      time.Duration // after which a session locks
	duties    dutiesKept
	employers employersKept
}

// Option sets up a register.
type Option func(*Register)

// Sealed gives the register the installation's secret. Without it nobody can
// add an authenticator app.
func Sealed(secret []byte) Option { return func(r *Register) { r.aead = newSeal(secret) } }

// AskFor says what organisations without a setting of their own ask for beside
// a password; without the option that is nothing.
func AskFor(s Second) Option { return func(r *Register) { r.fallback = s } }

// LockIdle says after how long without use a session locks.
func LockIdle(d time.Duration) Option { return func(r *Register) { r.idle = d } }

// Idle is how long a session may be without use before it locks.
func (r *Register) Idle() time.Duration { return r.idle }

// New makes the register of a store.
func New(engine store.Engine, now func() time.Time, options ...Option) *Register {
	r := &Register{engine: engine, now: now, hashes: make(chan struct{}, 2), fallback: SecondNone, idle: LockAfter}
	for _, set := range options {
		set(r)
	}
	return r
}

// row is an account as it lies in the store. Role, Org and Site are those of
// an account that was written before there were profiles: its one profile.
type row struct {
	Display   string      `json:"display"`
	Role      access.Role `json:"role,omitempty"`
	Org       string      `json:"org,omitempty"`
	Site      string      `json:"site,omitempty"`
	Profiles  []Profile   `json:"profiles,omitempty"`
	Made      time.Time   `json:"made"`
	Disabled  bool        `json:"disabled,omitempty"`
	Single    bool        `json:"singleKeysOff,omitempty"`
	Provider  string      `json:"provider,omitempty"`
	NHSNumber string      `json:"nhsNumber,omitempty"`
	OwnNumber string      `json:"ownNumber,omitempty"`
	Strange   []string    `json:"strange,omitempty"`
	Password  string      `json:"password,omitempty"`
}

func (a *Account) value() store.KeyValue {
	return store.KeyValue{Key: a.Name, Value: toJSON(row{Display: a.Display, Profiles: a.Profiles, Made: a.Made,
		Disabled: a.Disabled, Single: a.Single, Provider: a.Provider, NHSNumber: a.NHSNumber, OwnNumber: a.OwnNumber, Strange: a.Strange, Password: a.password})}
}

func (r *Register) read(name string, value []byte) (*Account, error) {
	var have row
	if err := fromJSON(value, &have); err != nil {
		return nil, err
	}
	a := &Account{Name: name, Display: have.Display, Profiles: have.Profiles, Made: have.Made, Disabled: have.Disabled,
		Single: have.Single, Provider: have.Provider, NHSNumber: have.NHSNumber, OwnNumber: have.OwnNumber, Strange: have.Strange, password: have.Password}
	if have.Role != "" {
		a.Profiles = []Profile{formerly(have.Role, have.Org, have.Site)}
	}
	if now := a.profilesAt(r.now()); len(now) > 0 {
		a.Profile = now[0]
	}
	if a.NHSNumber != "" {
		a.Role = access.Patient
	}
	return a, nil
}

func (r *Register) prepare(a Application) (*Account, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	p := a.profile()
	return &Account{Name: a.Name, Display: a.Display, Profile: p, Profiles: []Profile{p},
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
		a, err = r.get(ctx, v, normal(name))
		return err
	})
	return a, err
}

func (r *Register) get(ctx context.Context, v store.Keys, name string) (*Account, error) {
	value, err := v.GetKey(ctx, accountSpace, name)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, fault.New(fault.NotFound, "account.unknown", "there is no such account")
	}
	return r.read(name, value)
}

// SetSingleKeysOff switches the single-key shortcuts of one person off or on:
// everybody does this for themselves.
func (r *Register) SetSingleKeysOff(ctx context.Context, name string, off bool) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		return r.change(ctx, tx, name, false, func(a *Account) { a.Single = off })
	})
}

func (r *Register) change(ctx context.Context, tx store.Tx, name string, endSessions bool, f func(*Account)) error {
	name = normal(name)
	a, err := r.get(ctx, tx, name)
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
