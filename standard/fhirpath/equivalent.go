package fhirpath

import (
	"strings"

	"github.com/cockroachdb/apd/v3"

	"concord/standard/fhir"
)

// equivalentItems compares two items with ~
// (http://hl7.org/fhirpath/N1/#equivalent).
func (m *machine) equivalentItems(a, b *Item) (bool, error) {
	if err := m.step(); err != nil {
		return false, err
	}
	x, xok := a.system()
	y, yok := b.system()
	if a.kind == nodeKind && b.kind == nodeKind && !xok && !yok {
		return m.equivalentJSON(a.value, b.value)
	}
	if xok && yok {
		switch {
		case x.kind == stringKind && y.kind == stringKind:
			return folded(x.str()) == folded(y.str()), nil
		case x.isDate() && x.kind == y.kind || x.kind == timeKind && y.kind == timeKind:
			return x.moment().equivalent(y.moment()), nil
		case x.isDate() && y.isDate():
			return x.moment().equivalent(y.moment()), nil
		}
		if d, ok := x.asDecimal(); ok {
			if e, ok := y.asDecimal(); ok {
				return equivalentDecimals(d, e), nil
			}
		}
	}
	p, ok := a.asQuantity()
	q, ok2 := b.asQuantity()
	if ok && ok2 {
		return p.equivalent(q), nil
	}
	return xok && yok && x.kind == y.kind && sameKind(&x, &y) == yes, nil
}

// folded ignores case and how much white space there is.
func folded(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// equivalentDecimals rounds to the fewer digits after the point.
func equivalentDecimals(a, b *apd.Decimal) bool {
	n := min(decimals(a), decimals(b))
	x, ok := roundTo(a, n)
	y, ok2 := roundTo(b, n)
	return ok && ok2 && x.Cmp(y) == 0
}

// equivalentJSON ignores the order of arrays.
func (m *machine) equivalentJSON(a, b *fhir.Value) (bool, error) {
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
		return m.equivalentArrays(a, b)
	case fhir.Object:
		for name, v := range a.Members() {
			other := b.Get(name)
			if other == nil {
				return false, nil
			}
			if same, err := m.equivalentJSON(v, other); err != nil || !same {
				return false, err
			}
		}
		return true, nil
	case fhir.Number:
		x, ok := parseDecimal(a.Raw())
		y, ok2 := parseDecimal(b.Raw())
		return ok && ok2 && equivalentDecimals(x, y), nil
	case fhir.String:
		return folded(a.Str()) == folded(b.Str()), nil
	}
	return a.Text() == b.Text(), nil
}

func (m *machine) equivalentArrays(a, b *fhir.Value) (bool, error) {
	taken := make([]bool, b.Len())
next:
	for v := range a.Each() {
		for i := range taken {
			if taken[i] {
				continue
			}
			same, err := m.equivalentJSON(v, b.At(i))
			if err != nil {
				return false, err
			}
			if same {
				taken[i] = true
				continue next
			}
		}
		return false, nil
	}
	return true, nil
}
