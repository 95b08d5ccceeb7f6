package fhirpath

import (
	"strings"
)

// compareItems orders two items for < and the like
// (http://hl7.org/fhirpath/N1/#comparison). known is false where the order is
// open; items of types that have no order are an error.
func (m *machine) compareItems(a, b *Item) (order int, known bool, err error) {
	if err := m.step(); err != nil {
		return 0, false, err
	}
	if x, ok := a.whole(); ok {
		if y, ok := b.whole(); ok {
			return compareInts(x, y), true, nil
		}
	}
	x, xok := a.system()
	y, yok := b.system()
	if xok && yok {
		if order, known, ok := compareSystem(&x, &y); ok {
			return order, known, nil
		}
	}
	p, ok := a.asQuantity()
	q, ok2 := b.asQuantity()
	if ok && ok2 {
		order, known = p.compare(q)
		return order, known, nil
	}
	// A Quantity with a comparator, or without value, has no place in the order.
	if (ok || a.kind == nodeKind && isQuantity(a.typ)) && (ok2 || b.kind == nodeKind && isQuantity(b.typ)) {
		return 0, false, nil
	}
	return 0, false, errType("the expression compares what has no order")
}

func compareSystem(x, y *Item) (order int, known, ok bool) {
	switch {
	case x.kind == stringKind && y.kind == stringKind:
		return strings.Compare(x.str(), y.str()), true, true
	case x.isDate() && y.isDate(), x.kind == timeKind && y.kind == timeKind:
		order, known = x.moment().compare(y.moment())
		return order, known, true
	}
	d, ok := x.asDecimal()
	e, ok2 := y.asDecimal()
	if ok && ok2 {
		return d.Cmp(e), true, true
	}
	return 0, false, false
}

func compareInts(x, y int64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// compileCompare makes the code of <, <=, > and >=.
func compileCompare(op string, left, right code) code {
	return testing(func(m *machine) (truth, error) {
		mark := len(m.stack)
		if err := left.push(m); err != nil {
			return unknown, err
		}
		a, aok, err := m.single(mark)
		if err != nil {
			return unknown, err
		}
		if err := right.push(m); err != nil {
			return unknown, err
		}
		b, bok, err := m.single(mark)
		if err != nil || !aok || !bok {
			return unknown, err
		}
		order, known, err := m.compareItems(&a, &b)
		if err != nil || !known {
			return unknown, err
		}
		switch op {
		case "<":
			return truthOf(order < 0), nil
		case "<=":
			return truthOf(order <= 0), nil
		case ">":
			return truthOf(order > 0), nil
		}
		return truthOf(order >= 0), nil
	})
}
