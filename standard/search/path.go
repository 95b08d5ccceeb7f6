package search

import (
	"strings"

	"concord/standard/fhir"
)

// A path is the way from a resource to the elements of a parameter: member
// names, where "value*" takes any type of a choice element and a filter in
// brackets narrows: "[system=phone]" to elements whose member has that value,
// "[->Patient]" to references to that type, "[0]" to the first, "[+url]" to
// those with that extension, "[!false]" to a yes or no: whether there is a
// value other than that one.
// The path "." is the resource itself.
type path []step

type step struct {
	name   string
	choice bool
	keep   func(v *fhir.Value) bool // nil = all
	first  bool                     // only the first element
	other  string                   // "[!x]": give whether there is a value that is not x
}

func compilePath(s string) path {
	var p path
	if s == "." {
		return p
	}
	for _, part := range splitSteps(s) {
		var st step
		name, filter, has := strings.Cut(part, "[")
		if has {
			st.filter(strings.TrimSuffix(filter, "]"))
		}
		st.name, st.choice = strings.CutSuffix(name, "*")
		p = append(p, st)
	}
	return p
}

// splitSteps splits at dots outside of brackets.
func splitSteps(s string) []string {
	var out []string
	start, open := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[':
			open++
		case ']':
			open--
		case '.':
			if open == 0 {
				out, start = append(out, s[start:i]), i+1
			}
		}
	}
	return append(out, s[start:])
}

func (st *step) filter(f string) {
	target, isTarget := strings.CutPrefix(f, "->")
	url, isExtension := strings.CutPrefix(f, "+")
	other, isOther := strings.CutPrefix(f, "!")
	switch {
	case f == "0":
		st.first = true
	case isTarget:
		st.keep = func(v *fhir.Value) bool { return refersTo(v, target) }
	case isExtension:
		st.keep = func(v *fhir.Value) bool { return fhir.Extension(v, url) != nil }
	case isOther:
		st.other = other
	default:
		member, equals, _ := strings.Cut(f, "=")
		st.keep = func(v *fhir.Value) bool { return v.StrAt(member) == equals }
	}
}

func (p path) walk(v *fhir.Value, out []*fhir.Value) []*fhir.Value {
	if v.Kind() == fhir.Array {
		for i := range v.Len() {
			out = p.walk(v.At(i), out)
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
	if st.other != "" {
		return append(out, st.differs(v))
	}
	for i := range v.Len() { // not Members: out would be asked for anew in each step
		if m := v.Member(i); m.Name == st.name || st.choice && isChoice(m.Name, st.name) {
			out = st.step(rest, &m.Value, out)
		}
	}
	return out
}

// differs is whether the element has a value other than the one named.
func (st step) differs(v *fhir.Value) *fhir.Value {
	for name, m := range v.Members() {
		if isChoice(name, st.name) && m.Raw() != st.other {
			return fhir.Of(true)
		}
	}
	return fhir.Of(false)
}

func (st step) step(rest path, m *fhir.Value, out []*fhir.Value) []*fhir.Value {
	if st.keep == nil && !st.first {
		return rest.walk(m, out)
	}
	for e := range m.Each() {
		if st.keep == nil || st.keep(e) {
			out = rest.walk(e, out)
		}
		if st.first {
			break
		}
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
	if p.find != nil {
		return p.find(resource)
	}
	var out []*fhir.Value
	for _, way := range p.paths {
		out = way.walk(resource, out)
	}
	return out
}
