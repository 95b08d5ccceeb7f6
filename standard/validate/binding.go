package validate

import (
	_ "embed"
	"strings"

	"concord/standard/fhir"
	"concord/standard/fhirpath"
	"concord/standard/validate/pack"
)

//go:embed bindings.txt
var bindingsText string

// binding says which value set an element takes its codes from
// (https://hl7.org/fhir/R4/terminologies.html#strength).
type binding struct {
	required bool // or else extensible
	valueSet string
	rule     string // RuleCode or RuleBinding
	grammar  string // the code system, when that alone decides
}

// grammars are the value sets of R4 that are all of a code system which is a
// grammar. They stand on nearly every bill and document, so nothing is looked up.
var grammars = map[string]string{
	"http://hl7.org/fhir/ValueSet/currencies": "urn:iso:std:iso:4217",
	"http://hl7.org/fhir/ValueSet/mimetypes":  "urn:ietf:bcp:13",
}

// loadBindings reads the value sets that are not in the table of codes, by the
// number of the element.
func loadBindings() []*binding {
	stated := map[string]*binding{}
	for line := range strings.Lines(bindingsText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) < 3 {
			continue
		}
		b := &binding{required: f[1] == "required", valueSet: f[2], rule: RuleBinding, grammar: grammars[f[2]]}
		if b.required {
			b.rule = RuleCode
		}
		stated[strings.TrimSuffix(f[0], "[x]")] = b
	}
	out := make([]*binding, fhir.ElementCount())
	for s := range fhir.Structures() {
		for i := range s.Elements {
			e := &s.Elements[i]
			out[e.Number] = ofElement(s, e.Name, stated)
		}
	}
	return out
}

// bound checks a coded value whose set is not in the table of codes.
func (c *check) bound(slot fhir.Slot, v *fhir.Value) {
	if b := c.v.others[slot.Element.Number]; b != nil && (b.required || c.full) {
		c.bind(b, slot.Type.Name, v)
	}
}

// bind holds a coded value against a value set. Only a code that is surely not
// in a required set is an error.
func (c *check) bind(b *binding, typ string, v *fhir.Value) {
	switch answer := c.judge(b, typ, v); {
	case answer == pack.Out && b.required:
		c.report(b.rule, "the value set "+b.valueSet+" requires one of its codes")
	case answer == pack.Out:
		c.note("warning", RuleBinding, "the value set "+b.valueSet+" is to be used unless it has no suitable code")
	case answer == pack.Unknown:
		c.note("information", RuleUnchecked, "the value set "+b.valueSet+" cannot be checked here")
	}
}

func (c *check) judge(b *binding, typ string, v *fhir.Value) pack.Answer {
	switch typ {
	case "CodeableConcept":
		return c.judgeConcept(b, v)
	case "Coding", "Quantity", "Age", "Duration", "Count", "Distance", "Money", "SimpleQuantity":
		code := v.Get("code").Str()
		if code == "" && (typ != "Coding" || v.Get("extension") != nil) {
			return pack.In
		}
		return c.memberOf(b.valueSet, v.Get("system").Str(), code)
	}
	switch {
	case v.Kind() != fhir.String:
		return pack.In
	case b.grammar != "":
		return pack.WellFormed(b.grammar, v.Str())
	}
	return c.memberOf(b.valueSet, pack.AnySystem, v.Str())
}

// judgeConcept: one coding of the set is enough. A concept of text alone says
// that the set had no suitable code.
func (c *check) judgeConcept(b *binding, v *fhir.Value) pack.Answer {
	codings := v.Get("coding")
	if codings == nil {
		if b.required && v.Get("extension") == nil {
			return pack.Out
		}
		return pack.In
	}
	answer := pack.Out
	for coding := range codings.Each() {
		switch c.memberOf(b.valueSet, coding.StrAt("system"), coding.StrAt("code")) {
		case pack.In:
			return pack.In
		case pack.Unknown:
			answer = pack.Unknown
		}
	}
	return answer
}

// memberOf asks the definitions, then whoever knows more.
func (c *check) memberOf(valueSet, system, code string) pack.Answer {
	answer := c.v.profiles.shelf().pack.MemberOf(valueSet, system, code)
	if answer != pack.Unknown || c.options.MemberOf == nil {
		return answer
	}
	if in, known := c.options.MemberOf(valueSet, system, code); known && in {
		return pack.In
	} else if known {
		return pack.Out
	}
	return pack.Unknown
}

// memberOfNode is memberOf() of FHIRPath.
func (c *check) memberOfNode(valueSet string, n fhirpath.Node) (in, known bool) {
	answer := c.judge(&binding{valueSet: valueSet, required: true}, n.Type, n.Value)
	return answer == pack.In, answer != pack.Unknown
}
