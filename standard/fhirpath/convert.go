package fhirpath

import (
	"strings"

	"github.com/cockroachdb/apd/v3"

	"concord/standard/fhir"
)

// Conversions (http://hl7.org/fhirpath/N1/#conversion). Each takes one System
// value; ok is false when it cannot be converted.
type conversion func(x *Item) (Item, bool)

// converting makes toX of a conversion.
func converting(f conversion) func(*machine, call) error {
	return func(m *machine, c call) error {
		it, err := one(c.in(m))
		if err != nil || it == nil {
			return err
		}
		if out, ok := f(it.scalar()); ok {
			return m.push(out)
		}
		return nil
	}
}

// converts makes convertsToX of a conversion.
func converts(f conversion) func(*machine, call) error {
	return func(m *machine, c call) error {
		it, err := one(c.in(m))
		if err != nil || it == nil {
			return err
		}
		_, ok := f(it.scalar())
		return m.push(booleanItem(ok))
	}
}

// scalar is the System value of an item, or the item itself if it has none.
func (it *Item) scalar() *Item {
	if x, ok := it.system(); ok {
		return &x
	}
	if q, ok := quantityOf(it); ok {
		x := quantityItem(q)
		return &x
	}
	return it
}

func toBoolean(x *Item) (Item, bool) {
	switch x.kind {
	case booleanKind:
		return *x, true
	case integerKind:
		return booleanItem(x.num == 1), x.num == 0 || x.num == 1
	case decimalKind:
		one := x.decimal().Cmp(apd.New(1, 0)) == 0
		return booleanItem(one), one || x.decimal().IsZero()
	case stringKind:
		switch strings.ToLower(x.str()) {
		case "true", "t", "yes", "y", "1", "1.0":
			return booleanItem(true), true
		case "false", "f", "no", "n", "0", "0.0":
			return booleanItem(false), true
		}
	}
	return Item{}, false
}

func toInteger(x *Item) (Item, bool) {
	switch x.kind {
	case integerKind:
		return *x, true
	case booleanKind:
		return integerItem(x.num), true
	case stringKind:
		s := x.str()
		if !isPlainNumber(s) || strings.IndexByte(s, '.') >= 0 {
			return Item{}, false
		}
		d, ok := parseDecimal(s)
		if !ok {
			return Item{}, false
		}
		n, ok := wholeOf(d)
		return integerItem(n), ok && fits32(n)
	}
	return Item{}, false
}

func toDecimal(x *Item) (Item, bool) {
	switch x.kind {
	case integerKind:
		return decimalItem(apd.New(x.num, 0)), true
	case decimalKind:
		return *x, true
	case booleanKind:
		return decimalItem(apd.New(10*x.num, -1)), true
	case stringKind:
		if !isPlainNumber(x.str()) {
			return Item{}, false
		}
		d, ok := parseDecimal(x.str())
		return decimalItem(d), ok
	}
	return Item{}, false
}

func toString(x *Item) (Item, bool) {
	if x.kind == nodeKind && !isScalar(x.value) {
		return Item{}, false
	}
	return stringItem(x.Text()), true
}

func toDate(x *Item) (Item, bool) {
	switch x.kind {
	case dateKind:
		return *x, true
	case dateTimeKind:
		m := x.moment()
		return (&moment{year: m.year, month: m.month, day: m.day, precision: min(m.precision, toDay)}).item(), true
	case stringKind:
		if it, ok := parseMoment(x.str(), dateKind); ok {
			return it, true
		}
		if it, ok := parseMoment(x.str(), dateTimeKind); ok {
			return toDate(&it)
		}
	}
	return Item{}, false
}

func toDateTime(x *Item) (Item, bool) {
	switch x.kind {
	case dateTimeKind:
		return *x, true
	case dateKind:
		m := *x.moment()
		m.dateTime = true
		return m.item(), true
	case stringKind:
		return parseMoment(x.str(), dateTimeKind)
	}
	return Item{}, false
}

func toTime(x *Item) (Item, bool) {
	switch x.kind {
	case timeKind:
		return *x, true
	case stringKind:
		return parseMoment(strings.TrimPrefix(x.str(), "T"), timeKind)
	}
	return Item{}, false
}

func toQuantity(x *Item) (Item, bool) {
	switch x.kind {
	case quantityKind:
		return *x, true
	case stringKind:
		return quantityOfText(x.str())
	}
	d, ok := toDecimal(x)
	if !ok {
		return Item{}, false
	}
	return quantityItem(newQuantity(d.decimal(), "1", false)), true
}

// quantityOfText reads "1", "1 day" and "1 'wk'".
func quantityOfText(s string) (Item, bool) {
	end := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != '-' && r != '+' })
	if end < 0 {
		end = len(s)
	}
	if !isPlainNumber(s[:end]) {
		return Item{}, false
	}
	d, ok := parseDecimal(s[:end])
	if !ok {
		return Item{}, false
	}
	unit := strings.TrimLeft(s[end:], " \t\r\n")
	switch {
	case unit == "" && end == len(s):
		return quantityItem(newQuantity(d, "1", false)), true
	case len(unit) > 2 && unit[0] == '\'' && unit[len(unit)-1] == '\'':
		return quantityItem(newQuantity(d, unit[1:len(unit)-1], false)), true
	case calendarUnit(unit) != "":
		return quantityItem(newQuantity(d, unit, true)), true
	}
	return Item{}, false
}

// quantityFor converts, into the unit that the argument names if there is one.
func quantityFor(m *machine, c call) (out Item, given, ok bool, err error) {
	it, err := one(c.in(m))
	if err != nil || it == nil {
		return out, false, false, err
	}
	out, ok = toQuantity(it.scalar())
	unit, wanted, err := text(c.arg(m, 0))
	if err != nil || !ok || !wanted {
		return out, true, ok, err
	}
	target := newQuantity(new(apd.Decimal), unit, false)
	d, ok := out.quantity().in(target)
	if !ok {
		return out, true, false, nil
	}
	return quantityItem(newQuantity(d, unit, false)), true, true, nil
}

func toQuantityIn(m *machine, c call) error {
	out, _, ok, err := quantityFor(m, c)
	if err != nil || !ok {
		return err
	}
	return m.push(out)
}

func convertsToQuantity(m *machine, c call) error {
	_, given, ok, err := quantityFor(m, c)
	if err != nil || !given {
		return err
	}
	return m.push(booleanItem(ok))
}

// getValue is the System value of a primitive
// (https://hl7.org/fhir/R4/fhirpath.html#functions).
func getValue(m *machine, c call) error {
	it, err := one(c.in(m))
	if err != nil || it == nil || it.kind != nodeKind || it.value.Kind() == fhir.Object {
		return err
	}
	if x, ok := it.system(); ok {
		return m.push(x)
	}
	return nil
}
