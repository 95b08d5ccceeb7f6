package fhirpath

import "github.com/cockroachdb/apd/v3"

// compileSign makes the code of +x and -x.
func compileSign(op string, in code) code {
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return err
		}
		it, ok, err := m.single(mark)
		if err != nil || !ok {
			return err
		}
		x, ok := it.system()
		if !ok {
			q, isQuantity := quantityOf(&it)
			if !isQuantity {
				return errOperands()
			}
			x = quantityItem(q)
		}
		switch x.kind {
		case integerKind, decimalKind, quantityKind:
		default:
			return errOperands()
		}
		if op == "-" {
			x = minus(x)
		}
		return m.push(x)
	})
}

func minus(x Item) Item {
	switch x.kind {
	case integerKind:
		return integerItem(-x.num)
	case decimalKind:
		return decimalItem(negative(x.decimal()))
	}
	q := x.quantity()
	return quantityItem(newQuantity(negative(&q.value), q.unit, q.calendar))
}

// negative has no -0.
func negative(d *apd.Decimal) *apd.Decimal {
	out := new(apd.Decimal).Set(d)
	out.Negative = !d.Negative && !d.IsZero()
	return out
}
