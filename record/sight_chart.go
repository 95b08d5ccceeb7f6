package record

import (
	"context"
	"slices"
	"time"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// opens tells how the requester stands to the patient of a chart; closed says
// that no clinical content of theirs can be shown.
func (v *sight) opens(ctx context.Context, n named, c *Chart) (closed bool, err error) {
	h, err := v.humanNamed(ctx, n)
	if err != nil {
		return false, err
	}
	if v.who.Role == access.System && !v.Filter.Knows(h.facts) {
		return false, unknown("Patient")
	}
	if err := v.inContext(ctx, n); err != nil {
		return false, err
	}
	c.Standing = Standing{Tie: h.facts.Tie, Restricted: h.facts.Restricted && !v.impersonal()}
	for _, t := range h.taken {
		if t.Glass {
			c.Standing.Glass = t.Until
		}
	}
	if v.impersonal() || h.facts.Tie != access.NoTie || h.facts.Glass || !v.Filter.Type("Condition") {
		return false, nil
	}
	c.Standing.Closed = true
	return true, nil
}

// humanNamed is the human whom an id names.
func (v *sight) humanNamed(ctx context.Context, n named) (*human, error) {
	pk := n.person
	if n.entry != 0 {
		pk = n.entry
	}
	return v.human(ctx, pk)
}

// uneven tells how much of a type in a person's records may be kept back while the
// rest is shown: no more than so many by their labels, and more if whole.
func (v *sight) uneven(ctx context.Context, n named, typ uint16) (most int, whole bool, err error) {
	for _, pk := range n.records() {
		if !v.desk.guard.special(pk) {
			continue
		}
		plain, err := v.plain(ctx, pk)
		if err != nil {
			return 0, false, err
		}
		l, err := v.labelled(ctx, pk)
		if err != nil || !plain || !l.known {
			return 0, true, err
		}
		most += l.of(typ)
	}
	return most, false, nil
}

// newest is how many of a range must be asked for, 0 = all, so that as many as it
// says are left when some are kept back. How many were kept back at an earlier
// moment the labels of today do not tell.
func (v *sight) newest(ctx context.Context, n named, r store.Range, past bool) (int, error) {
	if r.Newest == 0 || past && slices.ContainsFunc(n.records(), v.desk.guard.special) {
		return 0, nil
	}
	most, whole, err := v.uneven(ctx, n, r.Type)
	if whole {
		return 0, err
	}
	return r.Newest + most, err
}

// patients are the Patient resources of a chart. A person of whom none may be
// seen is not known.
func (v *sight) patients(ctx context.Context, docs []*store.Doc, past bool) ([]*Item, error) {
	if v.Filter.Type("Patient") {
		out, err := v.showAll(ctx, docs, past)
		if err == nil && len(out) == 0 {
			err = unknown("Patient")
		}
		return out, err
	}
	out, err := v.desk.items(docs) // they say whose chart it is, and are not handed on
	if err == nil && len(out) == 0 {
		err = unknown("Patient")
	}
	return out, err
}

// meets makes sure that a person may be known to a requester who may see
// Patients; to others the compartment alone is open.
func (v *sight) meets(ctx context.Context, n named) error {
	if err := v.inContext(ctx, n); err != nil {
		return err
	}
	if !v.Filter.Type("Patient") {
		h, err := v.humanNamed(ctx, n)
		if err == nil && v.who.Role == access.System && !v.Filter.Knows(h.facts) {
			err = withheldHere("Patient")
		}
		return err
	}
	groups, err := v.r.Chart(ctx, n.records(), []store.Range{{Type: fhir.R4().Number("Patient")}}, time.Time{})
	if err != nil {
		return err
	}
	for _, doc := range groups[0] {
		if o, err := v.look(ctx, doc, false); err != nil || o.Shown {
			return err
		}
	}
	if len(groups[0]) == 0 {
		return nil
	}
	return withheldHere("Patient")
}

// keptFrom counts what of a record is kept back and may be known to be there:
// of the whole record, whatever is asked for.
func (v *sight) keptFrom(ctx context.Context, n named) (int, error) {
	most, whole, err := v.uneven(ctx, n, 0)
	if err != nil || most == 0 && !whole {
		return 0, err
	}
	all := store.Range{Bare: true}
	if !whole {
		all.Need = [][]uint32{{labelToken(v.desk.searches().extract)}}
	}
	groups, err := v.r.Chart(ctx, n.records(), []store.Range{all}, time.Time{})
	if err != nil {
		return 0, err
	}
	kept := 0
	for _, doc := range groups[0] {
		o, err := v.look(ctx, doc, false)
		if err != nil {
			return 0, err
		}
		if !o.Shown && o.Known {
			kept++
		}
	}
	return kept, nil
}

// keptOfOwner is keptFrom for the patient of a compartment.
func (s *searching) keptOfOwner(ctx context.Context) (int, error) {
	if s.asked.Compartment != "Patient" {
		return 0, nil
	}
	n, err := s.patient(ctx)
	if err != nil {
		return 0, err
	}
	return s.v.keptFrom(ctx, n)
}

// knows makes sure that the patient asked about may be known of; n may name
// nobody.
func (v *sight) knows(ctx context.Context, n named) error {
	if n.person == 0 && n.entry == 0 {
		return nil
	}
	h, err := v.humanNamed(ctx, n)
	if err == nil && !v.Filter.Knows(h.facts) {
		err = unknown("Patient")
	}
	return err
}
