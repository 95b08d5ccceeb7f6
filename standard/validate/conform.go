package validate

import (
	"concord/standard/fhir"
	"concord/standard/fhirpath"
	"concord/standard/validate/profile"
)

// instance is one value of an element.
type instance struct {
	value *fhir.Value // nil when only an extension stands there
	extra *fhir.Value // the id and extensions of a primitive
	typ   *fhir.Structure
	index int // place in an array, or -1
}

// What one Validate may cost in profiles.
const (
	maxLooks    = 500_000 // nodes that are held against values
	maxProfiled = 80      // elements and profiles inside each other
)

// conform holds a value against what a profile says of it. The walk of R4 has
// seen to everything else.
func (c *check) conform(n *profile.Node, in instance) {
	if c.done() || in.typ == nil || !n.Says() {
		return
	}
	if c.budget--; c.budget < 0 || c.profiled > maxProfiled {
		c.exhausted()
		return
	}
	c.profiled++
	defer func() { c.profiled-- }()
	if in.typ.Form == fhir.ResourceType {
		defer c.enter(in.value)()
	}
	if n.Types != nil && !c.allowedType(n, in) {
		return
	}
	c.content(n, in)
	for i := range n.Constraints {
		if r := c.v.profiles.shelf().constraint(&n.Constraints[i]); !c.v.rules.known[r.name] {
			c.rule(r, fhirpath.Node{Value: in.value, Extra: in.extra, Type: in.typ.Name})
		}
	}
	for _, child := range n.Children {
		c.values(child, gather(in, child.Name))
	}
}

// exhausted says so once.
func (c *check) exhausted() {
	if c.budget > -1<<30 && c.quiet == 0 {
		c.budget = -1 << 30
		c.add("warning", RuleUnchecked, "the profiles ask for more work than one check may take")
	}
}

// enter makes a resource the one that rules speak of.
func (c *check) enter(v *fhir.Value) (leave func()) {
	resource, container, bundle := c.resourceAt, c.container, c.bundleAt
	if resource == v {
		return func() {}
	}
	contained := c.depth > 0 && c.path[c.depth-1].name == "contained"
	c.resourceAt = v
	if !contained {
		c.container = v
	}
	if v.Type() == "Bundle" {
		c.bundleAt = v
	}
	return func() { c.resourceAt, c.container, c.bundleAt = resource, container, bundle }
}

// gather lists the values of an element below.
func gather(in instance, name string) []instance {
	holder := in.value
	if in.typ.Form == fhir.PrimitiveType {
		holder = in.extra
	}
	var out []instance
	for member, v := range holder.Members() {
		slot, companion, ok := slotOf(in.typ, member)
		if !ok || slot.Element.Name != name {
			continue
		}
		if companion && holder.Get(member[1:]) != nil {
			continue // stands beside its value
		}
		out = append(out, each(slot, holder, member, companion, v)...)
	}
	return out
}

// each lists the values of one member.
func each(slot fhir.Slot, holder *fhir.Value, member string, companion bool, v *fhir.Value) []instance {
	var beside *fhir.Value
	if slot.Type.Form == fhir.PrimitiveType && !companion {
		beside = holder.Get("_" + member)
	}
	one := func(v, beside *fhir.Value, index int) instance {
		if companion {
			v, beside = nil, v
		}
		in := instance{v, beside, slot.Type, index}
		if v.Kind() == fhir.Null {
			in.value = nil
		}
		if slot.Type.Form == fhir.ResourceType {
			in.typ = fhir.StructureOf(v.Type())
		}
		return in
	}
	if v.Kind() != fhir.Array {
		if v.Kind() == fhir.Null {
			return nil
		}
		return []instance{one(v, beside, -1)}
	}
	out := make([]instance, 0, v.Len())
	for item := range v.Each() {
		i := len(out)
		out = append(out, one(item, beside.At(i), i))
	}
	return out
}

// values holds all values of an element against what is said of it: how many,
// which slices, and each by itself.
func (c *check) values(n *profile.Node, list []instance) {
	if !c.push(step{name: n.Name, index: -1}) {
		return
	}
	c.count(n, len(list))
	for _, in := range list {
		c.at(n, in)
		c.conform(n, in)
	}
	if n.Slices != nil {
		c.slices(n, list)
	}
	c.pop()
}

// at sets the last step of the path to a value.
func (c *check) at(n *profile.Node, in instance) {
	s := &c.path[c.depth-1]
	s.index, s.typ = in.index, ""
	if n.Choice && in.typ != nil {
		s.typ = in.typ.Name
	}
}

// whole sets the last step of the path to the element, not one of its values.
func (c *check) whole() {
	s := &c.path[c.depth-1]
	s.index, s.typ = -1, ""
}

func (c *check) count(n *profile.Node, have int) {
	name := n.Name
	if n.Slice != "" {
		name = "the slice " + n.Slice
	}
	rule := RuleCardinality
	if n.Slice != "" {
		rule = RuleSlice
	}
	switch {
	case n.Min > 0 && have == 0 && n.Slice == "":
		c.report(RuleRequired, "the profile requires "+name)
	case have < n.Min:
		c.report(rule, "the profile requires "+name+" at least "+times(n.Min))
	case n.Max == 0 && have > 0:
		c.report(rule, "the profile does not allow "+name)
	case n.Max != profile.Unset && have > n.Max:
		c.report(rule, "the profile allows "+name+" at most "+times(n.Max))
	}
}

// quietly tells whether a part of the check finds no error, and reports none.
func (c *check) quietly(part func()) bool {
	outer := c.failed
	c.quiet, c.failed = c.quiet+1, false
	part()
	holds := !c.failed
	c.quiet, c.failed = c.quiet-1, outer
	return holds
}

// conformsTo is conformsTo() of FHIRPath.
func (c *check) conformsTo(url string, n fhirpath.Node) (conforms, known bool) {
	p, err := c.v.profiles.shelf().library.Profile(url)
	if err != nil {
		return false, false
	}
	// What is being evaluated goes on in its own surroundings afterwards.
	defer func(resource, root *fhir.Value) { c.env.Resource, c.env.Root = resource, root }(c.env.Resource, c.env.Root)
	in := instance{value: n.Value, extra: n.Extra, typ: fhir.StructureOf(n.Type), index: -1}
	return isA(in.typ, p.Type) && c.quietly(func() { c.conform(p.Root, in) }), true
}
