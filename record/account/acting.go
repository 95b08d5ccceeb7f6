package account

import (
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/store"
)

// Choice is one thing that a person can act as: a role profile, and in it a
// workgroup where there are several.
type Choice struct {
	Profile
	Workgroup string // "" = all of the profile
}

// Choices are what a session may act as today.
func (s *Session) Choices(now time.Time) []Choice {
	var out []Choice
	for _, p := range s.Account.profilesAt(now) {
		if len(p.Workgroups) < 2 {
			out = append(out, Choice{Profile: p})
			continue
		}
		for _, g := range p.Workgroups {
			out = append(out, Choice{Profile: p, Workgroup: g})
		}
	}
	return out
}

// Act chooses the profile, by its key, and the workgroup that a session acts
// as. Errors: Unauthenticated account.session, Invalid account.choice for what
// the person does not have today.
func (r *Register) Act(ctx context.Context, secret, profile, workgroup string) error {
	id, now := digest(secret), r.now()
	return r.engine.Update(ctx, func(tx store.Tx) error {
		row, err := readSession(ctx, tx, id)
		if err != nil {
			return err
		}
		a, err := r.get(ctx, tx, row.Account)
		if err != nil {
			return err
		}
		s := &Session{Account: a}
		if !slices.ContainsFunc(s.Choices(now), func(c Choice) bool { return c.Key == profile && c.Workgroup == workgroup }) {
			return fault.New(fault.Invalid, "account.choice", "choose one of your roles").In("profile")
		}
		row.Profile, row.Workgroup = profile, workgroup
		return setSession(ctx, tx, id, row)
	})
}

// Active is one session in a person's list.
type Active struct {
	ID      string
	Browser string
	Address string
	Began   time.Time
	Used    time.Time // to the minute
}

// Sessions lists a person's sessions, the one last used first.
func (r *Register) Sessions(ctx context.Context, name string) (list []Active, err error) {
	now := r.now()
	err = r.engine.View(ctx, func(v store.Reader) error {
		list = nil
		return eachKey(ctx, v, byAccount(normal(name), ""), func(id string) error {
			row, err := readSession(ctx, v, id)
			if fault.Is(err, fault.Unauthenticated) {
				return nil // it ran out
			}
			if err == nil && now.Before(row.Used.Add(IdleLimit)) && now.Before(row.Began.Add(AbsoluteLimit)) {
				list = append(list, Active{ID: id, Browser: row.Browser, Address: row.Address, Began: row.Began, Used: row.Used})
			}
			return err
		})
	})
	slices.SortFunc(list, func(a, b Active) int { return b.Used.Compare(a.Used) })
	return list, err
}

// EndSession ends one session of a person by its ID; another person's, and an
// unknown one, is no error and stays as it is.
func (r *Register) EndSession(ctx context.Context, name, id string) error {
	return r.engine.Update(ctx, func(tx store.Tx) error {
		row, err := readSession(ctx, tx, id)
		if fault.Is(err, fault.Unauthenticated) || err == nil && row.Account != normal(name) {
			return nil
		}
		if err != nil {
			return err
		}
		return dropSession(ctx, tx, id)
	})
}

// EndSessions ends every session of a person.
func (r *Register) EndSessions(ctx context.Context, name string) error {
	return r.engine.Update(ctx, func(tx store.Tx) error { return dropSessions(ctx, tx, normal(name)) })
}
