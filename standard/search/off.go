package search

import (
	"maps"
	"slices"
)

// Off is a table in which some parameters ("Observation.method") have no index
// over all records: searches by them look at every resource of the type.
// Within a record nothing changes.
func (t *Table) Off(names ...string) *Table {
	if len(names) == 0 {
		return t
	}
	next := *t
	next.off = maps.Clone(t.off)
	if next.off == nil {
		next.off = map[string]bool{}
	}
	for _, n := range names {
		next.off[n] = true
	}
	return &next
}

// IsOff tells whether a parameter of a type is switched off so.
func (t *Table) IsOff(typ, name string) bool { return t.off[typ+"."+name] }

// MayBeOff tells whether a parameter of a type has an index that can be done
// without. References tie records together; patients are found, matched and
// kept from eyes by theirs, and so are consents; what begins with an underscore
// holds for all types.
func (t *Table) MayBeOff(typ, name string) bool {
	prm := t.byType[typ][name]
	if prm == nil || typ == "Patient" || typ == "Consent" || name == "" || name[0] == '_' || prm.Kind == Reference {
		return false
	}
	p := t.plan(typ)
	return p.termed(prm) || slices.Contains(p.idents, prm) || slices.Contains(p.strings, prm) || slices.Contains(p.spans, prm)
}

// without takes the parameters that are off out of a plan's indexes over all
// records; what filters within a record stays.
func (p *plan) without(t *Table, typ string) {
	if len(t.off) == 0 {
		return
	}
	off := func(prm *Param) bool { return t.IsOff(typ, prm.Name) }
	for i := range p.tokens {
		p.tokens[i].term = p.tokens[i].term && !off(p.tokens[i].param)
	}
	p.idents = slices.DeleteFunc(p.idents, off)
	p.strings = slices.DeleteFunc(p.strings, off)
	p.spans = slices.DeleteFunc(p.spans, off)
}
