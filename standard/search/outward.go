package search

import (
	"slices"

	"concord/standard/fhir"
)

// Outward is what resources of one type refer to, by all reference parameters of
// the type.
type Outward struct {
	params []*Param
	reads  *reads // nil when any member may be looked at
}

// Outward gives the one of a type, which is made when it is first asked for.
func (t *Table) Outward(typ string) *Outward {
	if have, ok := t.outward.Load(typ); ok {
		return have.(*Outward)
	}
	o := &Outward{reads: &reads{names: map[string]bool{}, typ: typ}}
	for _, p := range t.Params(typ) {
		if p.Kind != Reference {
			continue
		}
		o.params = append(o.params, p)
		if o.reads != nil && !o.reads.param(p) {
			o.reads = nil
		}
	}
	have, _ := t.outward.LoadOrStore(typ, o)
	return have.(*Outward)
}

// Reads tells which top-level members Refs looks at, as Query.Reads does.
func (o *Outward) Reads() func(member string) bool {
	if o.reads == nil {
		return nil
	}
	return o.reads.keep
}

// Refs lists the literal references, each once, in order of parameter.
func (o *Outward) Refs(resource *fhir.Value) []string {
	var out []string
	for _, p := range o.params {
		for _, ref := range p.Refs(resource) {
			if !slices.Contains(out, ref) {
				out = append(out, ref)
			}
		}
	}
	return out
}
