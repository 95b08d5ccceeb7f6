package account

import (
	"context"
	"strings"
	"time"

	"concord/fault"
	"concord/store"
)

// Outside is somebody for whom an identity provider vouches.
type Outside struct {
	Provider string // its name in the settings: "cis2"
	Issuer   string // https URL
	Subject  string // "sub": who it is, for ever, at that issuer
	UID      string // what the account is called: a national user id, or ""
	Display  string
	Level    int // authenticator assurance level, 1 to 3
	Profiles []Profile
	// Strange are national codes of roles that open nothing here, with their titles.
	Strange []string
	Chosen  string // key of the profile that was chosen there, or ""
	// NHSNumber makes a patient of them: ten digits, identity proved.
	NHSNumber string
	SID       string // the provider's session, for signing out from there
	Token     string // the ID token, for signing out there
}

func identity(issuer, subject string) string { return digest(issuer + "\n" + subject) }

// Arrive signs in somebody for whom an identity provider vouches. The first
// time makes their account; each time brings their profiles up to date, beside
// those that were granted here. Errors: Unauthenticated account.sign-in for
// who is barred here, Denied account.no-profile for who has no role that
// opens anything here; those of the note.
func (r *Register) Arrive(ctx context.Context, o Outside, at Attempt) (*Step, error) {
	a, err := r.welcome(ctx, o)
	if err != nil {
		return nil, err
	}
	var failure error
	switch {
	case a.Disabled:
		failure = fault.New(fault.Unauthenticated, "account.sign-in", "this account is barred here: ask who manages accounts")
	case o.NHSNumber == "" && len(a.profilesAt(r.now())) == 0:
		failure = noProfile(o.Strange)
	}
	if err := at.Note(ctx, a, failure); err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, failure
	}
	return r.finish(ctx, a, "", at, proof{level: o.Level, sid: o.SID, token: o.Token, profile: o.Chosen})
}

// noProfile is the refusal of who has no role that opens anything, which names those
// that they have.
func noProfile(strange []string) error {
	if len(strange) == 0 {
		return fault.New(fault.Denied, "account.no-profile", "you have no role that opens this system: ask who manages accounts")
	}
	return fault.New(fault.Denied, "account.no-profile", "you have no role that opens this system; these do not: %s. Ask who manages accounts", strings.Join(strange, ", "))
}

// welcome finds or makes the account of an outside identity.
func (r *Register) welcome(ctx context.Context, o Outside) (a *Account, err error) {
	id := identity(o.Issuer, o.Subject)
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		var name string
		value, err := tx.GetKey(ctx, identSpace, id)
		if err != nil {
			return err
		}
		if value != nil {
			if err := fromJSON(value, &name); err != nil {
				return err
			}
			if a, err = r.get(ctx, tx, name); err != nil {
				return err
			}
		} else {
			a = &Account{Name: o.accountName(id), Made: r.now().UTC(), Provider: o.Provider}
			if old, err := tx.GetKey(ctx, accountSpace, a.Name); err != nil {
				return err
			} else if old != nil {
				// Another issuer's person of the same id: never one account.
				a.Name = id[:16] + "@" + o.Provider
			}
			if err := tx.SetKey(ctx, identSpace, store.KeyValue{Key: id, Value: toJSON(a.Name)}); err != nil {
				return err
			}
		}
		a.Display, a.NHSNumber, a.Strange = o.Display, o.NHSNumber, o.Strange
		own := a.Profiles
		a.Profiles = nil
		for _, p := range own {
			if !p.Outside {
				a.Profiles = append(a.Profiles, p)
			}
		}
		for _, p := range o.Profiles {
			p.Outside = true
			a.Profiles = append(a.Profiles, p)
		}
		if a, err = r.read(a.Name, a.value().Value); err != nil {
			return err
		}
		return tx.SetKey(ctx, accountSpace, a.value())
	})
	return a, err
}

func (o Outside) accountName(id string) string {
	if name := normal(o.UID) + "@" + o.Provider; o.UID != "" && validName(name) {
		return name
	}
	return id[:16] + "@" + o.Provider
}

// EndOutside ends the sessions that an identity provider says are over: those
// of its session sid, or, without one, all of its subject's. It returns whose
// ended, a name for each.
func (r *Register) EndOutside(ctx context.Context, provider, issuer, subject, sid string) (ended []string, err error) {
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		ended = nil
		end := func(id string) error {
			row, err := readSession(ctx, tx, id)
			if fault.Is(err, fault.Unauthenticated) {
				return nil // it ran out
			}
			if err != nil {
				return err
			}
			ended = append(ended, row.Account)
			return dropSession(ctx, tx, id)
		}
		if sid != "" {
			return eachKey(ctx, tx, bySID(provider, sid), end)
		}
		value, err := tx.GetKey(ctx, identSpace, identity(issuer, subject))
		if err != nil || value == nil {
			return err
		}
		var name string
		if err := fromJSON(value, &name); err != nil {
			return err
		}
		return eachKey(ctx, tx, byAccount(name, ""), end)
	})
	return ended, err
}

// bySID begins the keys that find sessions by the provider's session.
func bySID(provider, sid string) string { return "sid/" + digest(provider+"\n"+sid) + "/" }

// Save keeps what a sign-in at an identity provider has to come back with,
// sealed, and gives the secret that takes it back.
func (r *Register) Save(ctx context.Context, value []byte) (secret string, err error) {
	secret = newSecret()
	sealed, err := r.seal("away/"+secret, value)
	if err != nil {
		return "", err
	}
	return secret, r.engine.Update(ctx, func(tx store.Tx) error {
		return tx.SetKey(ctx, stepSpace, store.KeyValue{Key: "away/" + digest(secret), Value: sealed, Expires: r.now().Add(enrolFor)})
	})
}

// Take gives back what Save kept, once. Errors: Unauthenticated account.step.
func (r *Register) Take(ctx context.Context, secret string) (value []byte, err error) {
	none := fault.New(fault.Unauthenticated, "account.step", "this sign-in took too long, or was used before: begin again")
	if secret == "" || len(secret) > 100 {
		return nil, none
	}
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		sealed, err := tx.GetKey(ctx, stepSpace, "away/"+digest(secret))
		if err != nil {
			return err
		}
		if sealed == nil {
			return none
		}
		if value, err = r.unseal("away/"+secret, sealed); err != nil {
			return err
		}
		return tx.DeleteKey(ctx, stepSpace, "away/"+digest(secret))
	})
	return value, err
}

// Once tells whether a one-time value, such as the id of a token of an issuer,
// is seen for the first time; it is remembered until then.
func (r *Register) Once(ctx context.Context, issuer, value string, until time.Time) (first bool, err error) {
	key := "once/" + digest(issuer+"\n"+value)
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		old, err := tx.GetKey(ctx, stepSpace, key)
		if err != nil {
			return err
		}
		first = old == nil
		return tx.SetKey(ctx, stepSpace, store.KeyValue{Key: key, Value: []byte("1"), Expires: until})
	})
	return first, err
}

// UnlockOutside is Unlock by an identity provider that asked the person anew.
// Errors: Unauthenticated account.session, account.unlock for somebody else.
func (r *Register) UnlockOutside(ctx context.Context, secret string, o Outside, at Attempt) error {
	s, err := r.Look(ctx, secret)
	if err != nil {
		return err
	}
	name := ""
	err = r.engine.View(ctx, func(v store.Reader) error {
		value, err := v.GetKey(ctx, identSpace, identity(o.Issuer, o.Subject))
		if err != nil || value == nil {
			return err
		}
		return fromJSON(value, &name)
	})
	if err != nil {
		return err
	}
	var failure error
	if name != s.Account.Name {
		failure = fault.New(fault.Unauthenticated, "account.unlock", "that is somebody else: sign out first")
	}
	if err := at.Note(ctx, s.Account, failure); err != nil {
		return err
	}
	if failure != nil {
		return failure
	}
	return r.opened(ctx, s.ID)
}
