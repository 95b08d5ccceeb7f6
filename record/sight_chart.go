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

// uneven tells that something of a record may be kept back while the rest is
// shown.
func (v *sight) uneven(n named) bool {
	return slices.ContainsFunc(n.records(), v.desk.guard.special)
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
	if !v.uneven(n) {
		return 0, nil
	}
	groups, err := v.r.Chart(ctx, n.records(), []store.Range{{}}, time.Time{})
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
	n, err := s.desk.whose(ctx, s.r, s.asked.Owner, time.Time{})
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
