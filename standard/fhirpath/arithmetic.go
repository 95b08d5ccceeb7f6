package fhirpath

import (
	"github.com/cockroachdb/apd/v3"

	"concord/standard/ucum"
)

// compileArithmetic makes the code of + - * / div mod and &
// (http://hl7.org/fhirpath/N1/#math). A result that cannot be written, such as
// that of a division by zero, is empty.
func compileArithmetic(op string, left, right code) code {
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := left.push(m); err != nil {
			return err
		}
		a, aok, err := m.single(mark)
		if err != nil {
			return err
		}
		if err := right.push(m); err != nil {
			return err
		}
		b, bok, err := m.single(mark)
		if err != nil {
			return err
		}
		if op == "&" {
			return m.concatenate(&a, aok, &b, bok)
		}
		if !aok || !bok {
			return nil
		}
		out, ok, err := calculate(op, &a, &b)
		if err != nil || !ok {
			return err
		}
		if out.kind == stringKind && len(out.str()) > maxText {
			return errSize()
		}
		return m.push(out)
	})
}

// concatenate is &: an empty side counts as an empty text.
func (m *machine) concatenate(a *Item, aok bool, b *Item, bok bool) error {
	var x, y string
	for _, side := range [...]struct {
		it   *Item
		ok   bool
		text *string
	}{{a, aok, &x}, {b, bok, &y}} {
		if !side.ok {
			continue
		}
		s, ok := side.it.plain()
		if !ok {
			return errType("& joins texts")
		}
		*side.text = s
	}
	if len(x)+len(y) > maxText {
		return errSize()
	}
	return m.push(stringItem(x + y))
}

func calculate(op string, a, b *Item) (Item, bool, error) {
	x, xok := a.system()
	y, yok := b.system()
	if q, ok := quantityOf(a); !xok && ok {
		x, xok = quantityItem(q), true
	}
	if q, ok := quantityOf(b); !yok && ok {
		y, yok = quantityItem(q), true
	}
	if !xok || !yok {
		return Item{}, false, errOperands()
	}
	switch {
	case x.kind == integerKind && y.kind == integerKind && op != "/":
		out, ok := integers(op, x.num, y.num)
		return out, ok, nil
	case x.kind == stringKind && y.kind == stringKind && op == "+":
		return stringItem(x.str() + y.str()), true, nil
	case (x.isDate() || x.kind == timeKind) && y.kind == quantityKind && (op == "+" || op == "-"):
		out, ok, err := x.moment().add(y.quantity(), op == "-")
		if err != nil || !ok {
			return Item{}, false, err
		}
		return out.item(), true, nil
	case x.kind == quantityKind || y.kind == quantityKind:
		return quantities(op, &x, &y)
	}
	d, ok := x.asDecimal()
	e, ok2 := y.asDecimal()
	if !ok || !ok2 {
		return Item{}, false, errOperands()
	}
	out, ok := decimalsOf(op, d, e)
	return out, ok, nil
}

func errOperands() error {
	return errType("the expression calculates with what is no number, quantity, date or text")
}

func integers(op string, x, y int64) (Item, bool) {
	var n int64
	switch op {
	case "+":
		n = x + y
	case "-":
		n = x - y
	case "*":
		if !fits32(x) || !fits32(y) {
			return Item{}, false
		}
		n = x * y
	case "div", "mod":
		if y == 0 {
			return Item{}, false
		}
		n = x / y
		if op == "mod" {
			n = x % y
		}
	}
	return integerItem(n), fits32(n)
}

func decimalsOf(op string, x, y *apd.Decimal) (Item, bool) {
	out := new(apd.Decimal)
	var err error
	switch c := exactly(); op {
	case "+":
		_, err = c.Add(out, x, y)
	case "-":
		_, err = c.Sub(out, x, y)
	case "*":
		_, err = c.Mul(out, x, y)
	case "/":
		if y.IsZero() {
			return Item{}, false
		}
		if _, err = working().Quo(out, x, y); err != nil {
			return Item{}, false
		}
		out, ok := given(out)
		return decimalItem(out), ok
	case "div":
		if _, err = c.QuoInteger(out, x, y); err != nil {
			return Item{}, false
		}
		n, ok := wholeOf(out)
		return integerItem(n), ok && fits32(n)
	case "mod":
		_, err = c.Rem(out, x, y)
	}
	if err != nil || !bounded(out) {
		return Item{}, false
	}
	return decimalItem(out), true
}

// bounded keeps numbers from growing until writing them out costs too much.
func bounded(d *apd.Decimal) bool {
	return d.Form == apd.Finite && d.Exponent <= maxDigits && d.Exponent >= -maxDigits
}

func quantities(op string, x, y *Item) (Item, bool, error) {
	p, ok := x.asQuantity()
	q, ok2 := y.asQuantity()
	if !ok || !ok2 {
		return Item{}, false, errOperands()
	}
	var unit string
	var other = &q.value
	switch op {
	case "+", "-":
		converted, ok := q.in(p)
		if !ok {
			return Item{}, false, nil
		}
		other, unit = converted, p.unit
	case "*":
		unit, ok = productUnit(p, q, ".")
	case "/":
		unit, ok = productUnit(p, q, "/")
	default:
		return Item{}, false, errOperands()
	}
	if !ok {
		return Item{}, false, nil
	}
	out, ok := decimalsOf(op, &p.value, other)
	if !ok {
		return Item{}, false, nil
	}
	calendar := p.calendar && (op == "+" || op == "-")
	return quantityItem(newQuantity(out.decimal(), unit, calendar)), true, nil
}

// in converts the value into the unit of o.
func (q *quantity) in(o *quantity) (*apd.Decimal, bool) {
	if q.sameUnit(o) {
		return &q.value, true
	}
	qu, ok := q.measure()
	ou, ok2 := o.measure()
	value, ok3 := ratOf(&q.value)
	if !ok || !ok2 || !ok3 || qu.Powers != ou.Powers {
		return nil, false
	}
	value.Mul(value, qu.Factor)
	value.Quo(value, ou.Factor)
	d, ok := parseDecimal(value.FloatString(givenDigits))
	if !ok {
		return nil, false
	}
	return reduced(d), true
}

// productUnit writes the unit of a product or a quotient.
func productUnit(p, q *quantity, sign string) (string, bool) {
	a, b := p.ucum(), q.ucum()
	switch {
	case a == "" || b == "":
		return "", false
	case b == "1":
		return a, true
	case a == "1" && sign == ".":
		return b, true
	case a == "1":
		return "/(" + b + ")", len(b) < ucum.MaxText
	}
	if sign == "/" {
		b = "(" + b + ")"
	}
	return a + sign + b, len(a)+len(b) < ucum.MaxText
}

// ucum is the unit as UCUM writes it, "" for calendar years and months.
func (q *quantity) ucum() string {
	if q.calendar {
		return ucumOfCalendar[calendarUnit(q.unit)]
	}
	return q.unit
}
