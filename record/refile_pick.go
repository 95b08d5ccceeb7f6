package record

import "concord/standard/fhir"

// picked is what moves: what pick takes, what was recorded during the visits
// among it, and what only those refer to. Without pick it is everything.
func picked(items []*Item, pick func(*Item) bool) []*Item {
	if pick == nil {
		return items
	}
	p := picking{byRef: map[string]*Item{}, moves: map[*Item]bool{}}
	for _, it := range items {
		p.byRef[it.Ref()] = it
	}
	for _, it := range items {
		if pick(it) {
			p.moves[it] = true
		}
	}
	for more := true; more; {
		more = p.during(items)
		more = p.usedAlone(items) || more
	}
	var out []*Item
	for _, it := range items {
		if p.moves[it] {
			out = append(out, it)
		}
	}
	return out
}

type picking struct {
	byRef map[string]*Item
	moves map[*Item]bool
}

// during adds what names a visit, an order or a whole that moves, and no visit
// that stays.
func (p *picking) during(items []*Item) (more bool) {
	for _, it := range items {
		if p.moves[it] {
			continue
		}
		goes, stays := false, false
		for _, ref := range wholes(it.Resource) {
			whole := p.byRef[ref]
			goes = goes || p.moves[whole]
			stays = stays || whole != nil && whole.Type == "Encounter" && !p.moves[whole]
		}
		if goes && !stays {
			p.moves[it], more = true, true
		}
	}
	return more
}

// wholes are the references of a resource to what it is a part of.
func wholes(body *fhir.Value) []string {
	var out []string
	for _, at := range []string{"encounter", "context", "context.encounter", "partOf", "basedOn"} {
		v := body.Path(at)
		if ref := v.StrAt("reference"); ref != "" {
			out = append(out, ref)
		}
		for one := range v.Each() {
			out = append(out, one.StrAt("reference"))
		}
	}
	return out
}

// usedAlone adds what is referred to by what moves, by nothing that stays, and
// belongs to no visit that stays: the results of a report, the appointment of a
// visit.
func (p *picking) usedAlone(items []*Item) (more bool) {
	used, kept := map[*Item]bool{}, map[*Item]bool{}
	for _, it := range items {
		to := kept
		if p.moves[it] {
			to = used
		}
		fhir.Rewrite(it.Resource, func(ref string) string {
			if other := p.byRef[ref]; other != nil && other != it {
				to[other] = true
			}
			return ref
		})
	}
	for _, it := range items {
		if !used[it] || kept[it] || p.moves[it] || it.Type == "Encounter" {
			continue
		}
		if p.ofAnother(it) {
			continue
		}
		p.moves[it], more = true, true
	}
	return more
}

func (p *picking) ofAnother(it *Item) bool {
	for _, ref := range wholes(it.Resource) {
		if whole := p.byRef[ref]; whole != nil && whole.Type == "Encounter" && !p.moves[whole] {
			return true
		}
	}
	return false
}
