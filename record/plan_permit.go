package record

import (
	"cmp"
	"context"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// reaches makes sure that a stored resource may be written by the requester:
// what they may not see does not exist for them.
func (p *plan) reaches(ctx context.Context, op *Op, doc *store.Doc) error {
	v := p.errand.desk.policies.Decide(p.who, p.errand.why, opAction(op.Kind), op.Type)
	if !v.Allowed {
		return v.Refusal()
	}
	o, err := p.view.under(v).look(ctx, doc, false)
	switch {
	case err != nil:
		return err
	case o.Shown && !o.Contact && op.Kind != Delete:
		return p.seesWhole(doc)
	case o.Shown:
		return nil
	case o.Known:
		v.Rule = string(p.who.Role) + "." + o.Rule
		return v.Refusal()
	}
	return unknown(op.Type)
}

// seesWhole refuses to let a resource be written over by who does not see all of
// it: what they write would lose what they have not read.
func (p *plan) seesWhole(doc *store.Doc) error {
	body, err := p.errand.desk.parse(doc)
	if err != nil {
		return err
	}
	if body.Type() != "Patient" && !tells(body) {
		return nil
	}
	return fault.New(fault.Denied, "access.restricted", "who may not see where a restricted patient lives may not write what tells it")
}

// permitted decides on every draft by the patient in whose record it will lie.
func (p *plan) permitted(ctx context.Context) error {
	for _, dr := range p.drafts {
		if dr.idle() || dr.op.Kind == Delete || !dr.placed {
			continue
		}
		if err := p.permits(ctx, dr); err != nil {
			return at(dr.op.At, err)
		}
	}
	return nil
}

// decide is the verdict on an action on a type. Many ops of one kind have one.
func (p *plan) decide(act access.Action, typ string) access.Verdict {
	if d := &p.decided; d.act != act || d.typ != typ {
		*d = decided{act, typ, p.errand.desk.policies.Decide(p.who, p.errand.why, act, typ)}
	}
	return p.decided.v
}

// decided is the verdict that was asked for last.
type decided struct {
	act access.Action
	typ string
	v   access.Verdict
}

func (p *plan) permits(ctx context.Context, dr *draft) error {
	act := opAction(dr.op.Kind)
	if dr.old == nil && act == access.Update {
		act = access.Create // an update as create
	}
	v := p.decide(act, dr.op.Type)
	if !v.Allowed {
		return v.Refusal()
	}
	view := p.view.under(v)
	org := p.who.Org
	if dr.old != nil {
		org = dr.old.Org
	}
	t := access.Target{Kind: access.KindOf(dr.op.Type), Origin: access.OriginOf(p.who, org)}
	m := access.MarksOf(dr.op.Type, dr.op.Resource.Path("meta.security"))
	t.Label, t.Team = m.Label, m.TeamOf(p.who, org)
	if err := view.about(ctx, dr, p.fresh[dr.key.PK], &t); err != nil {
		return err
	}
	if o := v.Filter.Look(dr.op.Type, t); !o.Shown {
		v.Rule = string(p.who.Role) + "." + o.Rule
		return v.Refusal()
	}
	if ok, err := view.writesWithin(ctx, dr); err != nil || !ok {
		v.Rule = "app.scope"
		return cmp.Or(err, v.Refusal())
	}
	return nil
}

// about fills in what is known of the patient of a draft. A patient who comes
// with this transaction is nobody's yet: what comes along is as for their own.
func (s *sight) about(ctx context.Context, dr *draft, fresh bool, t *access.Target) error {
	if t.Kind == access.Directory || s.impersonal() && !s.desk.guard.special(dr.key.PK) {
		return nil
	}
	if fresh {
		if t.Kind == access.Clinical {
			t.Kind = access.Unassigned
		}
		return nil
	}
	h, err := s.human(ctx, dr.key.PK)
	if err != nil {
		return err
	}
	if !h.known && t.Kind == access.Clinical {
		t.Kind = access.Unassigned
	}
	t.Facts = h.facts
	return nil
}

// under is the same sight with another verdict.
func (s *sight) under(v access.Verdict) *sight {
	other := *s
	other.Verdict = v
	return &other
}
