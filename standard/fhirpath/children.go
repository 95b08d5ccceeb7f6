package fhirpath

import (
	"strings"

	"concord/standard/fhir"
)

// pushChildren appends all children of one item.
func (m *machine) pushChildren(it *Item) error {
	if it.kind != nodeKind {
		return nil
	}
	v := it.value
	if v.Kind() != fhir.Object {
		v = it.extra
	}
	companions := hasCompanions(v)
	for name, val := range v.Members() {
		bare, beside := strings.CutPrefix(name, "_")
		if name == "resourceType" || beside && v.Get(bare) != nil {
			continue
		}
		var typ *fhir.Structure
		if it.typ != nil {
			if slot, ok := it.typ.Slot(bare); ok {
				typ = slot.Type
			}
		}
		var err error
		switch {
		case beside:
			err = m.pushEach(nil, val, typ)
		case companions && (typ == nil || typ.Form == fhir.PrimitiveType):
			err = m.pushEach(val, v.Get("_"+name), typ)
		default:
			err = m.pushEach(val, nil, typ)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hasCompanions tells whether a "_name" stands in the object, which is rare
// enough to look for none one by one.
func hasCompanions(v *fhir.Value) bool {
	for name := range v.Members() {
		if name != "" && name[0] == '_' {
			return true
		}
	}
	return false
}

// children replaces the region above mark by the children of its items.
func (m *machine) children(mark int) error {
	from := len(m.stack)
	for i := mark; i < from; i++ {
		it := m.stack[i]
		if err := m.pushChildren(&it); err != nil {
			return err
		}
	}
	m.settle(mark, from)
	return nil
}

// descendants replaces the region above mark by everything below its items,
// level by level.
func (m *machine) descendants(mark int) error {
	from := len(m.stack)
	for i := mark; i < len(m.stack); i++ {
		it := m.stack[i]
		if err := m.pushChildren(&it); err != nil {
			return err
		}
	}
	m.settle(mark, from)
	return nil
}

// pushBelow is %resource.descendants(), which dom-3 asks for again and again in
// one evaluation.
func (m *machine) pushBelow() error {
	if len(m.below) > 0 {
		return m.pushAll(m.below)
	}
	mark := len(m.stack)
	if err := m.push(m.resource()); err != nil {
		return err
	}
	if err := m.descendants(mark); err != nil {
		return err
	}
	m.below = append(m.below, m.stack[mark:]...)
	return nil
}
