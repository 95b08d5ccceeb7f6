package search

import (
	"strings"

	"concord/standard/fhir"
)

// A path is the way from a resource to the elements of a parameter: member
// names, where "value*" takes any type of a choice element, "[system=phone]"
// keeps elements whose member has that value, and "[->Patient]" keeps
// references to that type.
type path []step

type step struct {
	name   string
	choice bool
	member string // filter: this member …
	equals string // … has this value
	target string // filter: a reference to this type
}

func compilePath(s string) path {
	var p path
	for _, part := range strings.Split(s, ".") {
		var st step
		name, filter, has := strings.Cut(part, "[")
		if has {
			filter = strings.TrimSuffix(filter, "]")
			if t, ok := strings.CutPrefix(filter, "->"); ok {
				st.target = t
			} else {
				st.member, st.equals, _ = strings.Cut(filter, "=")
			}
		}
		st.name, st.choice = strings.CutSuffix(name, "*")
		p = append(p, st)
	}
	return p
}

func (p path) walk(v *fhir.Value, out []*fhir.Value) []*fhir.Value {
	if v.Kind() == fhir.Array {
		for e := range v.Each() {
			out = p.walk(e, out)
		}
		return out
	}
	if v == nil || v.Kind() == fhir.Null {
		return out
	}
	if len(p) == 0 {
		return append(out, v)
	}
	if v.Kind() != fhir.Object {
		return out
	}
	st, rest := p[0], p[1:]
	for name, m := range v.Members() {
		if name == st.name || st.choice && isChoice(name, st.name) {
			out = st.step(rest, m, out)
		}
	}
	return out
}

func (st step) step(rest path, m *fhir.Value, out []*fhir.Value) []*fhir.Value {
	if st.member == "" && st.target == "" {
		return rest.walk(m, out)
	}
	for e := range m.Each() {
		if st.member != "" && e.StrAt(st.member) != st.equals {
			continue
		}
		if st.target != "" && !refersTo(e, st.target) {
			continue
		}
		out = rest.walk(e, out)
	}
	return out
}

func refersTo(v *fhir.Value, typ string) bool {
	ref := v.StrAt("reference")
	if r, ok := fhir.ParseReference(ref); ok {
		return r.Type == typ
	}
	return v.StrAt("type") == typ || strings.HasPrefix(ref, "urn:") || strings.HasPrefix(ref, typ+"?")
}

func isChoice(name, base string) bool {
	return len(name) > len(base) && strings.HasPrefix(name, base) && name[len(base)] >= 'A' && name[len(base)] <= 'Z'
}

// values are the elements of a resource that a parameter speaks of.
func (p *Param) values(resource *fhir.Value) []*fhir.Value {
	var out []*fhir.Value
	for _, way := range p.paths {
		out = way.walk(resource, out)
	}
	return out
}
