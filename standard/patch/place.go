package patch

import (
	"slices"

	"concord/fault"
	"concord/standard/fhir"
)

// value is the JSON value of the element, nil when it has only a companion.
func (p place) value() *node { return p.part(p.home.get(p.member)) }

// extra is the companion of the element, or nil.
func (p place) extra() *node { return p.part(p.home.get("_" + p.member)) }

func (p place) part(n *node) *node {
	switch {
	case n == nil || p.index < 0:
		return n
	case p.index < n.size():
		return n.items[p.index]
	}
	return nil
}

// setExtra gives the element a companion.
func (p place) setExtra(extra *node) {
	if p.index < 0 {
		p.home.set("_"+p.member, extra)
		return
	}
	p.full("_" + p.member).items[p.index] = extra
}

// length is the size of the list that the member is, companions included.
func (p place) length() int {
	size := 0
	for _, name := range [...]string{p.member, "_" + p.member} {
		if n := p.home.get(name); n != nil && n.kind == fhir.Array {
			size = max(size, n.size())
		}
	}
	return size
}

// full is the list of values or of companions, made as long as the other.
func (p place) full(name string) *node {
	size := p.length()
	list := p.home.get(name)
	if list == nil || list.kind != fhir.Array {
		list = &node{kind: fhir.Array}
		p.home.set(name, list)
	}
	for list.size() < size {
		list.items = append(list.items, null())
	}
	return list
}

// remove takes the element out of its home, with its companion.
func (p place) remove() {
	if p.index < 0 {
		p.home.drop(p.member)
		p.home.drop("_" + p.member)
		return
	}
	for _, name := range [...]string{p.member, "_" + p.member} {
		list := p.home.get(name)
		if list == nil {
			continue
		}
		if p.index < list.size() {
			list.cut(p.index)
		}
		p.dropNulls(name)
	}
}

// dropNulls removes a list that holds nothing any more.
func (p place) dropNulls(name string) {
	list := p.home.get(name)
	list.open()
	if !slices.ContainsFunc(list.items, func(m *node) bool { return m.kind != fhir.Null }) {
		p.home.drop(name)
	}
}

// replace puts another value in the place of the element. That of a choice may
// be of another type, which changes the member's name.
func (p place) replace(part *fhir.Value) *fault.Fault {
	s, f := slotAt(p.of, p.member, part)
	if f != nil {
		return f
	}
	e, f := s.build(part)
	if f != nil {
		return f
	}
	if p.index >= 0 {
		p.full(p.member).items[p.index] = e.valueOrNull()
		if e.extra != nil || p.extra() != nil {
			p.setExtra(e.extraOrNull())
			p.dropNulls("_" + p.member)
		}
		return nil
	}
	p.rename(s.member)
	p.member = s.member
	if e.value == nil {
		p.home.drop(p.member)
	} else {
		p.home.set(p.member, e.value)
	}
	p.home.drop("_" + p.member)
	if e.extra != nil {
		p.home.set("_"+p.member, e.extra)
	}
	return nil
}

// rename keeps the place among the members of the object.
func (p place) rename(member string) {
	if member == p.member {
		return
	}
	p.home.drop("_" + p.member)
	if i := p.home.find(p.member); i >= 0 {
		p.home.names[i] = member
	}
}
