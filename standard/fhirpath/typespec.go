package fhirpath

import "strings"

// typeSpec reads "Quantity", "System.Boolean" or "FHIR.`Patient`".
func (p *parser) typeSpec() (typeSpec, error) {
	var names []string
	for {
		t := p.take()
		if t.kind != nameToken && t.kind != quotedNameToken {
			return typeSpec{}, syntaxError(t.at, "a type name is expected")
		}
		names = append(names, t.text)
		if p.peek().kind != symbolToken || p.peek().text != "." || !p.namespace(names) {
			return newTypeSpec(strings.Join(names, ".")), nil
		}
		p.i++
	}
}

// namespace tells whether the dot after the first name belongs to the type: so
// it is after FHIR and System, and not in "x is Patient.name".
func (p *parser) namespace(names []string) bool {
	return len(names) == 1 && (names[0] == "FHIR" || names[0] == "System")
}
