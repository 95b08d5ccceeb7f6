package record

import (
	"context"
	"slices"

	"concord/fault"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/store"
)

// stands tells a marking of what comes later too.
func (ask *MarkAsked) stands() bool { return ask.Later || ask.Code != "" }

// prepareStanding makes the Consent of a standing seal, and the ops that seal what it
// covers already. More than the first of those are sealed behind it, within seconds.
// of is the resource whose codes are meant; nil = the code that was asked for.
func (m *marking) prepareStanding(ctx context.Context, r store.Reader, v *sight, pks []int64, of *Item) error {
	s := access.StandingSeal{Org: m.errand.who.Org, Label: map[Marking]access.Label{Seal: access.Sealed, SealAndLock: access.Locked}[m.ask.Do]}
	if of != nil {
		s.Org, s.Codes = of.Org, access.Codes(of.Resource)
		if len(s.Codes) == 0 {
			return fault.New(fault.Invalid, "record.mark-code", "it has no code by which what comes later could be known: seal it by itself").In("later")
		}
	} else {
		code, err := access.ParseSealCode(m.ask.Code)
		if err != nil {
			return err
		}
		s.Codes = []string{code}
	}
	if m.ask.Team != "" {
		s.Teams = []string{s.Org + "/" + m.ask.Team}
	}
	m.plan.Org = s.Org
	h, err := v.human(ctx, pks[0])
	if err != nil {
		return err
	}
	if slices.ContainsFunc(h.all.seals, func(x access.StandingSeal) bool { return sameSeal(x, s) }) {
		return fault.New(fault.Conflict, "record.mark-same", "this is sealed so already, with what comes later").In("item")
	}
	entry, err := m.errand.desk.entryOf(ctx, r, pks, s.Org)
	if err != nil {
		return err
	}
	m.ops = append(m.ops, Op{Kind: Create, Type: "Consent", Resource: s.Consent("Patient/"+entry, fhir.FormatInstant(m.errand.desk.now()))})
	c, err := m.errand.desk.carrying(ctx, r, pks, []access.StandingSeal{s})
	if err != nil {
		return err
	}
	for _, it := range c.covered("") {
		if s.Put(it.Resource) == it.Resource {
			continue // it is closed as strictly by itself
		}
		if m.plan.Items++; m.plan.Items <= mostAlike {
			m.ops = append(m.ops, Op{Kind: Patch, Type: it.Type, ID: it.ID, Change: asIs})
			m.records = append(m.records, m.errand.desk.recordIDs(it.key)...)
		}
	}
	return nil
}

// hand is who writes a marking: the organisation that controls what is marked; of a
// standing seal of the domain's, on what organisations have sealed from it too, the
// operator.
func (m *marking) hand() *Errand {
	hand := m.errand.handOf(m.plan.Org)
	if m.plan.Org == access.Domain && (m.ask.stands() || m.undoes != nil && m.undoes.Standing != "") {
		hand.who.Role, hand.who.Scopes = access.Operator, access.Scopes{}
	}
	return hand
}

// asIs is the patch of what is given its labels because it is written.
func asIs(now *fhir.Value) (*fhir.Value, error) { return now, nil }

func sameSeal(a, b access.StandingSeal) bool {
	sorted := func(s []string) []string { return slices.Sorted(slices.Values(s)) }
	return a.Org == b.Org && a.Label == b.Label && slices.Equal(sorted(a.Codes), sorted(b.Codes)) && slices.Equal(sorted(a.Teams), sorted(b.Teams))
}

// entryOf is the id of the human's Patient in whose record what an organisation
// decides of them is kept: its own entry, else the first one.
func (d *Desk) entryOf(ctx context.Context, r store.Reader, pks []int64, org string) (string, error) {
	first := ""
	for _, pk := range slices.Compact(slices.Sorted(slices.Values(pks))) {
		doc, err := r.Get(ctx, person.PatientKey(pk))
		if fault.Is(err, fault.NotFound) || err == nil && doc.Deleted {
			continue
		}
		if err != nil {
			return "", err
		}
		id := d.headed(doc).ID
		if doc.Org == org {
			return id, nil
		}
		if first == "" {
			first = id
		}
	}
	if first == "" {
		return "", unknown("Patient")
	}
	return first, nil
}

// undoStanding makes the ops that end a standing seal and open what it has sealed,
// which is what it was before; what is sealed otherwise too stays sealed. More than
// the first are opened behind it, within seconds.
func (m *marking) undoStanding(ctx context.Context, r store.Reader, v *sight, pks []int64, ref string) error {
	it, err := m.named(ctx, r, v, pks, ref)
	if err != nil {
		return err
	}
	if it.Resource.StrAt("status") != "active" {
		return markChanged()
	}
	s := access.StandingSeal{ID: m.errand.desk.ids.encode(it.key)}
	m.ops = append(m.ops, Op{Kind: Patch, Type: "Consent", ID: it.ID, IfMatch: it.Version, Change: func(now *fhir.Value) (*fhir.Value, error) {
		return now.With("status", "inactive"), nil
	}})
	c, err := m.errand.desk.carrying(ctx, r, pks, nil)
	if err != nil {
		return err
	}
	for _, it := range c.items {
		if s.Take(it.Resource) == it.Resource {
			continue
		}
		if m.plan.Items++; m.plan.Items <= mostAlike {
			m.ops = append(m.ops, Op{Kind: Patch, Type: it.Type, ID: it.ID, Change: func(now *fhir.Value) (*fhir.Value, error) { return s.Take(now), nil }})
			m.records = append(m.records, m.errand.desk.recordIDs(it.key)...)
		}
	}
	return nil
}

// standsOn tells whether one of the labels is of a standing seal of the human that
// holds; one that was another's, before people were told apart, is like any other.
func (h *human) standsOn(ids []string) bool {
	return slices.ContainsFunc(h.all.seals, func(s access.StandingSeal) bool { return slices.Contains(ids, s.ID) })
}

// openedAlone refuses to take the seal off one resource while a standing seal is on it:
// it would come back when the resource is written next.
func openedAlone(h *human, it *Item) error {
	if !h.standsOn(access.StandingOn(it.Resource)) {
		return nil
	}
	return fault.New(fault.Conflict, "record.mark-standing", "it is sealed with what comes later under the same code: take that seal back")
}

// standingRef is the reference of the Consent that a plan of a standing seal makes.
func standingRef(p *plan) string {
	for _, dr := range p.drafts {
		if access.IsStanding(dr.body) {
			return dr.op.Type + "/" + dr.id
		}
	}
	return ""
}

// takeStanding reads the Consent of a standing seal; false = it is another.
func (x *Marked) takeStanding(e *Errand, it *Item) bool {
	if !access.IsStanding(it.Resource) {
		return false
	}
	id := e.desk.ids.encode(it.key)
	if s, holds := access.StandingOf(id, it.Org, it.Resource); holds {
		x.Standing = append(x.Standing, StandingMark{ID: id, Ref: it.Ref(), Org: it.Org, Version: it.Version, Label: s.Label, Teams: s.Teams, Since: datedOr(it), codes: s.Codes})
	}
	return true
}

// fromMarks adds how much the standing seals have sealed, by their ids, and what the
// decisions say of them.
func (x *Marked) fromMarks(sealed map[string]int) {
	for i := range x.Standing {
		s := &x.Standing[i]
		s.Items = sealed[s.ID]
		for _, row := range x.Done {
			if row.Standing == s.Ref && row.Undone == "" {
				s.Mark, s.Like, s.Who, s.Why = row.ID, row.Like, row.Who, row.Why
				if row.ByCode {
					s.Code = s.codes[0]
				}
			}
		}
	}
}

// stand tells which items have a standing seal of the patient on them.
func (x *Marked) stand(ctx context.Context, v *sight, pks []int64) error {
	h, err := v.human(ctx, pks[0])
	if err != nil {
		return err
	}
	for i := range x.Items {
		x.Items[i].Standing = h.standsOn(x.Items[i].seals)
	}
	return nil
}
