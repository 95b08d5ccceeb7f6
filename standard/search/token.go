package search

import (
	"strings"

	"concord/standard/fhir"
)

func (c *Clause) anyToken(found []*fhir.Value) bool {
	switch c.Modifier {
	case "", "not":
		for _, f := range found {
			if anyTokenValue(tokensOf(f), c.Values) {
				return true
			}
		}
		return false
	case "of-type":
		return c.anyOfType(found)
	case "text":
		return c.anyTokenText(found)
	}
	for _, f := range found {
		for _, t := range c.meant(f) {
			for _, v := range c.Values {
				if c.means(t, v) {
					return true
				}
			}
		}
	}
	return false
}

func anyTokenValue(tokens []tokenValue, values []Value) bool {
	for _, t := range tokens {
		for _, v := range values {
			if v.Code != "" && v.Code != t.code || v.HasSystem && v.System != t.system {
				continue
			}
			return true
		}
	}
	return false
}

// means compares by what a code means, or by its beginning and end (in a
// _filter only).
func (c *Clause) means(t tokenValue, v Value) bool {
	switch c.Modifier {
	case "in", "not-in":
		if c.terms == nil {
			return false
		}
		in, _ := c.terms.In(v.Text, t.system, t.code)
		return in
	case "below":
		return c.terms != nil && t.system == v.System && subsumes(c.terms, v.System, v.Code, t.code)
	case "above":
		return c.terms != nil && t.system == v.System && subsumes(c.terms, v.System, t.code, v.Code)
	case unequal:
		return v.Code != "" && v.Code != t.code || v.HasSystem && v.System != t.system
	case "=co":
		return strings.Contains(Fold(t.code), Fold(v.Code))
	case "=sw":
		return strings.HasPrefix(Fold(t.code), Fold(v.Code))
	case "=ew":
		return strings.HasSuffix(Fold(t.code), Fold(v.Code))
	}
	return false
}

func subsumes(t Terminology, system, a, b string) bool {
	yes, _ := t.Subsumes(system, a, b)
	return yes
}

// anyOfType: |type|value, where type is a coding of Identifier.type
// (https://hl7.org/fhir/R4/search.html#token).
func (c *Clause) anyOfType(found []*fhir.Value) bool {
	for _, f := range found {
		for _, v := range c.Values {
			if f.StrAt("value") != v.Code {
				continue
			}
			for coding := range f.Path("type.coding").Each() {
				if coding.StrAt("code") == v.Type && (v.System == "" || coding.StrAt("system") == v.System) {
					return true
				}
			}
		}
	}
	return false
}

// anyTokenText looks at the texts beside a code: CodeableConcept.text,
// Coding.display, Identifier.type.text. A text begins as asked, or a word of it.
func (c *Clause) anyTokenText(found []*fhir.Value) bool {
	for _, f := range found {
		texts := []string{f.StrAt("text"), f.StrAt("display"), f.StrAt("type.text")}
		for coding := range f.Get("coding").Each() {
			texts = append(texts, coding.StrAt("display"))
		}
		for _, text := range texts {
			for _, v := range c.Values {
				if text != "" && strings.Contains(" "+Fold(text), " "+Fold(v.Text)) {
					return true
				}
			}
		}
	}
	return false
}
