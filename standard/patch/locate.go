package patch

import (
	"strings"

	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

// trail is the way from the resource to an element, a place a level; it is
// empty for the resource itself.
type trail []place

// place is where an element stands: a member of an object, or an element of the
// list that the member is. A primitive has its companion "_name" beside it.
type place struct {
	home   *node           // the object
	of     *fhir.Structure // its type, nil when unknown
	member string          // JSON name of the element's value
	index  int             // in the list; -1 when the member is no list
}

// locate finds the way to an element that an expression gave. The expression
// gives parts of the document themselves, so they are known by identity.
func (op *operation) locate(n fhirpath.Node) (trail, bool) {
	wanted := n.Value
	if wanted == nil {
		wanted = n.Extra
	}
	if wanted == op.doc {
		return nil, true
	}
	steps, ok := search(op.doc, wanted)
	if !ok {
		return nil, false
	}
	var t trail
	at, typ, v := op.root, fhir.StructureOf(op.doc.Type()), op.doc
	for i := 0; i < len(steps); i++ {
		p := place{home: at, of: typ, index: -1}
		p.member, _ = strings.CutPrefix(steps[i].name, "_")
		at, v = at.get(steps[i].name), v.Get(steps[i].name)
		if i+1 < len(steps) && steps[i+1].name == "" {
			i++
			p.index = steps[i].index
			at.open()
			at, v = at.items[p.index], v.At(p.index)
		}
		typ = typeAt(typ, p.member, v)
		t = append(t, p)
	}
	return t, true
}

// typeAt is the type of a member; a resource says its own.
func typeAt(of *fhir.Structure, member string, v *fhir.Value) *fhir.Structure {
	if of == nil {
		return nil
	}
	slot, ok := of.Slot(member)
	if !ok {
		return nil
	}
	if slot.Type.Form == fhir.ResourceType {
		return fhir.StructureOf(v.Type())
	}
	return slot.Type
}

// step is a member of an object (name), or an element of an array (index).
type step struct {
	name  string
	index int
}

// search finds a value in another by identity.
func search(v, wanted *fhir.Value) ([]step, bool) {
	switch v.Kind() {
	case fhir.Array:
		for i := range v.Len() {
			if e := v.At(i); e == wanted {
				return []step{{index: i}}, true
			} else if below, ok := search(e, wanted); ok {
				return append([]step{{index: i}}, below...), true
			}
		}
	case fhir.Object:
		for name, e := range v.Members() {
			if e == wanted {
				return []step{{name: name}}, true
			}
			if below, ok := search(e, wanted); ok {
				return append([]step{{name: name}}, below...), true
			}
		}
	}
	return nil, false
}

// object is the object that the members of an element stand in: the element
// itself, or the companion of a primitive, made when there is none yet.
func (op *operation) object(t trail) (*node, *fhir.Structure) {
	if len(t) == 0 {
		return op.root, fhir.StructureOf(op.doc.Type())
	}
	p := t[len(t)-1]
	value := p.value()
	if value != nil && value.kind == fhir.Object {
		typ := (*fhir.Structure)(nil)
		if p.of != nil {
			if slot, ok := p.of.Slot(p.member); ok {
				typ = slot.Type
			}
		}
		if typ == nil || typ.Form == fhir.ResourceType {
			if kind := value.get("resourceType"); kind != nil {
				typ = fhir.StructureOf(kind.whole.Str())
			}
		}
		return value, typ
	}
	extra := p.extra()
	if extra == nil || extra.kind != fhir.Object {
		extra = emptyObject()
		p.setExtra(extra)
	}
	return extra, fhir.StructureOf("Element")
}

// prune removes the objects on the way that have become empty.
func (op *operation) prune(t trail) {
	for i := len(t) - 1; i > 0; i-- {
		if !t[i].home.bare() {
			return
		}
		t[i-1].remove()
	}
}
