package record

import (
	"context"
	"slices"

	"concord/fault"
	"concord/standard/fhir"
	"concord/store"
)

// target finds the resource that an op is about, if it exists.
func (p *plan) target(ctx context.Context, r store.Reader, dr *draft) error {
	op := dr.op
	if fhir.R4().Number(op.Type) == 0 {
		return fault.New(fault.Invalid, "record.type", "R4 has no such resource type")
	}
	switch {
	case op.Kind == Create && op.IfNoneExist != "":
		return p.ifNoneExist(ctx, r, dr)
	case op.Kind == Create:
		return nil
	case op.Where != "":
		it, err := p.one(ctx, r, op.Type, op.Where)
		if err != nil {
			return err
		}
		if it == nil {
			return p.noneMatched(ctx, r, dr)
		}
		if id := op.Resource.ID(); op.Kind == Update && id != "" && id != it.ID {
			return fault.New(fault.Invalid, "record.id", "the id in the body must be that of the resource that the condition matches").In(dr.place("id"))
		}
		return p.existing(ctx, r, dr, it.key, nil)
	}
	if !fhir.ValidID(op.ID) {
		return fault.New(fault.Invalid, "record.id", "an id is 1 to 64 letters, digits, dashes and dots").In("id")
	}
	k, doc, err := p.desk.located(ctx, r, op.Type, op.ID)
	if fault.Is(err, fault.NotFound) {
		return p.absent(dr)
	}
	if err != nil {
		return err
	}
	return p.existing(ctx, r, dr, k, doc)
}

// noneMatched is a condition that nothing matches: an update creates, under the
// id in its body if it has one and nobody else has it
// (https://hl7.org/fhir/R4/http.html#cond-update).
func (p *plan) noneMatched(ctx context.Context, r store.Reader, dr *draft) error {
	switch dr.op.Kind {
	case Delete: // what does not exist is deleted already (https://hl7.org/fhir/R4/http.html#delete)
		dr.nothing = true
		return nil
	case Patch:
		return fault.New(fault.NotFound, "record.unknown", "nothing matches the condition")
	}
	id := dr.op.Resource.ID()
	if id == "" {
		return nil
	}
	dr.op.ID = id
	k, doc, err := p.desk.located(ctx, r, dr.op.Type, id)
	if fault.Is(err, fault.NotFound) {
		return p.absent(dr)
	}
	if err == nil {
		err = p.existing(ctx, r, dr, k, doc)
	}
	if err == nil && dr.old != nil && !dr.old.Deleted {
		err = fault.New(fault.Conflict, "record.id-taken", "a resource that the condition does not match has the id").In(dr.place("id"))
	}
	return err
}

// absent: an update of an id that is not known creates it, unless the id has
// the form of ours.
func (p *plan) absent(dr *draft) error {
	if dr.op.Kind == Delete || dr.op.Kind == Patch {
		return unknown(dr.op.Type)
	}
	if dr.op.IfMatch != 0 || dr.op.IfThere {
		return fault.New(fault.Conflict, "record.if-match", "there is no version to match")
	}
	if _, _, ours := p.desk.ids.decode(dr.op.ID); ours {
		return fault.New(fault.Invalid, "record.id", "ids of this form are given by the server; create the resource instead").In("id")
	}
	dr.keepID, dr.id = true, dr.op.ID
	return nil
}

func (p *plan) ifNoneExist(ctx context.Context, r store.Reader, dr *draft) error {
	name := conditionName(dr.op.Type, dr.op.IfNoneExist)
	if first := p.asked[name]; first == nil {
		p.asked[name] = dr
	} else if first.found == nil {
		dr.twin = first
		return nil
	}
	if p.unmet[name] {
		return nil
	}
	it, err := p.one(ctx, r, dr.op.Type, dr.op.IfNoneExist)
	if err != nil || it == nil {
		return err
	}
	if p.own && dr.patient && p.people.Match.Overlaid(it.Resource, dr.op.Resource) {
		return fault.New(fault.Conflict, "record.other-person", "somebody else has this number")
	}
	dr.found, dr.id, dr.key, dr.placed, dr.version = it, it.ID, it.key, true, it.Version
	return nil
}

// meets tells whether the current version is one that the op asks for.
func (op *Op) meets(doc *store.Doc) bool {
	if op.IfThere {
		return !doc.Deleted
	}
	return op.IfMatch == 0 || op.IfMatch == doc.Version || slices.Contains(op.IfMatchToo, doc.Version)
}

// existing takes the current version of a key as what is replaced; doc is that
// version, nil where it was not read yet.
func (p *plan) existing(ctx context.Context, r store.Reader, dr *draft, k store.Key, doc *store.Doc) error {
	dr.key, dr.placed = k, true
	if doc == nil {
		var err error
		doc, err = r.Get(ctx, k)
		if fault.Is(err, fault.NotFound) { // reserved by a reference that came first
			dr.keepID, dr.id = true, dr.op.ID
			return nil
		}
		if err != nil {
			return err
		}
	}
	if (dr.op.Kind == Delete || dr.op.Kind == Patch) && doc.Deleted {
		return fault.New(fault.Gone, "record.deleted", "it has been deleted already")
	}
	if dr.op.OnlyNew && !doc.Deleted {
		return fault.New(fault.Conflict, "record.exists", "there is such a resource already")
	}
	if err := p.reaches(ctx, dr.op, doc); err != nil {
		return err
	}
	if !p.who.Controls(doc.Org) {
		return fault.New(fault.Denied, "access.controller", "another organisation controls this resource")
	}
	if !dr.op.meets(doc) {
		return fault.New(fault.Conflict, "record.if-match", "the current version is another one")
	}
	it := p.desk.headed(doc)
	dr.old, dr.id = doc, it.ID
	if doc.Deleted {
		var err error
		dr.id = dr.op.ID
		_, _, ours := p.desk.ids.decode(dr.op.ID)
		dr.keepID = !ours
		dr.lastBody, err = p.desk.bodyBefore(ctx, r, k)
		return err
	}
	var err error
	if dr.oldBody, err = p.desk.parse(doc); err != nil {
		return err
	}
	if err := dr.mayReplace(); err != nil {
		return err
	}
	if id := dr.oldBody.ID(); id != "" {
		dr.keepID, dr.id, it.ID = true, id, id
	}
	if dr.op.Kind == Patch {
		it.Resource = served(dr.oldBody, it)
		return p.desk.change(p.who.Org, dr.op, it)
	}
	return nil
}

// change applies a patch to the current resource and holds the outcome against
// the base rules.
func (d *Desk) change(org string, op *Op, current *Item) error {
	changed, err := op.Change(current.Resource)
	if err != nil {
		return err
	}
	if changed.Type() != current.Type || changed.ID() != current.ID {
		return fault.New(fault.Invalid, "record.identity", "a patch may not change the type or id of a resource").In("id")
	}
	op.Resource = changed
	return d.checkOne(org, op)
}
