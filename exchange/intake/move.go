package intake

import (
	"context"
	"slices"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// move re-files what a message says was filed under the wrong number, or gives
// visits their new numbers. What a move from another patient names has to be
// known: a message that moves nothing is parked, so that somebody looks.
func (w *writing) move(ctx context.Context, m *Mapped, mv Move, prior *record.Prior, into string) error {
	from := prior.Patient
	same := mv.From == m.Patient.Number
	if !same {
		before, err := w.errand.Prior(ctx, mv.From, nil)
		if err != nil {
			return err
		}
		from = before.Patient
	}
	if from == nil && (same || mv.Stays) {
		return nil // a number of a visit that was never heard of
	}
	if from == nil {
		return fault.New(fault.Invalid, "intake.move", "no patient is known under the number from which the message moves").In("MRG-1")
	}
	if mv.Stays {
		into, same = from.ID, true
	}
	ops, err := w.errand.Refile(ctx, record.RefileAsked{
		From: from.ID, Into: strings.TrimPrefix(into, "Patient/"), Why: "moved to another hospital number by " + m.Trigger,
		Visit: mv.picks(m.Patient.Trust), Change: mv.change(m.Patient.Trust), Key: mv.key,
	})
	if err != nil {
		return err
	}
	if len(ops) == 0 && !same && mv.Visit != nil {
		return fault.New(fault.Invalid, "intake.move", "the patient from whom the message moves has no visit of that number").In("MRG")
	}
	w.ops = append(w.ops, ops...)
	return nil
}

// picks tells whether a visit has the number that is moved.
func (mv Move) picks(trust string) func(*fhir.Value) bool {
	if mv.Visit == nil {
		return nil
	}
	system := mv.Visit.Kind.System(trust)
	return func(visit *fhir.Value) bool {
		return slices.ContainsFunc(visit.All("identifier"), func(id *fhir.Value) bool {
			return id.StrAt("system") == system && id.StrAt("value") == mv.Visit.Value
		})
	}
}

// change gives a visit the numbers that it has from now on.
func (mv Move) change(trust string) func(*fhir.Value) *fhir.Value {
	return func(visit *fhir.Value) *fhir.Value {
		list := visit.All("identifier")
		for _, n := range mv.Set {
			system := n.Kind.System(trust)
			list = slices.DeleteFunc(list, func(id *fhir.Value) bool { return id.StrAt("system") == system })
			list = append(list, fhir.Obj("system", system, "value", n.Value))
		}
		return visit.With("identifier", list)
	}
}

// key is the business key that a visit has from now on.
func (mv Move) key(was string) string {
	for _, n := range mv.Set {
		if n.Kind == uk.VisitNumber && strings.HasPrefix(was, "visit|") {
			return key("visit", n.Value)
		}
	}
	return was
}

// rehome parts an entry from the one with which the sender had it and joins it
// with the one to which it belongs: all that lies under it goes along.
func (w *writing) rehome(ctx context.Context, r *Rehome, own string) error {
	own = strings.TrimPrefix(own, "Patient/")
	to, err := w.errand.Prior(ctx, r.To, nil)
	if err != nil {
		return err
	}
	if to.Patient == nil {
		return fault.New(fault.Invalid, "intake.move", "no patient is known under the number with which the message says that this one belongs").In("PID-2")
	}
	if r.From != "" {
		from, err := w.errand.Prior(ctx, r.From, nil)
		if err != nil {
			return err
		}
		if from.Patient != nil {
			w.parts = append(w.parts, record.Join{From: own, Into: from.Patient.ID})
		}
	}
	w.joins = append(w.joins, record.Join{From: own, Into: to.Patient.ID, Link: true})
	return nil
}

// absorb makes one visit of two that are both stored, where a message says so.
func (w *writing) absorb(ctx context.Context, m *Mapped, d *Draft, prior *record.Prior) error {
	lives := prior.ByKey[record.KeyRef{Type: d.Type, Key: d.Key}]
	if !d.Absorbs || lives == nil {
		return nil
	}
	for _, k := range d.Adopts {
		gone := prior.ByKey[record.KeyRef{Type: d.Type, Key: k}]
		if gone == nil || gone.ID == lives.ID {
			continue
		}
		of := func(it *record.Item) string {
			return strings.TrimPrefix(it.Resource.StrAt("subject.reference"), "Patient/")
		}
		ops, err := w.errand.Refile(ctx, record.RefileAsked{From: of(gone), Into: of(lives), Refs: []string{gone.Ref()}, Goes: lives.Ref(),
			Why: "became one with another visit by " + m.Trigger})
		if err != nil {
			return err
		}
		w.ops = append(w.ops, ops...)
	}
	return nil
}

// alsoAbout are the other hospital numbers whose records a message touches.
func (m *Mapped) alsoAbout() []string {
	var out []string
	if m.Merge != nil {
		out = append(out, m.Merge.Old...)
	}
	for _, mv := range m.Moves {
		out = append(out, mv.From)
	}
	if m.Rehome != nil {
		out = append(out, m.Rehome.To)
		if m.Rehome.From != "" {
			out = append(out, m.Rehome.From)
		}
	}
	return out
}
