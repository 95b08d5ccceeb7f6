package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// How long a session lives.
const (
	LockAfter     = 15 * time.Minute // without use: it locks, and is unlocked where it was
	IdleLimit     = 4 * time.Hour    // without use: it ends
	AbsoluteLimit = 12 * time.Hour
	// touchEvery spares a write on every page: the time of last use is kept
	// this coarsely.
	touchEvery = time.Minute
	// freshFor is how long a proof of identity is enough to change what proves
	// it.
	freshFor = 10 * time.Minute
)

// State is what stands between a session and the record.
type State string

// The states. Only Open opens anything.
const (
	Open   State = "open"
	Locked State = "locked" // idle or locked by hand: Unlock
	Enrol  State = "enrol"  // their organisation asks for a second factor that they do not have yet
	Choose State = "choose" // of several role profiles none is chosen: Act
)

// Session is one signed-in browser.
type Session struct {
	Secret  string // what the browser holds; set only when the session begins
	ID      string // safe to show
	Account *Account
	State   State
	Level   int // authenticator assurance level, 1 to 3
	Began   time.Time
	Until   time.Time // absolute end
	Fresh   bool      // identity was proved a moment ago
	Hint    string    // ID token of the identity provider, for signing out there; ""
}

// Requester is who the session acts as.
func (s *Session) Requester() access.Requester {
	who := s.Account.Requester()
	who.AAL = s.Level
	return who
}

// proof is how identity was proved.
type proof struct {
	level int
	// Of an identity provider: its session, its token, and the profile that was
	// chosen there.
	sid, token, profile string
}

type sessionRow struct {
	Account   string    `json:"account"`
	Began     time.Time `json:"began"`
	Used      time.Time `json:"used"`
	Proved    time.Time `json:"proved"`
	Level     int       `json:"level"`
	Profile   string    `json:"profile,omitempty"`
	Workgroup string    `json:"workgroup,omitempty"`
	Locked    bool      `json:"locked,omitempty"`
	Wrong     int       `json:"wrong,omitempty"` // wrong attempts to unlock
	Browser   string    `json:"browser,omitempty"`
	Address   string    `json:"address,omitempty"`
	Provider  string    `json:"provider,omitempty"`
	Token     []byte    `json:"token,omitempty"` // sealed
}

// Sessions are keyed "<digest>"; a second key "by/<account>/<digest>" finds
// all of a person.
func byAccount(account, id string) string { return "by/" + account + "/" + id }

// begin makes a session; the ticket that led to it, if any, is used up.
func (r *Register) begin(ctx context.Context, a *Account, ticket string, at Attempt, p proof) (*Session, error) {
	secret := newSecret()
	id, now := digest(secret), r.now().UTC()
	row := sessionRow{Account: a.Name, Began: now, Used: now, Proved: now, Level: p.level, Profile: p.profile,
		Browser: at.Browser, Address: at.Address, Provider: a.Provider}
	if now := a.profilesAt(now); row.Profile == "" && len(now) == 1 && len(now[0].Workgroups) < 2 {
		row.Profile = now[0].Key
	}
	if p.token != "" {
		var err error
		if row.Token, err = r.seal("token/"+id, []byte(p.token)); err != nil {
			return nil, err
		}
	}
	err := r.engine.Update(ctx, func(tx store.Tx) error {
		if ticket != "" {
			if _, err := r.takeStep(ctx, tx, ticket); err != nil {
				return err
			}
		}
		if err := r.forgive(ctx, tx, a.Name, at); err != nil {
			return err
		}
		finders := []string{byAccount(a.Name, id)}
		if p.sid != "" {
			finders = append(finders, bySID(a.Provider, p.sid)+id)
		}
		for _, key := range finders {
			kv := store.KeyValue{Key: key, Value: []byte("{}"), Expires: now.Add(AbsoluteLimit)}
			if err := tx.SetKey(ctx, sessionSpace, kv); err != nil {
				return err
			}
		}
		return setSession(ctx, tx, id, row)
	})
	if err != nil {
		return nil, err
	}
	s, err := r.Look(ctx, secret)
	if err != nil {
		return nil, err
	}
	s.Secret = secret
	return s, nil
}

func setSession(ctx context.Context, tx store.Tx, id string, s sessionRow) error {
	expires := s.Used.Add(IdleLimit)
	if end := s.Began.Add(AbsoluteLimit); end.Before(expires) {
		expires = end
	}
	return tx.SetKey(ctx, sessionSpace, store.KeyValue{Key: id, Value: toJSON(s), Expires: expires})
}

func noSession() error {
	return fault.New(fault.Unauthenticated, "account.session", "sign in to go on")
}

// Session finds the open session that a browser's secret stands for and keeps
// it alive. Errors: Unauthenticated account.session when there is none, it has
// expired, it is not open, or its account is gone or disabled.
func (r *Register) Session(ctx context.Context, secret string) (*Session, error) {
	s, err := r.Look(ctx, secret)
	if err != nil {
		return nil, err
	}
	if s.State != Open {
		return nil, noSession()
	}
	return s, nil
}

// Look finds a session in whatever state and keeps it alive unless it is
// locked. Who calls it must ask for the State: only an Open session may reach
// the record. Errors: Unauthenticated account.session.
func (r *Register) Look(ctx context.Context, secret string) (*Session, error) {
	if secret == "" || len(secret) > 100 {
		return nil, noSession()
	}
	id, now := digest(secret), r.now().UTC()
	var row sessionRow
	var a *Account
	var lacks bool
	err := r.engine.View(ctx, func(v store.Reader) (err error) {
		if row, err = readSession(ctx, v, id); err != nil {
			return err
		}
		if a, err = r.get(ctx, v, row.Account); err == nil {
			lacks, err = r.lacks(ctx, v, a)
		}
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return nil, noSession()
	}
	if err != nil {
		return nil, err
	}
	if a.Disabled || !now.Before(row.Used.Add(IdleLimit)) || !now.Before(row.Began.Add(AbsoluteLimit)) {
		return nil, noSession()
	}
	s := &Session{ID: id, Account: a, Level: row.Level, Began: row.Began, Until: row.Began.Add(AbsoluteLimit),
		Fresh: now.Sub(row.Proved) < freshFor}
	if len(row.Token) > 0 {
		token, err := r.unseal("token/"+id, row.Token)
		if err != nil {
			return nil, err
		}
		s.Hint = string(token)
	}
	s.State = r.state(&row, a, lacks, now)
	if s.State != Locked && now.Sub(row.Used) >= touchEvery {
		return s, r.alterSession(ctx, id, func(row *sessionRow) error { row.Used = now; return nil })
	}
	return s, nil
}

// lacks tells whether an organisation of the person asks for a second factor
// that they do not have.
func (r *Register) lacks(ctx context.Context, v store.Keys, a *Account) (bool, error) {
	if a.Provider != "" {
		return false, nil // what is asked for is the provider's to ask
	}
	want, err := r.secondIn(ctx, v, a)
	if err != nil || want == SecondNone {
		return false, err
	}
	f, err := getFactors(ctx, v, a.Name)
	return err == nil && !want.metBy(f), err
}

// state is what stands between a session and the record; it puts the chosen
// profile on the account.
func (r *Register) state(row *sessionRow, a *Account, lacks bool, now time.Time) State {
	chosen := a.choose(row, now)
	switch {
	case row.Locked || now.Sub(row.Used) >= r.idle:
		return Locked
	case lacks:
		return Enrol
	case !chosen && a.NHSNumber == "":
		return Choose
	}
	return Open
}

// choose puts the profile of a session on the account, narrowed to the chosen
// workgroup. A profile that has ended is none.
func (a *Account) choose(row *sessionRow, now time.Time) bool {
	a.Profile = Profile{}
	if a.NHSNumber != "" {
		a.Role = access.Patient
	}
	for _, p := range a.profilesAt(now) {
		if p.Key != row.Profile {
			continue
		}
		if row.Workgroup != "" {
			if !slices.Contains(p.Workgroups, row.Workgroup) {
				return false
			}
			p.Workgroups = []string{row.Workgroup}
		}
		a.Profile = p
		return true
	}
	return false
}

func readSession(ctx context.Context, v store.Keys, id string) (row sessionRow, err error) {
	value, err := v.GetKey(ctx, sessionSpace, id)
	if err != nil {
		return row, err
	}
	if value == nil {
		return row, noSession()
	}
	return row, fromJSON(value, &row)
}

// alterSession changes a session unless it has ended meanwhile.
func (r *Register) alterSession(ctx context.Context, id string, f func(*sessionRow) error) error {
	err := r.engine.Update(ctx, func(tx store.Tx) error {
		row, err := readSession(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := f(&row); err != nil {
			return err
		}
		return setSession(ctx, tx, id, row)
	})
	if fault.Of(err) != nil && fault.Of(err).Code == "account.session" {
		return noSession()
	}
	return err
}

// SignOut ends the session of a secret; an unknown one is no error.
func (r *Register) SignOut(ctx context.Context, secret string) error {
	return r.engine.Update(ctx, func(tx store.Tx) error { return dropSession(ctx, tx, digest(secret)) })
}

func dropSession(ctx context.Context, tx store.Tx, id string) error {
	row, err := readSession(ctx, tx, id)
	if fault.Is(err, fault.Unauthenticated) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.DeleteKey(ctx, sessionSpace, byAccount(row.Account, id)); err != nil {
		return err
	}
	return tx.DeleteKey(ctx, sessionSpace, id)
}

// dropSessions ends every session of an account.
func dropSessions(ctx context.Context, tx store.Tx, name string) error {
	return eachKey(ctx, tx, byAccount(name, ""), func(id string) error { return dropSession(ctx, tx, id) })
}

// eachKey calls f with what follows the prefix in each key of a session.
func eachKey(ctx context.Context, v store.Keys, prefix string, f func(id string) error) error {
	rows, err := v.ListKeys(ctx, sessionSpace, prefix, listLimit)
	if err != nil {
		return err
	}
	for _, kv := range rows {
		id, ok := strings.CutPrefix(kv.Key, prefix)
		if !ok {
			return nil
		}
		if err := f(id); err != nil {
			return err
		}
	}
	return nil
}
