package fhirpath

import (
	"concord/standard/fhir"
)

// equalItems compares two items with = (http://hl7.org/fhirpath/N1/#equals).
func (m *machine) equalItems(a, b *Item) (truth, error) {
	if err := m.step(); err != nil {
		return unknown, err
	}
	if x, ok := a.plain(); ok {
		if y, ok := b.plain(); ok {
			return truthOf(x == y), nil
		}
	}
	if x, ok := a.whole(); ok {
		if y, ok := b.whole(); ok {
			return truthOf(x == y), nil
		}
	}
	return m.equalValues(a, b)
}

func (m *machine) equalValues(a, b *Item) (truth, error) {
	x, xok := a.system()
	y, yok := b.system()
	switch {
	case a.kind == nodeKind && b.kind == nodeKind && !xok && !yok:
		return m.equalNodes(a, b)
	case !xok || !yok:
		return equalQuantities(a, b), nil
	case x.kind == y.kind:
		return sameKind(&x, &y), nil
	}
	if d, ok := x.asDecimal(); ok {
		if e, ok := y.asDecimal(); ok {
			return truthOf(d.Cmp(e) == 0), nil
		}
	}
	if x.isDate() && y.isDate() {
		order, known := x.moment().compare(y.moment())
		if !known {
			return unknown, nil
		}
		return truthOf(order == 0), nil
	}
	if x.kind == quantityKind || y.kind == quantityKind {
		return equalQuantities(&x, &y), nil
	}
	return no, nil
}

func (it *Item) isDate() bool { return it.kind == dateKind || it.kind == dateTimeKind }

// sameKind compares two System values of one kind.
func sameKind(x, y *Item) truth {
	switch x.kind {
	case booleanKind, integerKind:
		return truthOf(x.num == y.num)
	case stringKind:
		return truthOf(x.str() == y.str())
	case decimalKind:
		return truthOf(x.decimal().Cmp(y.decimal()) == 0)
	case dateKind, dateTimeKind, timeKind:
		order, known := x.moment().compare(y.moment())
		if !known {
			return unknown
		}
		return truthOf(order == 0)
	case quantityKind:
		return equalQuantities(x, y)
	case typeKind:
		return truthOf(x.ref == y.ref)
	}
	return no
}

// equalQuantities compares what can be read as quantities; a number is a
// quantity with unit '1'.
func equalQuantities(a, b *Item) truth {
	p, ok := a.asQuantity()
	q, ok2 := b.asQuantity()
	if !ok || !ok2 {
		return no
	}
	order, known := p.compare(q)
	if !known {
		return unknown
	}
	return truthOf(order == 0)
}

func (it *Item) asQuantity() (*quantity, bool) {
	if q, ok := quantityOf(it); ok {
		return q, true
	}
	x, ok := it.system()
	if !ok {
		return nil, false
	}
	d, ok := x.asDecimal()
	if !ok {
		return nil, false
	}
	return newQuantity(d, "1", false), true
}

// equalNodes compares two FHIR elements with all their children.
func (m *machine) equalNodes(a, b *Item) (truth, error) {
	if a.value == b.value && a.extra == b.extra {
		return yes, nil
	}
	same, err := m.equalJSON(a.value, b.value)
	if err != nil || !same || a.value != nil {
		return truthOf(same), err
	}
	// Without a value, what tells two primitives apart are their extensions.
	same, err = m.equalJSON(a.extra, b.extra)
	return truthOf(same), err
}

// equalJSON is fhir.Equal, but for numbers, which it compares by value, and for
// the budget.
func (m *machine) equalJSON(a, b *fhir.Value) (bool, error) {
	if err := m.step(); err != nil {
		return false, err
	}
	if a == b {
		return true, nil
	}
	if a.Kind() != b.Kind() || a.Len() != b.Len() {
		return false, nil
	}
	switch a.Kind() {
	case fhir.Array:
		for i := range a.Len() {
			if same, err := m.equalJSON(a.At(i), b.At(i)); err != nil || !same {
				return false, err
			}
		}
		return true, nil
	case fhir.Object:
		for name, v := range a.Members() {
			other := b.Get(name)
			if other == nil {
				return false, nil
			}
			if same, err := m.equalJSON(v, other); err != nil || !same {
				return false, err
			}
		}
		return true, nil
	case fhir.Number:
		return equalNumbers(a.Raw(), b.Raw()), nil
	}
	return a.Text() == b.Text(), nil
}

func equalNumbers(a, b string) bool {
	if a == b {
		return true
	}
	x, ok := parseDecimal(a)
	y, ok2 := parseDecimal(b)
	return ok && ok2 && x.Cmp(y) == 0
}
