package fhirpath

import (
	"github.com/cockroachdb/apd/v3"
)

// Math (http://hl7.org/fhirpath/N1/#math). Where a function has no result, such
// as the root of a negative number, the result is empty.

// amount takes the input: a number or a quantity, one at most.
func amount(items []Item) (x Item, ok bool, err error) {
	it, err := one(items)
	if err != nil || it == nil {
		return x, false, err
	}
	x, ok = it.system()
	if !ok {
		q, isQuantity := quantityOf(it)
		if !isQuantity {
			return x, false, errType("the function works on numbers")
		}
		x = quantityItem(q)
	}
	switch x.kind {
	case integerKind, decimalKind, quantityKind:
		return x, true, nil
	}
	return x, false, errType("the function works on numbers")
}

func abs(m *machine, c call) error {
	x, ok, err := amount(c.in(m))
	if err != nil || !ok {
		return err
	}
	switch {
	case x.kind == integerKind && x.num < 0,
		x.kind == decimalKind && x.decimal().Negative,
		x.kind == quantityKind && x.quantity().value.Negative:
		x = minus(x)
	}
	return m.push(x)
}

// rounded makes ceiling, floor and truncate, which give Integers.
func rounded(by func(*apd.Decimal) (*apd.Decimal, bool)) func(*machine, call) error {
	return func(m *machine, c call) error {
		d, ok, err := decimalIn(c.in(m))
		if err != nil || !ok {
			return err
		}
		out, ok := by(d)
		if !ok {
			return nil
		}
		if n, ok := wholeOf(out); ok && fits32(n) {
			return m.push(integerItem(n))
		}
		return nil
	}
}

// decimalIn takes one number at most.
func decimalIn(items []Item) (*apd.Decimal, bool, error) {
	x, ok, err := amount(items)
	if err != nil || !ok {
		return nil, false, err
	}
	d, ok := x.asDecimal()
	if !ok {
		return nil, false, errType("the function works on numbers without unit")
	}
	return d, true, nil
}

func ceiling(d *apd.Decimal) (*apd.Decimal, bool) { return towards(d, apd.RoundCeiling) }

func floor(d *apd.Decimal) (*apd.Decimal, bool) { return towards(d, apd.RoundFloor) }

func towards(d *apd.Decimal, rounder apd.Rounder) (*apd.Decimal, bool) {
	c := apd.BaseContext.WithPrecision(3 * maxDigits)
	c.Rounding = rounder
	out := new(apd.Decimal)
	_, err := c.Quantize(out, d, 0)
	return out, err == nil
}

func round(m *machine, c call) error {
	d, ok, err := decimalIn(c.in(m))
	if err != nil || !ok {
		return err
	}
	n, _, err := integer(c.arg(m, 0))
	if err != nil {
		return err
	}
	if n < 0 {
		return errType("a precision is not negative")
	}
	if n > maxDigits {
		return nil
	}
	out, ok := roundTo(d, int32(n))
	if !ok {
		return nil
	}
	return m.push(decimalItem(out))
}

func exp(out, x *apd.Decimal) error { _, err := working().Exp(out, x); return err }

func ln(out, x *apd.Decimal) error { _, err := working().Ln(out, x); return err }

func sqrt(out, x *apd.Decimal) error { _, err := working().Sqrt(out, x); return err }

func transcendental(f func(out, x *apd.Decimal) error) func(*machine, call) error {
	return func(m *machine, c call) error {
		d, ok, err := decimalIn(c.in(m))
		if err != nil || !ok {
			return err
		}
		return m.pushWorked(d, f)
	}
}

// stepsOfFunction is what a transcendental function costs.
const stepsOfFunction = 2000

func (m *machine) pushWorked(d *apd.Decimal, f func(out, x *apd.Decimal) error) error {
	if err := m.use(stepsOfFunction); err != nil {
		return err
	}
	out := new(apd.Decimal)
	if err := f(out, short(d)); err != nil {
		return nil // no result, or one that cannot be written
	}
	if out, ok := given(out); ok && bounded(out) {
		return m.push(decimalItem(out))
	}
	return nil
}

// short rounds an operand to the digits that functions work with.
func short(d *apd.Decimal) *apd.Decimal {
	out := new(apd.Decimal)
	if _, err := working().Round(out, d); err != nil {
		return d
	}
	return out
}

func log(m *machine, c call) error {
	d, ok, err := decimalIn(c.in(m))
	if err != nil || !ok {
		return err
	}
	base, ok, err := decimalIn(c.arg(m, 0))
	if err != nil || !ok {
		return err
	}
	return m.pushWorked(d, func(out, x *apd.Decimal) error {
		below := new(apd.Decimal)
		if err := ln(below, short(base)); err != nil {
			return err
		}
		if err := ln(out, x); err != nil {
			return err
		}
		_, err := working().Quo(out, out, below)
		return err
	})
}

func power(m *machine, c call) error {
	x, ok, err := amount(c.in(m))
	if err != nil || !ok {
		return err
	}
	y, ok, err := amount(c.arg(m, 0))
	if err != nil || !ok {
		return err
	}
	d, ok := x.asDecimal()
	e, ok2 := y.asDecimal()
	if !ok || !ok2 {
		return errType("the function works on numbers without unit")
	}
	mark := len(m.stack)
	err = m.pushWorked(d, func(out, x *apd.Decimal) error {
		_, err := working().Pow(out, x, short(e))
		return err
	})
	if err != nil || len(m.stack) == mark || x.kind != integerKind || y.kind != integerKind {
		return err
	}
	// Of two Integers an Integer, if it is one.
	out := m.stack[mark].decimal()
	if n, ok := wholeOf(out); ok && fits32(n) && out.Cmp(apd.New(n, 0)) == 0 {
		m.stack[mark] = integerItem(n)
	}
	return nil
}
