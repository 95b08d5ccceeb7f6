package record

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// Marking is what somebody does to who may see what: to one resource, to a
// patient's entry, or for the patient.
type Marking string

// The markings.
const (
	Seal         Marking = "seal"         // a resource: it may be known that something is there
	SealAndLock  Marking = "lock"         // a resource: not even that, outside the team
	Unseal       Marking = "unseal"       // a resource
	Restrict     Marking = "restrict"     // an entry: the S-flag
	Unrestrict   Marking = "unrestrict"   // an entry
	WatchPublic  Marking = "watch-public" // an entry: somebody in the public eye
	WatchStaff   Marking = "watch-staff"  // an entry: an employee
	Unwatch      Marking = "unwatch"      // an entry
	ObjectShared Marking = "object-shared"
	ObjectGP     Marking = "object-gp" // the GP dissent
	Withdraw     Marking = "withdraw"  // an objection
)

// MarkAsked is one marking.
type MarkAsked struct {
	Patient string // id of the person, or of an entry
	Do      Marking
	Ref     string // "DocumentReference/abc"; of Restrict to Unwatch "Patient/abc"; of Withdraw "Consent/abc"; "" of an objection and with Code
	Team    string // of a seal: the workgroup within the organisation that sees it; "" = all of the organisation
	Alike   bool   // of a seal: also what the organisation recorded of the patient under the same code, beside what the resource consists of
	Later   bool   // of a seal: everything that has one of the resource's codes, and what comes later, until it is taken back
	Code    string // of such a seal: the code itself, "system|code", instead of Ref
	Seen    int64  // version that was looked at; 0 = whichever
	Of      string // the marking that is undone, instead of Do and Ref
}

// MarkPlan is what a marking came to.
type MarkPlan struct {
	ID    string // of the decision
	Do    Marking
	Org   string // that controls what is marked
	Items int    // resources that change
}

const (
	mostAlike            = 500 // resources under one code
	minMarkWhy, mostWhys = 10, 500
)

// Mark seals, restricts, watches, writes an objection of the patient's down, or
// ends that, for a reason in the requester's words. It is kept as a decision,
// which can be undone, and the resources change as by a patch of the
// organisation that controls them, with an audit entry of the requester's.
// Errors: Invalid "record.mark-why", "record.mark", Conflict "record.mark-same",
// "record.mark-changed", NotFound, Denied "access.controller", those of Transact.
func (e *Errand) Mark(ctx context.Context, ask MarkAsked, why string) (*MarkPlan, error) {
	why = strings.TrimSpace(why)
	said := &Errand{desk: e.desk, who: e.who, why: access.Reason{Purpose: e.why.Purpose, Text: why}}
	m := &marking{errand: said, ask: ask, plan: &MarkPlan{Do: ask.Do}}
	v, err := said.decide(ctx, access.Mark, m.typ(), string(ask.Do), ask.Ref)
	switch {
	case err != nil && why == "" && e.May(access.SeeMarks, m.typ()):
		return nil, noMarkWhy()
	case err != nil:
		return nil, err
	}
	failure := m.do(ctx, v)
	if failure == nil {
		return m.plan, nil // the commit has its audit entry
	}
	t := trace{what: m.what(), failure: failure, records: m.records}
	if f := fault.Of(failure); failure != nil && f.Kind == fault.Denied {
		v.Allowed, v.Rule, t.failure = false, strings.TrimPrefix(f.Code, "access."), nil
	}
	if err := said.audit(ctx, access.Mark, v, t); err != nil {
		return nil, err
	}
	return m.plan, failure
}

// marking is one marking being made.
type marking struct {
	errand  *Errand
	ask     MarkAsked
	plan    *MarkPlan
	undoes  *MarkKept
	ops     []Op
	was     map[string]markedRef // what each resource was before, by reference
	records []string
}

// typ is the type that a marking is decided on, "" when it is not known yet: an
// objection is about the patient, whatever resource says it.
func (m *marking) typ() string {
	typ, _, _ := strings.Cut(m.ask.Ref, "/")
	if m.ask.Do.ofPatient() || m.ask.Code != "" {
		return "Patient"
	}
	return typ
}

// ofPatient tells a marking of the patient from one of a resource.
func (x Marking) ofPatient() bool { return x != "" && !x.ofSeal() }

func (m *marking) what() []string {
	what := string(m.plan.Do)
	if m.undoes != nil {
		what = "undo " + what
	}
	out := []string{what}
	if m.ask.Ref != "" {
		out = append(out, m.ask.Ref)
	}
	return out
}

func (m *marking) do(ctx context.Context, v access.Verdict) error {
	if err := m.checked(); err != nil {
		return err
	}
	d := m.errand.desk
	err := d.engine.View(ctx, func(r store.Reader) error {
		last, err := r.LastChange(ctx)
		if err != nil {
			return err
		}
		view, err := m.errand.sight(ctx, r, v, last)
		if err != nil {
			return err
		}
		return m.prepare(ctx, r, view)
	})
	if err != nil {
		return err
	}
	_, err = m.hand().transact(ctx, v, m.ops, Commit{name: &inName{errand: m.errand, act: access.Mark, what: string(m.plan.Do), keep: m.keep}})
	if fault.Of(err) != nil && fault.Of(err).Code == "record.if-match" {
		return markChanged()
	}
	return err
}

func (m *marking) checked() error {
	n := utf8.RuneCountInString(m.errand.why.Text)
	if n < minMarkWhy || n > mostWhys {
		return noMarkWhy()
	}
	if m.ask.Of != "" {
		return nil
	}
	typ, _, _ := strings.Cut(m.ask.Ref, "/")
	good := false
	switch m.ask.Do {
	case Seal, SealAndLock, Unseal:
		if m.ask.stands() && (m.ask.Do == Unseal || m.ask.Later == (m.ask.Code != "")) {
			break // a seal is taken back, and is of a resource's codes or of one
		}
		if m.ask.Code != "" {
			good = m.ask.Ref == ""
			break
		}
		good = access.KindOf(typ) == access.Clinical && typ != "Consent" && typ != ""
	case Restrict, Unrestrict, WatchPublic, WatchStaff, Unwatch:
		good = typ == "Patient"
	case Withdraw:
		good = typ == "Consent"
	case ObjectShared, ObjectGP:
		good = m.ask.Ref == ""
	}
	if !good {
		return fault.New(fault.Invalid, "record.mark", "this cannot be marked so").In("item")
	}
	return nil
}

// prepare reads what is to be marked, and makes the ops.
func (m *marking) prepare(ctx context.Context, r store.Reader, v *sight) error {
	m.was, m.ops = map[string]markedRef{}, nil
	pks, err := m.errand.desk.humanOf(ctx, r, m.ask.Patient)
	if err != nil {
		return err
	}
	m.records = []string{m.errand.desk.ids.encodePK(pks[0])}
	if m.ask.Of != "" {
		return m.prepareUndo(ctx, r, v, pks)
	}
	switch {
	case m.ask.Code != "":
		return m.prepareStanding(ctx, r, v, pks, nil)
	case m.ask.Ref == "":
		return m.prepareObjection(ctx, v, pks[0])
	}
	it, err := m.named(ctx, r, v, pks, m.ask.Ref)
	if err != nil {
		return err
	}
	if m.ask.Seen != 0 && m.ask.Seen != it.Version {
		return markChanged()
	}
	m.plan.Org, m.records = it.Org, m.errand.desk.recordIDs(it.key)
	if m.ask.Later {
		return m.prepareStanding(ctx, r, v, pks, it)
	}
	items, err := m.together(ctx, r, v, pks, it)
	if err != nil {
		return err
	}
	h, err := v.human(ctx, pks[0])
	if err != nil {
		return err
	}
	for _, one := range items {
		if m.ask.Do == Unseal {
			if err := openedAlone(h, one); err != nil {
				return err
			}
		}
		m.change(one)
	}
	if m.plan.Items = len(m.ops); len(m.ops) == 0 {
		return fault.New(fault.Conflict, "record.mark-same", "it is marked so already").In("item")
	}
	return nil
}

// named is a resource in the patient's record that the requester may mark.
func (m *marking) named(ctx context.Context, r store.Reader, v *sight, pks []int64, ref string) (*Item, error) {
	typ, id, _ := strings.Cut(ref, "/")
	doc, err := m.errand.desk.fetch(ctx, r, typ, id)
	if err != nil {
		return nil, err
	}
	if doc.Deleted || !slices.Contains(pks, doc.PK) {
		return nil, unknown(typ)
	}
	o, err := v.look(ctx, doc, false)
	if err != nil {
		return nil, err
	}
	if !o.Shown {
		return nil, unknown(typ)
	}
	if !m.errand.who.Controls(doc.Org) {
		return nil, fault.New(fault.Denied, "access.controller", "another organisation controls this: its privacy officer marks it")
	}
	return m.errand.desk.item(doc)
}

func markChanged() error {
	return fault.New(fault.Conflict, "record.mark-changed", "it has been changed meanwhile: look again")
}

func noMarkWhy() error {
	return fault.New(fault.Invalid, "record.mark-why", "say in %d to %d characters why", minMarkWhy, mostWhys).In("why")
}
