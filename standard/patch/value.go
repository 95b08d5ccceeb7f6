package patch

import (
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// element is a value as it will stand in the document, with its companion.
type element struct {
	value, extra *node
}

func (e element) valueOrNull() *node { return orNull(e.value) }
func (e element) extraOrNull() *node { return orNull(e.extra) }

func orNull(n *node) *node {
	if n == nil {
		return null()
	}
	return n
}

// slot is what R4 says about the member that a value is for.
type slot struct {
	member string // JSON name
	choice string // name of value[x] without [x], or ""
	many   bool
	typ    *fhir.Structure // nil when unknown
	of     *fhir.Structure // type of the object
}

// slotAt finds the member for an element's name, which may be its JSON name.
// For a choice the type of the value tells the member.
func slotAt(of *fhir.Structure, name string, part *fhir.Value) (slot, *fault.Fault) {
	name = strings.TrimSuffix(name, "[x]")
	if of == nil {
		return slot{member: name}, nil
	}
	if found, ok := of.Slot(name); ok && !found.Element.Choice {
		return slot{member: name, many: found.Element.Many, typ: found.Type, of: of}, nil
	}
	for i := range of.Elements {
		e := &of.Elements[i]
		if !e.Choice || e.Name != name && !isChoiceName(of, e, name) {
			continue
		}
		suffix, _ := typedValue(part)
		member := e.Name + suffix
		if found, ok := of.Slot(member); ok && suffix != "" && found.Element == e {
			return slot{member: member, choice: e.Name, typ: found.Type, of: of}, nil
		}
		return slot{}, errValue("the element may not have this type")
	}
	return slot{}, fault.New(fault.Invalid, "patch.name", "R4 has no such element here")
}

func isChoiceName(of *fhir.Structure, e *fhir.Element, name string) bool {
	found, ok := of.Slot(name)
	return ok && found.Element == e
}

func errValue(text string) *fault.Fault { return fault.New(fault.Invalid, "patch.value", "%s", text) }

// typedValue is the value[x] of a part: the suffix that names its type, and the
// member.
func typedValue(part *fhir.Value) (suffix string, v *fhir.Value) {
	for name, v := range part.Members() {
		bare, _ := strings.CutPrefix(name, "_")
		if suffix, ok := strings.CutPrefix(bare, "value"); ok && suffix != "" {
			return suffix, v
		}
	}
	return "", nil
}

// build makes the element of a part: its value[x], its resource, or the object
// of its parts.
func (s slot) build(part *fhir.Value) (element, *fault.Fault) {
	if r := part.Get("resource"); r != nil {
		if s.typ != nil && s.typ.Form != fhir.ResourceType {
			return element{}, errValue("a resource cannot stand here")
		}
		return element{value: nodeOf(r)}, nil
	}
	if part.Get("part") != nil {
		return s.buildParts(part)
	}
	suffix, _ := typedValue(part)
	v, extra := part.Get("value"+suffix), part.Get("_value"+suffix)
	if suffix == "" || v == nil && extra == nil {
		return element{}, errValue("the operation's value is empty")
	}
	if v != nil && s.typ != nil && (s.typ.Form == fhir.ResourceType || v.Kind() != s.typ.JSON) {
		return element{}, errValue("the value does not suit the element")
	}
	var e element
	if v != nil {
		e.value = nodeOf(v)
	}
	if extra != nil {
		e.extra = nodeOf(extra)
	}
	return e, nil
}

func (s slot) buildParts(part *fhir.Value) (element, *fault.Fault) {
	if s.typ != nil && s.typ.JSON != fhir.Object {
		return element{}, errValue("a primitive has no parts")
	}
	e := element{value: emptyObject()}
	for p := range part.Get("part").Each() {
		name := p.StrAt("name")
		if name == "" {
			return e, errSyntax("a part needs a name")
		}
		if f := addMember(e.value, s.typ, name, p); f != nil {
			return e, f
		}
	}
	if e.value.bare() {
		return e, errValue("the operation's value is empty")
	}
	return e, nil
}

// addMember puts the value of a part into an object: at the end of a list, or
// as a member that must not be there yet.
func addMember(home *node, of *fhir.Structure, name string, part *fhir.Value) *fault.Fault {
	s, f := slotAt(of, name, part)
	if f != nil {
		return f
	}
	e, f := s.build(part)
	if f != nil {
		return f
	}
	p := place{home: home, of: of, member: s.member, index: -1}
	if list := home.get(s.member); s.many || list != nil && list.kind == fhir.Array {
		p.insertAt(p.length(), e)
		return nil
	}
	if s.taken(home) {
		return fault.New(fault.Invalid, "patch.exists", "the element is there already and may not repeat")
	}
	if e.value != nil {
		home.set(s.member, e.value)
	}
	if e.extra != nil {
		home.set("_"+s.member, e.extra)
	}
	return nil
}

// taken tells whether the element is there, for a choice of whatever type.
func (s slot) taken(home *node) bool {
	home.open()
	for _, name := range home.names {
		name, _ = strings.CutPrefix(name, "_")
		if name == s.member {
			return true
		}
		if s.choice == "" {
			continue
		}
		if found, ok := s.of.Slot(name); ok && found.Element.Choice && found.Element.Name == s.choice {
			return true
		}
	}
	return false
}
