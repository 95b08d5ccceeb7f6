package record

import (
	"context"
	"slices"
	"strings"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// sealable is a resource as standing seals look at it.
type sealable struct {
	ref, org string
	resource *fhir.Value
	parts    []string // references to the results and members that it consists of
	stays    []string // references to the stays during which it was recorded
	on       []string // ids of the seals whose labels its stays have already
	seals    []access.StandingSeal
}

// sealableOf reads what a resource refers to; meant makes of a reference what is
// stored.
func sealableOf(ref, org string, resource *fhir.Value, meant func(string) string) *sealable {
	x := &sealable{ref: ref, org: org, resource: resource}
	for _, part := range partsOf(resource) {
		x.parts = append(x.parts, meant(part))
	}
	for _, place := range []string{"encounter.reference", "context.encounter.reference", "context.reference"} {
		for _, stay := range resource.All(place) {
			if to := meant(stay.Str()); strings.HasPrefix(to, "Encounter/") {
				x.stays = append(x.stays, to)
			}
		}
	}
	return x
}

// spread finds which seals cover which resources of one human: those that have a code
// of the seal, wherever in them it stands; the results of a report that is covered;
// and what was recorded during a stay that is.
func spread(list []*sealable, seals []access.StandingSeal) {
	at, during := map[string]*sealable{}, map[string][]*sealable{}
	for _, x := range list {
		at[x.ref] = x
		for _, stay := range x.stays {
			during[stay] = append(during[stay], x)
		}
	}
	for _, s := range seals {
		covered := map[*sealable]bool{}
		var queue []*sealable
		cover := func(x *sealable) {
			if x != nil && !covered[x] && s.Of(x.org) && access.KindOf(x.resource.Type()) == access.Clinical && !access.IsStanding(x.resource) {
				covered[x] = true
				queue = append(queue, x)
			}
		}
		for _, x := range list {
			if slices.Contains(x.on, s.ID) || s.Names(x.resource) {
				cover(x)
			}
		}
		for len(queue) > 0 {
			x := queue[0]
			queue = queue[1:]
			for _, part := range x.parts {
				cover(at[part])
			}
			for _, y := range during[x.ref] {
				cover(y)
			}
		}
		for x := range covered {
			x.seals = append(x.seals, s)
		}
	}
}

// standing finds which standing seals cover what the plan writes. The other records of
// the same human count too; a seal that the plan itself writes holds for the rest of it.
func (p *plan) standing(ctx context.Context, r store.Reader) error {
	groups := map[*human][]*draft{}
	for _, dr := range p.drafts {
		if dr.idle() || dr.op.Kind == Delete || !dr.placed || p.fresh[dr.key.PK] || access.KindOf(dr.op.Type) != access.Clinical || !p.desk.guard.special(dr.key.PK) && !access.IsStanding(dr.op.Resource) {
			continue
		}
		h, err := p.view.human(ctx, dr.key.PK)
		if err != nil {
			return err
		}
		groups[h] = append(groups[h], dr)
	}
	for h, drafts := range groups {
		seals := p.sealsNow(h, drafts)
		if len(seals) == 0 {
			continue
		}
		list := make([]*sealable, len(drafts))
		for i, dr := range drafts {
			list[i] = sealableOf(dr.op.Type+"/"+dr.id, p.orgOf(dr), dr.op.Resource, func(ref string) string { return p.meant(ref, dr) })
		}
		if err := p.staysSealed(ctx, r, list); err != nil {
			return err
		}
		spread(list, seals)
		for i, dr := range drafts {
			dr.seals = list[i].seals
		}
	}
	return nil
}

// sealsNow are the standing seals of a human as they will be once the plan is kept.
func (p *plan) sealsNow(h *human, drafts []*draft) []access.StandingSeal {
	seals := slices.Clone(h.all.seals)
	for _, dr := range drafts {
		if dr.op.Type != "Consent" {
			continue
		}
		id := p.desk.ids.encode(dr.key)
		seals = slices.DeleteFunc(seals, func(s access.StandingSeal) bool { return s.ID == id })
		if s, ok := access.StandingOf(id, p.orgOf(dr), dr.op.Resource); ok {
			seals = append(seals, s)
		}
	}
	return seals
}

// orgOf is who controls a draft once it is written.
func (p *plan) orgOf(dr *draft) string {
	if dr.old != nil {
		return dr.old.Org
	}
	return p.who.Org
}

// staysSealed notes the seals whose labels are on the stays that the resources name
// and the plan does not write.
func (p *plan) staysSealed(ctx context.Context, r store.Reader, list []*sealable) error {
	known := map[string][]string{}
	for _, x := range list {
		known[x.ref] = nil
	}
	for _, x := range list {
		for _, stay := range x.stays {
			on, have := known[stay]
			if !have {
				doc, err := p.desk.fetch(ctx, r, "Encounter", strings.TrimPrefix(stay, "Encounter/"))
				if err == nil && !doc.Deleted {
					body, err := p.desk.parse(doc)
					if err != nil {
						return err
					}
					on = access.StandingOn(body)
				} else if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Gone) {
					return err
				}
				known[stay] = on
			}
			x.on = append(x.on, on...)
		}
	}
	return nil
}

// closed is a draft's body with the labels of the standing seals that cover it.
func (dr *draft) closed(body *fhir.Value) *fhir.Value {
	for _, s := range dr.seals {
		body = s.Put(body)
	}
	return access.Kept(body)
}

// spreads tells whether a draft takes others with it that are perhaps in the record
// already: a report or a stay that a standing seal has not covered before.
func (dr *draft) spreads() bool {
	if len(dr.seals) == 0 || dr.op.Type != "Encounter" && len(partsOf(dr.body)) == 0 {
		return false
	}
	had := access.StandingOn(dr.before())
	return slices.ContainsFunc(dr.seals, func(s access.StandingSeal) bool { return !slices.Contains(had, s.ID) })
}

// setsSeal tells a draft that writes, changes or takes away a standing seal.
func (dr *draft) setsSeal() bool {
	return !dr.idle() && dr.op.Type == "Consent" && (access.IsStanding(dr.body) || access.IsStanding(dr.before()))
}
