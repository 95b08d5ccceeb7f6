package fhirpath

import (
	"github.com/cockroachdb/apd/v3"
)

// Boundaries and precision (http://hl7.org/fhirpath/#boundary-functions): the
// least and the greatest value that a decimal, date or time may stand for.

// The digits that are given when none are asked for, and the most.
const (
	decimalDigits  = 8
	mostDigits     = 31
	dateDigits     = 8
	dateTimeDigits = 17
	timeDigits     = 9
)

// boundary makes lowBoundary and highBoundary.
func boundary(of func(x Item, digits int, asked bool) (Item, bool)) func(*machine, call) error {
	return func(m *machine, c call) error {
		it, err := one(c.in(m))
		if err != nil || it == nil {
			return err
		}
		digits, asked, err := integer(c.arg(m, 0))
		if err != nil {
			return err
		}
		if out, ok := of(*it.scalar(), digits, asked); ok {
			return m.push(out)
		}
		return nil
	}
}

func lowBoundary(x Item, digits int, asked bool) (Item, bool) { return edge(x, digits, asked, false) }

func highBoundary(x Item, digits int, asked bool) (Item, bool) { return edge(x, digits, asked, true) }

func edge(x Item, digits int, asked, high bool) (Item, bool) {
	if !asked {
		digits = map[kind]int{dateKind: dateDigits, dateTimeKind: dateTimeDigits, timeKind: timeDigits}[x.kind]
		if digits == 0 {
			digits = decimalDigits
		}
	}
	switch x.kind {
	case integerKind, decimalKind:
		d, _ := x.asDecimal()
		out, ok := decimalEdge(d, digits, high)
		return decimalItem(out), ok
	case quantityKind:
		q := x.quantity()
		out, ok := decimalEdge(&q.value, digits, high)
		if !ok {
			return Item{}, false
		}
		return quantityItem(newQuantity(out, q.unit, q.calendar)), true
	case dateKind, dateTimeKind, timeKind:
		out, ok := x.moment().edge(digits, high)
		if !ok {
			return Item{}, false
		}
		return out.item(), true
	}
	return Item{}, false
}

// decimalEdge moves half a unit of the last digit outwards, and then cuts to
// the digits asked for. The R4 suite cuts the edge nearer to zero and rounds the
// other half up.
func decimalEdge(d *apd.Decimal, digits int, high bool) (*apd.Decimal, bool) {
	if digits < 0 || digits > mostDigits {
		return nil, false
	}
	outward := high != d.Negative
	half := apd.New(5, -decimals(d)-1)
	out := new(apd.Decimal).Set(d)
	out.Negative = false
	c := apd.BaseContext.WithPrecision(3 * maxDigits)
	var err error
	if outward {
		c.Rounding = apd.RoundHalfUp
		_, err = c.Add(out, out, half)
	} else {
		c.Rounding = apd.RoundDown
		_, err = c.Sub(out, out, half)
	}
	if err != nil {
		return nil, false
	}
	if _, err := c.Quantize(out, out, int32(-digits)); err != nil {
		return nil, false
	}
	out.Negative = out.Negative != d.Negative
	return out, true
}

// edge fills in the parts that are not given, up to the digits asked for: 4 for
// the year, 6 with the month, 8 day, 10 hour, 12 minute, 14 second, 17
// millisecond; 2 to 9 for times.
func (m *moment) edge(digits int, high bool) (*moment, bool) {
	want, ok := m.precisionFor(digits)
	if !ok {
		return nil, false
	}
	out := *m
	if out.precision == toHour && out.dateTime {
		// FHIR has no dateTime to the hour: the R4 suite reads it as the full hour.
		out.precision = toMinute
	}
	if high {
		out.fillHigh()
	} else {
		out.fillLow()
	}
	if want == toSecond && digits == timeDigits || digits == dateTimeDigits {
		out.fraction = 3
	}
	if out.dateTime && !out.zoned && want > toDay {
		out.zoned, out.offset = true, eastmost
		if high {
			out.offset = westmost
		}
	}
	out.precision = want
	if want <= toDay {
		out.zoned, out.dateTime = false, m.dateTime
	}
	return &out, true
}

func (m *moment) precisionFor(digits int) (precision, bool) {
	if m.clock {
		switch digits {
		case 2:
			return toHour, true
		case 4:
			return toMinute, true
		case 6, timeDigits:
			return toSecond, true
		}
		return 0, false
	}
	switch digits {
	case 4:
		return toYear, true
	case 6:
		return toMonth, true
	case dateDigits:
		return toDay, true
	}
	if !m.dateTime {
		return 0, false
	}
	switch digits {
	case 10:
		return toHour, true
	case 12:
		return toMinute, true
	case 14, dateTimeDigits:
		return toSecond, true
	}
	return 0, false
}

func (m *moment) fillLow() {
	if m.precision < toMonth && !m.clock {
		m.month = 1
	}
	if m.precision < toDay && !m.clock {
		m.day = 1
	}
}

func (m *moment) fillHigh() {
	if !m.clock {
		if m.precision < toMonth {
			m.month = 12
		}
		if m.precision < toDay {
			m.day = daysIn(m.year, m.month)
		}
	}
	if m.precision < toHour {
		m.hour = 23
	}
	if m.precision < toMinute {
		m.minute = 59
	}
	if m.precision < toSecond {
		m.second = 59
	}
	if m.fraction == 0 {
		m.nano = 999_000_000
	}
}

// precisionOf counts the digits that are given.
func precisionOf(m *machine, c call) error {
	it, err := one(c.in(m))
	if err != nil || it == nil {
		return err
	}
	x := it.scalar()
	n := 0
	switch x.kind {
	case integerKind:
	case decimalKind:
		n = int(decimals(x.decimal()))
	case dateKind, dateTimeKind, timeKind:
		n = x.moment().digits()
	default:
		return nil
	}
	return m.push(integerItem(int64(n)))
}

func (m *moment) digits() int {
	n := [...]int{toYear: 4, toMonth: 6, toDay: 8, toHour: 10, toMinute: 12, toSecond: 14}[m.precision]
	if m.precision == toSecond && m.fraction > 0 {
		n = dateTimeDigits
	}
	if m.clock {
		n -= dateDigits
	}
	return n
}

// comparable tells whether two quantities measure the same thing.
func comparable(m *machine, c call) error {
	a, err := one(c.in(m))
	if err != nil || a == nil {
		return err
	}
	b, err := one(c.arg(m, 0))
	if err != nil || b == nil {
		return err
	}
	p, ok := a.asQuantity()
	q, ok2 := b.asQuantity()
	if !ok || !ok2 {
		return m.push(booleanItem(false))
	}
	_, _, ok = p.comparable(q)
	return m.push(booleanItem(ok))
}
