package patch

import (
	"strconv"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// Diff writes the FHIRPath Patch that makes one resource of another of the
// same type: Parameters with operations insert, add, delete and replace, of
// which replace and delete carry the previous value. Versions and times of
// writing (meta.versionId, meta.lastUpdated) are not compared.
func Diff(from, to *fhir.Value) (*fhir.Value, error) {
	s := fhir.StructureOf(from.Type())
	if s == nil || from.Type() != to.Type() {
		return nil, fault.New(fault.Invalid, "patch.path", "two resources of one type are compared")
	}
	d := &differ{}
	d.object(from, to, s, s.Name)
	ops := make([]any, len(d.ops))
	for i, op := range d.ops {
		ops[i] = op
	}
	return fhir.Obj("resourceType", "Parameters", "parameter", fhir.Arr(ops...)), nil
}

type differ struct{ ops []*fhir.Value }

func (d *differ) op(kind, path string, more ...*fhir.Value) {
	parts := []any{
		fhir.Obj("name", "type", "valueCode", kind),
		fhir.Obj("name", "path", "valueString", path),
	}
	for _, m := range more {
		parts = append(parts, m)
	}
	d.ops = append(d.ops, fhir.Obj("name", "operation", "part", fhir.Arr(parts...)))
}

// object compares two elements member by member.
func (d *differ) object(from, to *fhir.Value, s *fhir.Structure, path string) {
	for name, was := range from.Members() {
		if skipped(name, path) {
			continue
		}
		slot, _ := s.Slot(strings.TrimPrefix(name, "_"))
		is := to.Get(name)
		at := path + "." + memberName(slot, name)
		switch {
		case is == nil:
			d.gone(was, slot, at)
		case was.Kind() == fhir.Array && is.Kind() == fhir.Array:
			d.list(was, is, slot, at)
		default:
			d.value(was, is, slot, at)
		}
	}
	for name, is := range to.Members() {
		if from.Get(name) != nil || skipped(name, path) {
			continue
		}
		slot, _ := s.Slot(strings.TrimPrefix(name, "_"))
		member := memberName(slot, name)
		for v := range is.Each() {
			d.op("add", path, nameOf(member), valueOf("value", v, slot.Type))
		}
	}
}

func skipped(name, path string) bool {
	return name == "resourceType" || strings.HasSuffix(path, ".meta") && strings.Count(path, ".") == 1 && (name == "versionId" || name == "lastUpdated")
}

// memberName is the element's name as FHIRPath has it: "value" for
// "valueQuantity".
func memberName(slot fhir.Slot, name string) string {
	if slot.Element != nil {
		return slot.Element.Name
	}
	return strings.TrimPrefix(name, "_")
}

func nameOf(member string) *fhir.Value { return fhir.Obj("name", "name", "valueString", member) }

func (d *differ) gone(was *fhir.Value, slot fhir.Slot, at string) {
	if was.Kind() != fhir.Array {
		d.op("delete", at, valueOf("previousValue", was, slot.Type))
		return
	}
	for i := was.Len() - 1; i >= 0; i-- {
		d.op("delete", at+"["+strconv.Itoa(i)+"]", valueOf("previousValue", was.At(i), slot.Type))
	}
}

// list compares two lists place by place: what they begin with and end with
// alike is left alone, so that one that is put in or taken out shows as such.
func (d *differ) list(was, is *fhir.Value, slot fhir.Slot, at string) {
	head, tail := 0, 0
	for head < min(was.Len(), is.Len()) && fhir.Equal(was.At(head), is.At(head)) {
		head++
	}
	for tail < min(was.Len(), is.Len())-head && fhir.Equal(was.At(was.Len()-1-tail), is.At(is.Len()-1-tail)) {
		tail++
	}
	n, m := was.Len()-head-tail, is.Len()-head-tail
	for i := range min(n, m) {
		d.value(was.At(head+i), is.At(head+i), slot, at+"["+strconv.Itoa(head+i)+"]")
	}
	for i := n - 1; i >= m; i-- {
		d.op("delete", at+"["+strconv.Itoa(head+i)+"]", valueOf("previousValue", was.At(head+i), slot.Type))
	}
	for i := n; i < m; i++ {
		d.op("insert", at, fhir.Obj("name", "index", "valueInteger", head+i), valueOf("value", is.At(head+i), slot.Type))
	}
}

func (d *differ) value(was, is *fhir.Value, slot fhir.Slot, at string) {
	if fhir.Equal(was, is) {
		return
	}
	if was.Kind() == fhir.Object && is.Kind() == fhir.Object && slot.Type != nil && slot.Type.Form == fhir.ComplexType {
		d.object(was, is, slot.Type, at)
		return
	}
	d.op("replace", at, valueOf("previousValue", was, slot.Type), valueOf("value", is, slot.Type))
}

// valueOf writes a value as a parameter: value[x] for a data type, parts for a
// backbone element, resource for a resource.
func valueOf(name string, v *fhir.Value, t *fhir.Structure) *fhir.Value {
	switch {
	case t == nil:
		return fhir.Obj("name", name, "valueString", string(v.JSON()))
	case t.Form == fhir.ResourceType:
		return fhir.Obj("name", name, "resource", v)
	case strings.Contains(t.Name, "."):
		parts := []any{}
		for member, m := range v.Members() {
			slot, _ := t.Slot(member)
			for each := range m.Each() {
				parts = append(parts, valueOf(memberName(slot, member), each, slot.Type))
			}
		}
		return fhir.Obj("name", name, "part", fhir.Arr(parts...))
	}
	return fhir.Obj("name", name, "value"+strings.ToUpper(t.Name[:1])+t.Name[1:], v)
}
