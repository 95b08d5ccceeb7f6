package fhirpath

import (
	"math/big"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"concord/standard/fhir"
	"concord/standard/ucum"
)

// quantity is a number with a unit of UCUM or of the calendar
// (http://hl7.org/fhirpath/N1/#quantity).
type quantity struct {
	value    apd.Decimal
	unit     string // UCUM code, or a calendar word as it was written
	calendar bool   // the unit is a calendar word
}

func newQuantity(d *apd.Decimal, unit string, calendar bool) *quantity {
	q := &quantity{unit: unit, calendar: calendar || calendarUnit(unit) != ""}
	q.value.Set(d)
	return q
}

// calendarUnit gives the singular of a calendar word, "" for other text.
func calendarUnit(word string) string {
	switch word {
	case "year", "month", "week", "day", "hour", "minute", "second", "millisecond":
		return word
	case "years", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds":
		return word[:len(word)-1]
	}
	return ""
}

// String writes the quantity as its literal.
func (q *quantity) String() string {
	if q.calendar {
		return decimalText(&q.value) + " " + q.unit
	}
	return decimalText(&q.value) + " '" + q.unit + "'"
}

// ucumOfCalendar names the UCUM unit that a calendar word equals. Years and
// months equal none: those of the calendar differ in length.
var ucumOfCalendar = map[string]string{
	"week": "wk", "day": "d", "hour": "h", "minute": "min", "second": "s", "millisecond": "ms",
}

// measure gives the size of the quantity's unit.
func (q *quantity) measure() (ucum.Unit, bool) {
	if !q.calendar {
		return ucum.Parse(q.unit)
	}
	name := calendarUnit(q.unit)
	if code := ucumOfCalendar[name]; code != "" {
		return ucum.Parse(code)
	}
	u := ucum.Unit{Factor: big.NewRat(1, 1)}
	u.Powers[ucum.Calendar] = 1
	if name == "year" {
		u.Factor.SetInt64(12)
	}
	return u, true
}

// sameUnit tells that both units are the same word.
func (q *quantity) sameUnit(o *quantity) bool {
	if q.calendar && o.calendar {
		return calendarUnit(q.unit) == calendarUnit(o.unit)
	}
	return q.unit == o.unit && q.calendar == o.calendar
}

// comparable gives both values in one measure; ok is false when the units do
// not measure the same thing.
func (q *quantity) comparable(o *quantity) (a, b *big.Rat, ok bool) {
	if q.sameUnit(o) {
		a, aok := ratOf(&q.value)
		b, bok := ratOf(&o.value)
		return a, b, aok && bok
	}
	qu, ok := q.measure()
	ou, ok2 := o.measure()
	if !ok || !ok2 || qu.Powers != ou.Powers {
		return nil, nil, false
	}
	a, aok := ratOf(&q.value)
	b, bok := ratOf(&o.value)
	if !aok || !bok {
		return nil, nil, false
	}
	return a.Mul(a, qu.Factor), b.Mul(b, ou.Factor), true
}

func ratOf(d *apd.Decimal) (*big.Rat, bool) {
	if d.Form != apd.Finite || d.Exponent > 2*maxDigits || d.Exponent < -2*maxDigits {
		return nil, false
	}
	return new(big.Rat).SetString(d.Text('E'))
}

// compare orders two quantities; known is false when they cannot be compared.
func (q *quantity) compare(o *quantity) (order int, known bool) {
	if q.sameUnit(o) {
		return q.value.Cmp(&o.value), true
	}
	a, b, ok := q.comparable(o)
	if !ok {
		return 0, false
	}
	return a.Cmp(b), true
}

// equivalent compares in the coarser unit, rounded to the fewer digits after
// the point (http://hl7.org/fhirpath/N1/#quantity-equivalence). A calendar year
// and month are equivalent to those of UCUM.
func (q *quantity) equivalent(o *quantity) bool {
	q, o = q.definite(), o.definite()
	if q.sameUnit(o) {
		return equivalentDecimals(&q.value, &o.value)
	}
	qu, ok := q.measure()
	ou, ok2 := o.measure()
	if !ok || !ok2 || qu.Powers != ou.Powers {
		return false
	}
	if qu.Factor.Cmp(ou.Factor) < 0 {
		q, o, qu, ou = o, q, ou, qu
	}
	converted, ok := ratOf(&o.value)
	if !ok {
		return false
	}
	converted.Mul(converted, ou.Factor)
	converted.Quo(converted, qu.Factor)
	d, _, err := apd.NewFromString(strings.TrimRight(converted.FloatString(givenDigits), "0"))
	return err == nil && equivalentDecimals(&q.value, d)
}

// definite makes calendar years and months those of UCUM.
func (q *quantity) definite() *quantity {
	code := ""
	switch calendarUnit(q.unit) {
	case "year":
		code = "a"
	case "month":
		code = "mo"
	default:
		return q
	}
	c := *q
	c.unit, c.calendar = code, false
	return &c
}

// quantityOf reads a FHIR Quantity (https://hl7.org/fhir/R4/fhirpath.html#quantity).
// A Quantity with a comparator has no value to compare.
func quantityOf(it *Item) (*quantity, bool) {
	if it.kind == quantityKind {
		return it.quantity(), true
	}
	if it.kind != nodeKind || it.value.Kind() != fhir.Object || !isQuantity(it.typ) || it.value.Get("comparator") != nil {
		return nil, false
	}
	d, ok := parseDecimal(it.value.Get("value").Raw())
	if !ok {
		return nil, false
	}
	code := it.value.Get("code").Str()
	if it.value.Get("system").Str() == "http://unitsofmeasure.org" && code != "" {
		switch code {
		case "a":
			return newQuantity(d, "year", true), true
		case "mo":
			return newQuantity(d, "month", true), true
		}
		return newQuantity(d, code, false), true
	}
	if code == "" {
		code = it.value.Get("unit").Str()
	}
	if code == "" {
		code = "1"
	}
	return newQuantity(d, code, false), true
}

func isQuantity(t *fhir.Structure) bool {
	return t != nil && (t.Name == "Quantity" || t.Base == "Quantity")
}
