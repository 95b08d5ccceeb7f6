package validate

import (
	"math/big"
	"strconv"
	"unicode/utf8"

	"concord/standard/fhir"
	"concord/standard/validate/profile"
)

// content holds a value against a fixed value, a pattern, limits and a value
// set.
func (c *check) content(n *profile.Node, in instance) {
	if n.Fixed != nil && !fhir.Equal(n.Fixed, in.value) {
		c.report(RuleFixed, "the profile fixes the value of "+n.ID)
	}
	if n.Pattern != nil && !matches(n.Pattern, in.value) {
		c.report(RulePattern, "the value is not as the profile's pattern for "+n.ID)
	}
	if n.MaxLength > 0 && in.value.Kind() == fhir.String && utf8.RuneCountInString(in.value.Str()) > n.MaxLength {
		c.report(RuleRange, "the profile allows "+strconv.Itoa(n.MaxLength)+" characters")
	}
	if n.Least != nil && less(in.value, n.Least) {
		c.report(RuleRange, "the value is below what the profile allows")
	}
	if n.Most != nil && less(n.Most, in.value) {
		c.report(RuleRange, "the value is above what the profile allows")
	}
	if b := n.Binding; (b.Strength == "required" || b.Strength == "extensible") && b.ValueSet != "" && codable[in.typ.Name] {
		c.bind(&binding{required: b.Strength == "required", valueSet: b.ValueSet, rule: RuleBinding}, in.typ.Name, in.value)
	}
}

// codable are the types whose values are codes
// (https://hl7.org/fhir/R4/terminologies.html#4.1).
var codable = map[string]bool{
	"code": true, "Coding": true, "CodeableConcept": true, "Quantity": true, "string": true, "uri": true,
}

// matches tells whether a value has everything that a pattern has
// (https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_).
func matches(pattern, v *fhir.Value) bool {
	switch pattern.Kind() {
	case fhir.Object:
		for name, p := range pattern.Members() {
			if !matches(p, v.Get(name)) {
				return false
			}
		}
		return v.Kind() == fhir.Object
	case fhir.Array:
		for p := range pattern.Each() {
			if !anyMatches(p, v) {
				return false
			}
		}
		return v.Kind() == fhir.Array
	}
	return fhir.Equal(pattern, v)
}

func anyMatches(pattern, list *fhir.Value) bool {
	for v := range list.Each() {
		if matches(pattern, v) {
			return true
		}
	}
	return false
}

// maxNumber bounds the texts that are computed with: an exponent may be vast.
const maxNumber = 40

// less tells whether a number, quantity or date is surely below another.
func less(a, b *fhir.Value) bool {
	switch {
	case a.Kind() == fhir.Object && b.Kind() == fhir.Object:
		return a.StrAt("code") == b.StrAt("code") && a.StrAt("system") == b.StrAt("system") && less(a.Get("value"), b.Get("value"))
	case a.Kind() == fhir.String && b.Kind() == fhir.String:
		return later(b.Str(), a.Str())
	case a.Kind() != fhir.Number || b.Kind() != fhir.Number || len(a.Raw()) > maxNumber || len(b.Raw()) > maxNumber:
		return false
	}
	x, okX := plainNumber(a.Raw())
	y, okY := plainNumber(b.Raw())
	return okX && okY && x.Cmp(y) < 0
}

func plainNumber(s string) (*big.Rat, bool) {
	for i := range len(s) {
		if s[i]|0x20 == 'e' {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times"
}
