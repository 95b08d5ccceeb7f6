package search

import (
	"concord/standard/fhir"
)

// A code element says no system: that of its required value set is meant
// (https://hl7.org/fhir/R4/search.html#token).

// boundTo names the value set that R4 enumerates for what a token parameter points
// at; "" when that is not a code, is not bound so, or differs between its paths.
func (p *Param) boundTo() string {
	if p.Kind != Token || p.find != nil {
		return ""
	}
	set := ""
	for i, way := range p.paths {
		one := way.bound(fhir.StructureOf(p.Type))
		if one == "" || i > 0 && one != set {
			return ""
		}
		set = one
	}
	return set
}

func (p path) bound(at *fhir.Structure) string {
	for i, st := range p {
		if at == nil || st.choice || st.other != "" {
			return ""
		}
		slot, ok := at.Slot(st.name)
		if !ok {
			return ""
		}
		if i == len(p)-1 && slot.Type != nil && slot.Type.Name == "code" {
			return slot.Element.Binding
		}
		at = slot.Type
	}
	return ""
}

// plain takes the system off a value that names the one which a code element means:
// the index has codes of such elements without it.
func (p *Param) plain(terms Terminology, v Value) Value {
	if p.bound != "" && terms != nil && v.HasSystem && v.System != "" && v.Code != "" && terms.Meant(p.bound, v.Code) == v.System {
		v.System, v.HasSystem = "", false
	}
	return v
}

// meant are the tokens of an element with the system that a code element means.
func (c *Clause) meant(f *fhir.Value) []tokenValue {
	list := tokensOf(f)
	if c.Param.bound != "" && c.terms != nil {
		for i := range list {
			if list[i].system == "" {
				list[i].system = c.terms.Meant(c.Param.bound, list[i].code)
			}
		}
	}
	return list
}
