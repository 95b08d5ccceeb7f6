package validate

import (
	"strings"

	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

// resource checks a whole resource: the root, a contained one, or that of a
// Bundle entry.
func (c *check) resource(v *fhir.Value) {
	if v.Kind() != fhir.Object {
		c.report(RuleType, "a resource is a JSON object, this is "+v.Kind().String())
		return
	}
	typ := v.Type()
	if typ == "" {
		c.report(RuleResourceType, "resourceType is missing")
		return
	}
	if fhir.R4().Number(typ) == 0 {
		c.report(RuleResourceType, "resourceType is no resource type of FHIR R4")
		return
	}
	outer, bundle := c.resourceAt, c.bundleAt
	c.resourceAt = v
	c.path[c.depth-1].of = fhir.StructureOf(typ)
	if typ == "Bundle" {
		c.bundleAt = v
	}
	c.object(fhir.StructureOf(typ), v)
	if typ == "Bundle" {
		c.bundle(v)
	}
	if c.full {
		c.named(v)
	}
	c.resourceAt, c.bundleAt = outer, bundle
}

// object checks the members of a resource or of a complex type.
func (c *check) object(s *fhir.Structure, v *fhir.Value) {
	if v.Kind() != fhir.Object {
		c.report(RuleType, "an object is expected, this is "+v.Kind().String())
		return
	}
	if s.Form != fhir.ResourceType && (v.Len() == 0 || v.Len() == 1 && v.Get("id") != nil) {
		c.report(RuleEmpty, "an element has content beside its id")
		return
	}
	var seen uint64
	for name, m := range v.Members() {
		if c.done() {
			return
		}
		slot, companion, ok := slotOf(s, name)
		if !ok {
			if name != "resourceType" || s.Form != fhir.ResourceType {
				c.reportAt(name, RuleUnknown, s.Name+" has no such element")
			}
			continue
		}
		bit := uint64(1) << slot.Element.Index
		if seen&bit != 0 && slot.Element.Choice && typesGiven(s, v, slot.Element) > 1 {
			c.reportAt(slot.Element.Name, RuleChoice, "only one type may be given of a choice")
		}
		seen |= bit
		c.member(v, slot, companion, m)
	}
	if missing := s.Required &^ seen; missing != 0 && !c.done() {
		c.missing(s, missing)
	}
	c.rulesOf(s, v)
}

// slotOf finds where a member belongs. A companion ("_birthDate") carries the
// id and the extensions of a primitive; elements that XML writes as attributes
// have none.
func slotOf(s *fhir.Structure, name string) (slot fhir.Slot, companion, ok bool) {
	companion = len(name) > 1 && name[0] == '_'
	if companion {
		name = name[1:]
	}
	slot, ok = s.Slot(name)
	if ok && companion {
		ok = slot.Type.Form == fhir.PrimitiveType && name != "id" && (name != "url" || s.Name != "Extension")
	}
	return slot, companion, ok
}

// typesGiven counts the types in which a choice element stands there.
func typesGiven(s *fhir.Structure, v *fhir.Value, e *fhir.Element) int {
	var types []*fhir.Structure
next:
	for name := range v.Members() {
		slot, _, ok := slotOf(s, name)
		if !ok || slot.Element != e {
			continue
		}
		for _, t := range types {
			if t == slot.Type {
				continue next
			}
		}
		types = append(types, slot.Type)
	}
	return len(types)
}

func (c *check) missing(s *fhir.Structure, missing uint64) {
	for i := range s.Elements {
		if missing>>i&1 == 1 {
			c.reportAt(s.Elements[i].Name, RuleRequired, s.Name+" requires this element")
		}
	}
}

// member checks one member of parent: a value, or the array of them.
func (c *check) member(parent *fhir.Value, slot fhir.Slot, companion bool, m *fhir.Value) {
	s := step{name: slot.Element.Name, index: -1, of: slot.Type, holder: parent}
	if slot.Element.Choice {
		s.typ = slot.Type.Name
	}
	if !c.push(s) {
		c.report(RuleDepth, "the resource nests too deeply")
		c.stopped = true
		return
	}
	defer c.pop()
	if s.name == "resource" {
		defer func(outer string) { c.entryURL = outer }(c.entryURL)
		c.entryURL = parent.Get("fullUrl").Str()
	}
	isArray := m.Kind() == fhir.Array
	switch {
	case isArray && m.Len() == 0:
		c.report(RuleEmpty, "an array may not be empty")
	case isArray && !slot.Element.Many:
		c.report(RuleCardinality, "a single value is expected, this is an array")
	case !isArray && slot.Element.Many:
		c.report(RuleCardinality, "an array is expected, this is "+m.Kind().String())
	case isArray:
		c.items(parent, slot, companion, m)
	case companion:
		c.companion(slot, m, parent.Get(partner(slot, false)) != nil)
	default:
		c.value(slot, m)
	}
}

// items checks the elements of an array. Only the arrays of primitives may hold
// null, where the companion array has an object and the reverse
// (https://hl7.org/fhir/R4/json.html#primitive).
func (c *check) items(parent *fhir.Value, slot fhir.Slot, companion bool, list *fhir.Value) {
	var other *fhir.Value
	at := &c.path[c.depth-1]
	at.index = 0
	for item := range list.Each() {
		if companion || item.Kind() == fhir.Null {
			if other == nil && slot.Type.Form == fhir.PrimitiveType {
				other = parent.Get(partner(slot, !companion))
			}
			there := other.At(at.index).Kind() != fhir.Null
			switch {
			case item.Kind() != fhir.Null:
				c.companion(slot, item, there)
			case !there:
				c.report(RuleType, "null stands only where the other array has a value")
			}
		} else {
			c.value(slot, item)
		}
		at.index++
	}
}

// partner is the name of the member itself, or of its companion.
func partner(slot fhir.Slot, companion bool) string {
	name := slot.Element.Name
	if slot.Element.Choice {
		name += string(slot.Type.Name[0]&^0x20) + slot.Type.Name[1:]
	}
	if companion {
		name = "_" + name
	}
	return name
}

// companion checks the object beside a primitive; without a value it needs
// more than an id.
func (c *check) companion(slot fhir.Slot, v *fhir.Value, hasValue bool) {
	if hasValue && v.Len() == 1 && v.Get("id") != nil {
		c.value(fhir.Slot{Element: &slot.Type.Elements[0], Type: slot.Type.Elements[0].Types[0]}, v.Get("id"))
		return
	}
	c.object(slot.Type, v)
}

// value checks one value against the type of its slot, then against the rules
// of its element.
func (c *check) value(slot fhir.Slot, v *fhir.Value) {
	c.typed(slot, v)
	for _, r := range c.v.rules.elements[slot.Element.Number] {
		c.rule(r, fhirpath.Node{Value: v, Type: slot.Type.Name})
	}
}

func (c *check) typed(slot fhir.Slot, v *fhir.Value) {
	switch slot.Type.Form {
	case fhir.PrimitiveType:
		c.primitive(slot, v)
	case fhir.ResourceType:
		// Only a Bundle entry or a parameter opens a new container.
		outer := c.container
		if slot.Element.Name != "contained" {
			c.container = v
		}
		c.resource(v)
		c.container = outer
	default:
		c.object(slot.Type, v)
		c.coded(slot, v)
		switch slot.Type.Name {
		case "Reference":
			c.reference(slot.Element, v)
		case "Attachment":
			c.attachment(v)
		case "Extension":
			c.extension(v)
			if c.full {
				c.defined(v)
			}
		}
	}
}

// extension checks that the url is absolute, unless it belongs to an outer
// extension (https://hl7.org/fhir/R4/extensibility.html#Extension).
func (c *check) extension(v *fhir.Value) {
	url := v.Get("url").Str()
	if url == "" || strings.IndexByte(url, ':') > 0 {
		return
	}
	if outer := c.path[max(c.depth-2, 0)].name; outer == "extension" || outer == "modifierExtension" {
		return
	}
	c.reportAt("url", RulePrimitive, "the url of an extension is absolute")
}
