package fhirpath

import (
	"strings"
	"sync/atomic"

	"concord/standard/fhir"
)

// site is one place in an expression where a member is read. It remembers how
// the first type that came by stores the member; most sites see one type only.
type site struct {
	name, under string
	first       atomic.Pointer[binding]
}

// binding says how a type stores a member.
type binding struct {
	of     *fhir.Structure
	choice *fhir.Element   // of value[x], whose JSON names tell the type
	typ    *fhir.Structure // the only type otherwise
	how    storage
}

type storage uint8

const (
	absent storage = iota // the type has no such member
	complexMember
	primitiveMember // with a _name companion
	resourceMember  // the type stands in the resource
	choiceMember
	untypedMember // the type is not known, so the JSON is read as it stands
)

func newSite(name string) *site { return &site{name: name, under: "_" + name} }

func (s *site) bind(of *fhir.Structure) binding {
	if b := s.first.Load(); b != nil {
		if b.of == of {
			return *b
		}
		return bindingOf(of, s.name)
	}
	b := bindingOf(of, s.name)
	s.first.Store(&b)
	return b
}

func bindingOf(of *fhir.Structure, name string) binding {
	b := binding{of: of}
	if of == nil {
		b.how = untypedMember
		return b
	}
	if slot, ok := of.Slot(name); ok && !slot.Element.Choice {
		b.typ, b.how = slot.Type, storageOf(slot.Type)
		return b
	}
	for i := range of.Elements {
		if e := &of.Elements[i]; e.Choice && e.Name == name {
			b.choice, b.how = e, choiceMember
			return b
		}
	}
	if isOpen(of) {
		b.how = untypedMember
	}
	return b
}

// isOpen: a caller that knows no better says BackboneElement, which then has
// members that the type does not name.
func isOpen(of *fhir.Structure) bool {
	return of.Name == "BackboneElement" || of.Name == "Element"
}

func storageOf(t *fhir.Structure) storage {
	switch {
	case t == nil:
		return untypedMember
	case t.Form == fhir.PrimitiveType:
		return primitiveMember
	case t.Form == fhir.ResourceType:
		return resourceMember
	}
	return complexMember
}

// push appends the member of one item.
func (s *site) push(m *machine, it *Item) error {
	if it.kind != nodeKind {
		return s.pushTypeInfo(m, it)
	}
	if it.value.Kind() != fhir.Object {
		// The children of a primitive are the id and the extensions beside it.
		if it.extra == nil {
			return nil
		}
		return s.pushOf(m, it.extra, it.typ)
	}
	return s.pushOf(m, it.value, it.typ)
}

func (s *site) pushOf(m *machine, v *fhir.Value, of *fhir.Structure) error {
	switch b := s.bind(of); b.how {
	case complexMember, resourceMember:
		return m.pushEach(v.Get(s.name), nil, b.typ)
	case primitiveMember:
		return m.pushEach(v.Get(s.name), v.Get(s.under), b.typ)
	case choiceMember:
		return s.pushChoice(m, v, of, b.choice)
	case untypedMember:
		return s.pushUntyped(m, v)
	}
	return nil
}

func (s *site) pushChoice(m *machine, v *fhir.Value, of *fhir.Structure, e *fhir.Element) error {
	for name, val := range v.Members() {
		bare, beside := strings.CutPrefix(name, "_")
		if len(bare) <= len(s.name) || bare[:len(s.name)] != s.name {
			continue
		}
		slot, ok := of.Slot(bare)
		if !ok || slot.Element != e {
			continue
		}
		var err error
		switch {
		case !beside && slot.Type.Form == fhir.PrimitiveType:
			err = m.pushEach(val, v.Get("_"+name), slot.Type)
		case !beside:
			err = m.pushEach(val, nil, slot.Type)
		case v.Get(bare) == nil:
			err = m.pushEach(nil, val, slot.Type)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pushUntyped reads a member whose type is not known: by its name, or by its
// name and a type, as value[x] is written.
func (s *site) pushUntyped(m *machine, v *fhir.Value) error {
	val, extra := v.Get(s.name), v.Get(s.under)
	if val != nil || extra != nil {
		return m.pushEach(val, extra, nil)
	}
	for name, val := range v.Members() {
		suffix, ok := strings.CutPrefix(name, s.name)
		if !ok || suffix == "" || suffix[0] < 'A' || suffix[0] > 'Z' {
			continue
		}
		if typ := choiceType(suffix); typ != nil {
			return m.pushEach(val, v.Get("_"+name), typ)
		}
	}
	return nil
}

// choiceType finds the type that a member such as valueString names.
func choiceType(suffix string) *fhir.Structure {
	if t := fhir.StructureOf(suffix); t != nil {
		return t
	}
	return fhir.StructureOf(strings.ToLower(suffix[:1]) + suffix[1:])
}

// pushEach appends a value and its companion, or those of two arrays side by
// side.
func (m *machine) pushEach(v, extra *fhir.Value, typ *fhir.Structure) error {
	if v.Kind() != fhir.Array && extra.Kind() != fhir.Array {
		return m.pushNode(v, extra, typ)
	}
	for i := range max(v.Len(), extra.Len()) {
		if err := m.pushNode(v.At(i), extra.At(i), typ); err != nil {
			return err
		}
	}
	return nil
}

func (m *machine) pushNode(v, extra *fhir.Value, typ *fhir.Structure) error {
	v, extra = present(v), present(extra)
	if v == nil && extra == nil {
		return nil
	}
	if typ == nil || typ.Form == fhir.ResourceType {
		if t := v.Get("resourceType"); t != nil {
			typ = fhir.StructureOf(t.Str())
		}
	}
	m.stack = append(m.stack, Item{value: v, extra: extra, typ: typ})
	return m.step()
}

// pushTypeInfo reads the members of what type() gives.
func (s *site) pushTypeInfo(m *machine, it *Item) error {
	t, ok := it.ref.(typeName)
	switch {
	case ok && s.name == "name":
		return m.push(stringItem(t.name))
	case ok && s.name == "namespace":
		return m.push(stringItem(t.namespace))
	case it.kind == quantityKind && s.name == "value":
		return m.push(decimalItem(&it.quantity().value))
	case it.kind == quantityKind && s.name == "unit":
		return m.push(stringItem(it.quantity().unit))
	}
	return nil
}
