package patch

import (
	"concord/fault"
)

// list finds the list that the path leads to: all elements of one repeating
// member, or the empty place of one.
func (op *operation) list() (place, int, *fault.Fault) {
	found, f := op.eval(op.path)
	if f != nil {
		return place{}, 0, f
	}
	if len(found) == 0 {
		p, f := op.emptyList()
		return p, 0, f
	}
	var p place
	for i, t := range found {
		if len(t) == 0 {
			return p, 0, errList()
		}
		last := t[len(t)-1]
		if i > 0 && (last.home != p.home || last.member != p.member) || last.index < 0 {
			return p, 0, errList()
		}
		p = last
	}
	if p.length() != len(found) {
		return p, 0, errList()
	}
	return p, len(found), nil
}

func errList() *fault.Fault {
	return fault.New(fault.Invalid, "patch.list", "the path does not lead to one whole list")
}

// emptyList reads "Patient.name" as the list of names of a patient who has
// none.
func (op *operation) emptyList() (place, *fault.Fault) {
	home, member, ok := op.path.Split()
	if !ok {
		return place{}, errPath("the path leads to no element")
	}
	found, f := op.eval(home)
	if f != nil {
		return place{}, f
	}
	if len(found) != 1 {
		return place{}, errPath("the path leads to no element")
	}
	n, typ := op.object(found[0])
	if typ == nil {
		return place{}, errPath("the path leads to no element")
	}
	slot, ok := typ.Slot(member)
	if !ok || !slot.Element.Many {
		return place{}, errList()
	}
	return place{home: n, of: typ, member: member}, nil
}

func (op *operation) number(name string, most int) (int, *fault.Fault) {
	n, ok := op.numbers[name]
	if !ok {
		return 0, errSyntax("the operation needs " + name)
	}
	if n < 0 || n > most {
		return 0, fault.New(fault.Invalid, "patch.index", "%s lies outside the list", name)
	}
	return n, nil
}

func (op *operation) insert() *fault.Fault {
	p, size, f := op.list()
	if f != nil {
		return f
	}
	i, f := op.number("index", size)
	if f != nil {
		return f
	}
	s, f := slotAt(p.of, p.member, op.value)
	if f != nil {
		return f
	}
	e, f := s.build(op.value)
	if f != nil {
		return f
	}
	p.insertAt(i, e)
	return nil
}

// insertAt puts an element into the list, with a companion if the list has
// companions or the element brings one.
func (p place) insertAt(i int, e element) {
	beside := p.home.get("_"+p.member) != nil || e.extra != nil
	p.full(p.member).insert(i, e.valueOrNull())
	if beside {
		// The list of values is the longer one now by the element itself.
		list := p.full("_" + p.member)
		list.cut(list.size() - 1)
		list.insert(i, e.extraOrNull())
	}
}

func (op *operation) move() *fault.Fault {
	p, size, f := op.list()
	if f != nil {
		return f
	}
	from, f := op.number("source", size-1)
	if f != nil {
		return f
	}
	to, f := op.number("destination", size-1)
	if f != nil {
		return f
	}
	for _, name := range [...]string{p.member, "_" + p.member} {
		if p.home.get(name) != nil {
			list := p.full(name)
			list.insert(to, list.cut(from))
		}
	}
	return nil
}
