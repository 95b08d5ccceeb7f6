package record

import (
	"context"
	"strings"

	"concord/fault"
	"concord/record/access"
	"concord/record/audit"
	"concord/record/review"
	"concord/store"
)

// Errand is one requester's access for one reason. It is made by Desk.For and
// may be used from several goroutines.
type Errand struct {
	desk *Desk
	who  access.Requester
	why  access.Reason
	// later is the request that is answered later, nil when it is answered at once.
	later *deferral
}

// Who is the requester.
func (e *Errand) Who() access.Requester { return e.who }

// handOf is who writes what a steward or a privacy officer decides: the organisation
// that controls the resources, in the requester's name and for their reason.
func (e *Errand) handOf(org string) *Errand {
	all, err := access.ParseScopes("system/*.cruds")
	if err != nil {
		panic(err) // a constant
	}
	hand := e.desk.For(access.Requester{ID: e.who.ID, Name: e.who.Name, Role: access.System, Org: org, Scopes: all}, e.why)
	hand.later = e.later
	return hand
}

// decide asks the policy; a refusal is in the audit log before it is returned.
func (e *Errand) decide(ctx context.Context, act access.Action, typ string, what ...string) (access.Verdict, error) {
	v := e.desk.policies.Decide(e.who, e.why, act, typ)
	if v.Allowed {
		e.later.did(act, typ)
		return v, nil
	}
	if err := e.audit(ctx, act, v, trace{what: what}); err != nil {
		return v, err
	}
	return v, v.Refusal()
}

// May tells whether an action on a type could be allowed at all, to leave out
// what would lead to a refusal; each access is decided again.
func (e *Errand) May(act access.Action, typ string) bool {
	return e.desk.policies.Decide(e.who, e.why, act, typ).Allowed
}

// trace is what an audit entry tells beside who, why and the verdict.
type trace struct {
	records []string
	what    []string
	count   int
	change  int64
	message string
	failure error
	cases   []review.Case // for privacy officers, filed with it
}

func (e *Errand) entry(act access.Action, v access.Verdict, t trace) *audit.Entry {
	entry := &audit.Entry{
		Who: e.who.ID, Role: e.who.Role, Org: e.who.Org, Purpose: e.why.Purpose, Reason: e.why.Text,
		Action: act, Rule: v.Rule, Allowed: v.Allowed, Records: t.records, What: t.what,
		Count: t.count, Change: t.change, Message: t.message,
	}
	if act == access.BreakGlass || strings.HasSuffix(v.Rule, ".break-glass") {
		entry.Purpose = access.Emergency
	}
	if e.who.Limits != nil {
		entry.App = e.who.Limits.App
	}
	if t.failure != nil {
		entry.Outcome = fault.Of(t.failure).Code
	}
	return entry
}

// audit makes an entry durable. Its error means that access is refused.
func (e *Errand) audit(ctx context.Context, act access.Action, v access.Verdict, t trace) error {
	err := e.desk.engine.Update(ctx, func(tx store.Tx) error {
		for _, c := range t.cases {
			if _, err := review.File(ctx, tx, c); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, e.entry(act, v, t))
	})
	if err != nil {
		return fault.Wrap(err, fault.Busy, "audit.unavailable", "the access cannot be recorded, so it is refused")
	}
	return nil
}

// read runs f on a snapshot and returns its outcome only after the audit entry
// is durable. f fills the trace.
func (e *Errand) read(ctx context.Context, act access.Action, typ string, f func(r store.Reader, v *sight, t *trace) error) error {
	v, err := e.decide(ctx, act, typ, typ)
	if err != nil {
		return err
	}
	var t trace
	failure := e.desk.engine.View(ctx, func(r store.Reader) error {
		t = trace{}
		var err error
		if t.change, err = r.LastChange(ctx); err != nil {
			return err
		}
		if r, err = e.desk.shelved(ctx, r, t.change); err != nil {
			return err
		}
		s, err := e.sight(ctx, r, v, t.change)
		if err != nil {
			return err
		}
		err = f(r, s, &t)
		if s.rule != "" { // what was shown was shown by this rule
			v.Rule = string(e.who.Role) + "." + s.rule
		}
		t.cases = s.cases()
		return err
	})
	t.failure = failure
	if err := e.audit(ctx, act, v, t); err != nil {
		return err
	}
	return failure
}
