package search

import (
	"math"
	"strconv"

	"concord/standard/fhir"
)

// span is the stretch of numbers that an element covers: a number is a point,
// a Range what lies between its ends, an open end as far as numbers go.
type span struct{ low, high float64 }

func anyNumber(found []*fhir.Value, values []Value) bool {
	for _, f := range found {
		s, unit, ok := spanOf(f)
		if !ok {
			continue
		}
		for _, v := range values {
			if v.Code != "" && v.Code != unit.StrAt("code") && v.Code != unit.StrAt("unit") {
				continue
			}
			if v.HasSystem && v.System != unit.StrAt("system") {
				continue
			}
			if compareNumbers(v, s) {
				return true
			}
		}
	}
	return false
}

// spanOf reads a number, a Quantity, a Money, a Range or a SampledData, and
// the element that names its unit.
func spanOf(f *fhir.Value) (s span, unit *fhir.Value, ok bool) {
	if f.Kind() != fhir.Object {
		n, err := strconv.ParseFloat(f.Raw(), 64)
		return span{n, n}, f, err == nil
	}
	if v := f.Get("value"); v != nil {
		n, err := strconv.ParseFloat(v.Raw(), 64)
		return span{n, n}, f, err == nil
	}
	if origin := f.Get("origin"); origin != nil {
		return spanOf(origin)
	}
	low, high := f.Get("low"), f.Get("high")
	s = span{math.Inf(-1), math.Inf(1)}
	if n, err := strconv.ParseFloat(low.Get("value").Raw(), 64); err == nil {
		s.low, unit, ok = n, low, true
	}
	if n, err := strconv.ParseFloat(high.Get("value").Raw(), 64); err == nil {
		s.high, ok = n, true
		if unit == nil {
			unit = high
		}
	}
	return s, unit, ok
}

// compareNumbers follows https://hl7.org/fhir/R4/search.html#prefix: the value
// covers its precision, [Low, High).
func compareNumbers(v Value, s span) bool {
	switch v.Prefix {
	case "ne":
		return s.low < v.Low || s.high >= v.High
	case "gt":
		return s.high > v.Number
	case "lt":
		return s.low < v.Number
	case "ge":
		return s.high >= v.Number
	case "le":
		return s.low <= v.Number
	case "sa":
		return s.low > v.Number
	case "eb":
		return s.high < v.Number
	case "ap":
		return s.low < v.High && s.high >= v.Low
	}
	return s.low >= v.Low && s.high < v.High
}
