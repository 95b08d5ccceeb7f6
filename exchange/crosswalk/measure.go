package crosswalk

import (
	"math/big"
	"regexp"
	"strings"

	"concord/standard/fhir"
	"concord/standard/uk"
)

// Translation is the extension of a Quantity that has it in another unit
// (https://hl7.org/fhir/extensions/StructureDefinition-iso21090-PQ-translation.html).
const Translation = "http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation"

// Quantity is a number in a unit: in the domain's where it converts, with the
// number as sent beside it. The number is one that JSON takes; the comparator is
// "" or one of <, <=, >=, >.
func (u Unit) Quantity(number, comparator, sent string) *fhir.Value {
	if u.Factor == nil {
		return fhir.Obj("value", fhir.Decimal(number), "comparator", comparator, "unit", sent, "system", system(u.Code), "code", u.Code)
	}
	was := fhir.Obj("url", Translation, "valueQuantity", fhir.Obj("value", fhir.Decimal(number), "comparator", comparator, "unit", sent))
	return fhir.Obj("extension", fhir.Arr(was), "value", fhir.Decimal(Converted(number, u.Factor)), "comparator", comparator, "unit", u.Code, "system", uk.UCUM, "code", u.Code)
}

func system(code string) string {
	if code == "" {
		return ""
	}
	return uk.UCUM
}

var (
	twoLimits = regexp.MustCompile(`^\s*[\[(]?\s*([0-9]+(?:\.[0-9]+)?)\s*(?:-|–|to)\s*([0-9]+(?:\.[0-9]+)?)\s*[\])]?\s*$`)
	oneLimit  = regexp.MustCompile(`^\s*[\[(]?\s*(<=?|≤|>=?|≥)\s*([0-9]+(?:\.[0-9]+)?)\s*[\])]?\s*$`)
)

// Range is a reference range, as Observation.referenceRange has it: its text, and
// its limits where the text tells them. That of a value that is converted is
// converted too, and its text says the unit of its own.
func (u Unit) Range(text, sent string) *fhir.Value {
	if text == "" {
		return nil
	}
	var low, high *fhir.Value
	if l := twoLimits.FindStringSubmatch(text); l != nil {
		low, high = u.limit(l[1], sent), u.limit(l[2], sent)
	} else if l := oneLimit.FindStringSubmatch(text); l != nil {
		if strings.HasPrefix(l[1], ">") || l[1] == "≥" {
			low = u.limit(l[2], sent)
		} else {
			high = u.limit(l[2], sent)
		}
	}
	if u.Factor != nil {
		text += " " + sent + " as sent"
	}
	return fhir.Obj("low", low, "high", high, "text", text)
}

// limit is one end of a range.
func (u Unit) limit(number, sent string) *fhir.Value {
	number = leading(number)
	if u.Factor != nil {
		number, sent = Converted(number, u.Factor), u.Code
	}
	return fhir.Obj("value", fhir.Decimal(number), "unit", sent, "system", system(u.Code), "code", u.Code)
}

// leading takes zeros off that JSON does not have.
func leading(s string) string {
	whole, part, dot := strings.Cut(s, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if dot {
		return whole + "." + part
	}
	return whole
}

// Converted gives a number in another unit: exactly where a decimal can, else
// with as many significant digits as were sent, and three at least.
func Converted(value string, factor *big.Rat) string {
	v, ok := new(big.Rat).SetString(value)
	if !ok {
		return value
	}
	v.Mul(v, factor)
	digits := significant(value)
	if text := v.FloatString(digits + 2); exactly(text, v) {
		return trimmed(text)
	}
	whole := len(strings.TrimLeft(new(big.Int).Quo(new(big.Int).Abs(v.Num()), v.Denom()).String(), "0"))
	places := max(digits, 3) - whole
	if whole == 0 { // what is below one has zeros after the point that are not significant
		for small := new(big.Rat).Abs(v); small.Sign() > 0 && small.Cmp(big.NewRat(1, 10)) < 0 && places < 30; places++ {
			small.Mul(small, big.NewRat(10, 1))
		}
	}
	return v.FloatString(max(places, 0))
}

func exactly(text string, v *big.Rat) bool {
	back, ok := new(big.Rat).SetString(text)
	return ok && back.Cmp(v) == 0
}

func trimmed(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func significant(s string) int {
	n := len(strings.TrimLeft(strings.ReplaceAll(strings.TrimPrefix(s, "-"), ".", ""), "0"))
	return max(n, 1)
}
