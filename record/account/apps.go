package account

import (
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// What apps need of the register: who they act for, and a place for keys.

// Standing names what somebody acts as, so that an app can act as the same
// later.
type Standing struct {
	Account, Profile, Workgroup string
	Session                     string // its ID
	Level                       int
}

// Standing is that of an open session.
func (s *Session) Standing() Standing {
	st := Standing{Account: s.Account.Name, Profile: s.Account.Key, Session: s.ID, Level: s.Level}
	if len(s.Account.Workgroups) == 1 && slices.ContainsFunc(s.Account.Profiles, func(p Profile) bool {
		return p.Key == st.Profile && len(p.Workgroups) > 1
	}) {
		st.Workgroup = s.Account.Workgroups[0] // one of several was chosen
	}
	return st
}

// Acting is the requester that somebody who once signed in is today, in the
// role profile and workgroup of then. With a session it must not have ended.
// Errors: Unauthenticated account.acting.
func (r *Register) Acting(ctx context.Context, v store.Keys, st Standing) (access.Requester, error) {
	over := fault.New(fault.Unauthenticated, "account.acting", "what this was granted in has ended")
	now := r.now()
	if st.Session != "" {
		row, err := readSession(ctx, v, st.Session)
		if err != nil {
			if fault.Is(err, fault.Unauthenticated) {
				err = over
			}
			return access.Requester{}, err
		}
		if row.Account != st.Account || !now.Before(row.Used.Add(IdleLimit)) || !now.Before(row.Began.Add(AbsoluteLimit)) {
			return access.Requester{}, over
		}
	}
	a, err := r.get(ctx, v, st.Account)
	if fault.Is(err, fault.NotFound) {
		return access.Requester{}, over
	}
	if err != nil {
		return access.Requester{}, err
	}
	if a.Disabled || !a.choose(&sessionRow{Profile: st.Profile, Workgroup: st.Workgroup}, now) {
		return access.Requester{}, over
	}
	who := a.Requester()
	who.AAL = st.Level
	return who, nil
}

// Seal closes what must be read again under the installation's secret; label
// binds it to where it lies. Errors: Unsupported account.no-secret.
func (r *Register) Seal(label string, plain []byte) ([]byte, error) {
	return r.seal("kept/"+label, plain)
}

// Unseal opens what Seal closed. Errors: as those of Seal, Internal
// account.seal.
func (r *Register) Unseal(label string, closed []byte) ([]byte, error) {
	return r.unseal("kept/"+label, closed)
}

// AuthenticatedAt is when a session's person last proved who they are.
func (r *Register) AuthenticatedAt(ctx context.Context, v store.Keys, session string) (time.Time, error) {
	row, err := readSession(ctx, v, session)
	return row.Proved, err
}
