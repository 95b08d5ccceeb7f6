package fhirpath

import (
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Decimals are exact up to 50 digits; division and the transcendental
// functions are worked out with 40 and given with 28 digits, the least that
// FHIRPath asks for (http://hl7.org/fhirpath/N1/#decimal).
const (
	exactDigits = 50
	workDigits  = 40
	givenDigits = 28
	maxDigits   = 1000 // digits and size of the exponent of a number that is read
)

func exactly() *apd.Context  { return apd.BaseContext.WithPrecision(exactDigits) }
func working() *apd.Context  { return apd.BaseContext.WithPrecision(workDigits) }
func rounding() *apd.Context { return apd.BaseContext.WithPrecision(givenDigits) }

// parseDecimal reads "-12.50", also with an exponent as JSON allows. Numbers
// of absurd size are refused, since arithmetic would write them out.
func parseDecimal(s string) (*apd.Decimal, bool) {
	digits, exponent := s, ""
	if at := strings.IndexAny(s, "eE"); at >= 0 {
		digits, exponent = s[:at], s[at+1:]
		if n, err := strconv.Atoi(exponent); err != nil || n > maxDigits || n < -maxDigits {
			return nil, false
		}
	}
	if len(digits) > maxDigits || !isPlainNumber(digits) {
		return nil, false
	}
	d, _, err := apd.NewFromString(s)
	return d, err == nil
}

// isPlainNumber: (+|-)?[0-9]+(.[0-9]+)?
func isPlainNumber(s string) bool {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "+"), "-")
	whole, fraction, point := strings.Cut(s, ".")
	return allDigits(whole) && (!point || allDigits(fraction))
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// numberItem makes the Integer or Decimal of a literal.
func numberItem(s string) (Item, bool) {
	if strings.IndexByte(s, '.') < 0 {
		if n, err := strconv.ParseInt(s, 10, 32); err == nil {
			return integerItem(n), true
		}
	}
	d, ok := parseDecimal(s)
	return decimalItem(d), ok
}

// decimalText writes a decimal without exponent.
func decimalText(d *apd.Decimal) string { return d.Text('f') }

// asDecimal gives a number as Decimal; ok is false for what is no number.
func (it *Item) asDecimal() (*apd.Decimal, bool) {
	switch it.kind {
	case integerKind:
		return apd.New(it.num, 0), true
	case decimalKind:
		return it.decimal(), true
	}
	return nil, false
}

// decimals counts the digits after the point that are written.
func decimals(d *apd.Decimal) int32 { return max(0, -d.Exponent) }

// roundTo rounds half up to n digits after the point.
func roundTo(d *apd.Decimal, n int32) (*apd.Decimal, bool) {
	out := new(apd.Decimal)
	c := apd.BaseContext.WithPrecision(3 * maxDigits)
	c.Rounding = apd.RoundHalfUp
	_, err := c.Quantize(out, d, -n)
	return out, err == nil
}

// reduced strips zeros after the point.
func reduced(d *apd.Decimal) *apd.Decimal {
	out := new(apd.Decimal)
	out.Reduce(d)
	if out.Exponent > 0 {
		// 1E+2 stands for the Integer 100.
		if full, ok := roundTo(out, 0); ok {
			return full
		}
	}
	return out
}

// given rounds the outcome of a division or function to the digits that are
// promised, so that 16.log(2) is 4.
func given(d *apd.Decimal) (*apd.Decimal, bool) {
	out := new(apd.Decimal)
	if _, err := rounding().Round(out, d); err != nil || out.Form != apd.Finite {
		return nil, false
	}
	return reduced(out), true
}

// fits32 tells whether n is a FHIRPath Integer.
func fits32(n int64) bool { return n == int64(int32(n)) }

// wholeOf gives the integer part of a decimal, if it fits.
func wholeOf(d *apd.Decimal) (int64, bool) {
	t, ok := truncated(d)
	if !ok {
		return 0, false
	}
	n, err := t.Int64()
	return n, err == nil
}

func truncated(d *apd.Decimal) (*apd.Decimal, bool) {
	out := new(apd.Decimal)
	c := apd.BaseContext.WithPrecision(3 * maxDigits)
	c.Rounding = apd.RoundDown
	_, err := c.Quantize(out, d, 0)
	return out, err == nil
}
