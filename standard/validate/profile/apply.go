package profile

import (
	"strconv"
	"strings"

	"concord/standard/fhir"
)

// apply adds what an element definition says to what was said before.
func (n *Node) apply(e *fhir.Value) {
	for name, v := range e.Members() {
		switch name {
		case "min":
			n.Min = max(n.Min, number(v))
		case "max":
			n.limit(v.Str())
		case "type":
			n.types(v)
		case "maxLength":
			n.MaxLength = number(v)
		case "binding":
			n.bind(v)
		case "constraint":
			n.constrain(v)
		case "slicing":
			n.sliced(v)
		default:
			n.value(name, v)
		}
	}
}

// value takes the members that are named for their type.
func (n *Node) value(name string, v *fhir.Value) {
	switch {
	case strings.HasPrefix(name, "fixed"):
		n.Fixed = v
	case strings.HasPrefix(name, "pattern"):
		n.Pattern = v
	case strings.HasPrefix(name, "minValue"):
		n.Least = v
	case strings.HasPrefix(name, "maxValue"):
		n.Most = v
	}
}

func number(v *fhir.Value) int {
	i, err := strconv.Atoi(v.Raw())
	if err != nil || i < 0 || i > Unbounded {
		return Unset
	}
	return i
}

func (n *Node) limit(text string) {
	most := Unbounded
	if text != "*" {
		i, err := strconv.Atoi(text)
		if err != nil || i < 0 {
			return
		}
		most = min(i, Unbounded)
	}
	if n.Max == Unset || most < n.Max {
		n.Max = most
	}
}

// types restricts the types. What a base profile asked of a type and the
// derived one does not mention is dropped with it, as the derived one is a
// narrower statement of the same.
func (n *Node) types(list *fhir.Value) {
	var out []Type
	for v := range list.Each() {
		t := Type{Code: v.StrAt("code"), Profiles: texts(v.Get("profile")), Targets: texts(v.Get("targetProfile"))}
		if strings.HasPrefix(t.Code, "http://hl7.org/fhirpath/") || t.Code == "" {
			continue
		}
		t.Code = strings.TrimPrefix(t.Code, canonicalBase)
		out = append(out, t)
	}
	if out == nil {
		return
	}
	n.Types = out
	if len(out) == 1 {
		if s := fhir.StructureOf(out[0].Code); s != nil && (n.structure == nil || !isBackbone(out[0].Code)) {
			n.structure = s
		}
	}
}

// only restricts a choice to the types that a differential names in short, as
// HL7's own snapshots do; where slicing is spelt out, that counts.
func (n *Node) only(typ string) {
	switch {
	case n.short:
		for _, t := range n.Types {
			if t.Code == typ {
				return
			}
		}
		n.Types = append(n.Types, Type{Code: typ})
	case n.Slicing == nil:
		n.Types, n.short = []Type{{Code: typ}}, true
		n.Slicing = &Slicing{Rules: "closed"}
	}
}

// isBackbone: an element with parts of its own has the structure of its path.
func isBackbone(code string) bool { return code == "BackboneElement" || code == "Element" }

func texts(list *fhir.Value) []string {
	var out []string
	for v := range list.Each() {
		if s := v.Str(); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// bind takes over what is said; a strength alone keeps the value set.
func (n *Node) bind(v *fhir.Value) {
	if s := v.StrAt("strength"); s != "" {
		n.Binding.Strength = s
	}
	if s := v.StrAt("valueSet"); s != "" {
		n.Binding.ValueSet = s
	}
}

func (n *Node) constrain(list *fhir.Value) {
next:
	for v := range list.Each() {
		c := Constraint{v.StrAt("key"), v.StrAt("severity"), v.StrAt("human"), v.StrAt("expression")}
		if c.Expression == "" {
			continue
		}
		for i := range n.Constraints {
			if n.Constraints[i].Key == c.Key {
				n.Constraints[i] = c
				continue next
			}
		}
		n.Constraints = append(n.Constraints, c)
	}
}

// sliced says how slices are told apart; a derived profile may leave out what
// its base said already.
func (n *Node) sliced(v *fhir.Value) {
	if n.Slicing == nil {
		n.Slicing = &Slicing{Rules: "open"}
	}
	if r := v.StrAt("rules"); r != "" {
		n.Slicing.Rules = r
	}
	if o := v.Get("ordered"); o != nil {
		n.Slicing.Ordered = o.Bool()
	}
	if list := v.Get("discriminator"); list != nil {
		n.Slicing.Discriminators = nil
		for d := range list.Each() {
			n.Slicing.Discriminators = append(n.Slicing.Discriminators, Discriminator{d.StrAt("type"), d.StrAt("path")})
		}
	}
}
