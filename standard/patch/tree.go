package patch

import (
	"slices"

	"concord/fault"
	"concord/standard/fhir"
)

// node is one JSON value while a document is edited. A subtree that nobody
// looks into stays the fhir.Value that it was.
type node struct {
	whole *fhir.Value // nil once the node was opened
	kind  fhir.Kind
	names []string // of an object, beside items
	items []*node
}

func nodeOf(v *fhir.Value) *node { return &node{whole: v, kind: v.Kind()} }

func emptyObject() *node { return &node{kind: fhir.Object} }

// null is the place of a primitive that has no value, or no companion.
func null() *node { return &node{kind: fhir.Null} }

// open makes the members of an array or object editable.
func (n *node) open() {
	if n.whole == nil || n.kind != fhir.Array && n.kind != fhir.Object {
		return
	}
	v := n.whole
	n.whole = nil
	n.items = make([]*node, 0, v.Len()+1)
	if n.kind == fhir.Array {
		for i := range v.Len() {
			n.items = append(n.items, nodeOf(v.At(i)))
		}
		return
	}
	for name, m := range v.Members() {
		n.names = append(n.names, name)
		n.items = append(n.items, nodeOf(m))
	}
}

// find gives the place of a member of an object, or -1.
func (n *node) find(name string) int {
	if n.kind != fhir.Object {
		return -1
	}
	n.open()
	return slices.Index(n.names, name)
}

// get gives a member of an object, or nil.
func (n *node) get(name string) *node {
	if i := n.find(name); i >= 0 {
		return n.items[i]
	}
	return nil
}

// set replaces a member in its place, or adds it at the end.
func (n *node) set(name string, m *node) {
	if i := n.find(name); i >= 0 {
		n.items[i] = m
		return
	}
	n.names, n.items = append(n.names, name), append(n.items, m)
}

// drop removes a member, if it is there.
func (n *node) drop(name string) {
	if i := n.find(name); i >= 0 {
		n.names, n.items = slices.Delete(n.names, i, i+1), slices.Delete(n.items, i, i+1)
	}
}

// insert puts an element into an array.
func (n *node) insert(i int, m *node) {
	n.open()
	n.items = slices.Insert(n.items, i, m)
}

// cut takes an element out of an array.
func (n *node) cut(i int) *node {
	n.open()
	m := n.items[i]
	n.items = slices.Delete(n.items, i, i+1)
	return m
}

// size is the number of elements of an array.
func (n *node) size() int {
	n.open()
	return len(n.items)
}

// bare tells an object without members or an array without elements.
func (n *node) bare() bool {
	return (n.kind == fhir.Object || n.kind == fhir.Array) && n.size() == 0
}

// clone copies a subtree, so that both may be edited.
func (n *node) clone() *node {
	c := &node{whole: n.whole, kind: n.kind, names: slices.Clone(n.names)}
	for _, m := range n.items {
		c.items = append(c.items, m.clone())
	}
	return c
}

// count is the number of values of a subtree, counted up to a limit.
func (n *node) count(limit int) int {
	if n.whole != nil {
		return countValue(n.whole, limit)
	}
	total := 1
	for _, m := range n.items {
		if total > limit {
			break
		}
		total += m.count(limit - total)
	}
	return total
}

func countValue(v *fhir.Value, limit int) int {
	total := 1 + len(v.Raw())/64
	switch v.Kind() {
	case fhir.Array:
		for e := range v.Each() {
			if total > limit {
				break
			}
			total += countValue(e, limit-total)
		}
	case fhir.Object:
		for _, e := range v.Members() {
			if total > limit {
				break
			}
			total += countValue(e, limit-total)
		}
	}
	return total
}

// append writes the subtree as JSON.
func (n *node) append(dst []byte) []byte {
	switch {
	case n.whole != nil:
		return n.whole.Append(dst)
	case n.kind == fhir.Array:
		dst = append(dst, '[')
		for i, m := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = m.append(dst)
		}
		return append(dst, ']')
	case n.kind == fhir.Object:
		dst = append(dst, '{')
		for i, m := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendName(dst, n.names[i]), ':')
			dst = m.append(dst)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

func appendName(dst []byte, name string) []byte {
	if name == "" {
		return append(dst, `""`...)
	}
	return append(dst, fhir.Of(name).Raw()...)
}

// value makes the document of an edited tree.
func (n *node) value() (*fhir.Value, error) {
	v, err := fhir.Parse(n.append(make([]byte, 0, 4096)))
	if err != nil {
		// The parts were read before: only their nesting can be too deep now.
		return nil, fault.Wrap(err, fault.Invalid, "patch.depth", "the patched document nests too deeply")
	}
	return v, nil
}
