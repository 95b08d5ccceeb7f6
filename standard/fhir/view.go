package fhir

import "strings"

// Coding is one code of a CodeableConcept.
type Coding struct{ System, Code, Display string }

// Codings are the codings of a CodeableConcept.
func Codings(concept *Value) []Coding {
	var out []Coding
	for c := range concept.Get("coding").Each() {
		out = append(out, Coding{c.StrAt("system"), c.StrAt("code"), c.StrAt("display")})
	}
	return out
}

// HasCode tells whether a CodeableConcept holds that code of that system.
func HasCode(concept *Value, system, code string) bool {
	for c := range concept.Get("coding").Each() {
		if c.StrAt("code") == code && c.StrAt("system") == system {
			return true
		}
	}
	return false
}

// ConceptText is what to show of a CodeableConcept: its text, else the first
// display, else the first code.
func ConceptText(concept *Value) string {
	if t := concept.StrAt("text"); t != "" {
		return t
	}
	for c := range concept.Get("coding").Each() {
		if d := c.StrAt("display"); d != "" {
			return d
		}
	}
	return concept.StrAt("coding.0.code")
}

// Concept builds a CodeableConcept of one coding, leaving out what is empty.
func Concept(system, code, display, text string) *Value {
	var coding *Value
	if code != "" {
		coding = Arr(Obj("system", system, "code", code, "display", display))
	}
	return Of(Obj("coding", coding, "text", text))
}

// Identifier finds the value of the first identifier of that system.
func Identifier(resource *Value, system string) string {
	for id := range resource.Get("identifier").Each() {
		if id.StrAt("system") == system {
			return id.StrAt("value")
		}
	}
	return ""
}

// Extension finds the first extension by URL.
func Extension(v *Value, url string) *Value {
	for e := range v.Get("extension").Each() {
		if e.StrAt("url") == url {
			return e
		}
	}
	return nil
}

// Name is a HumanName taken apart.
type Name struct{ Use, Family, Given, Prefix, Suffix, Text string }

// BestName picks the name to show: official, then usual, then the first that
// is neither old nor maiden.
func BestName(patient *Value) Name {
	var best *Value
	rank := 9
	for n := range patient.Get("name").Each() {
		r := 3
		switch n.StrAt("use") {
		case "official":
			r = 0
		case "usual":
			r = 1
		case "":
			r = 2
		case "old", "maiden":
			r = 8
		}
		if n.Path("period.end") != nil {
			r += 4
		}
		if r < rank {
			best, rank = n, r
		}
	}
	return NameOf(best)
}

// NameOf takes a HumanName apart.
func NameOf(n *Value) Name {
	return Name{
		Use:    n.StrAt("use"),
		Family: n.StrAt("family"),
		Given:  joined(n.Get("given")),
		Prefix: joined(n.Get("prefix")),
		Suffix: joined(n.Get("suffix")),
		Text:   n.StrAt("text"),
	}
}

func joined(list *Value) string {
	var parts []string
	for v := range list.Each() {
		if s := v.Str(); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}
