package onboard

import (
	"concord/exchange/crosswalk"
	"concord/standard/fhir"
)

// concept is a concept of one of the source's codes: the domain's code first,
// where there is one, and the source's beside it.
func (m *maker) concept(kind CodeKind, code, text string) *fhir.Value {
	return m.table.Concept(kind, crosswalk.Sent{System: crosswalk.SourceSystem(m.trust, kind, code), Code: code, Text: text})
}

// party is a reference to somebody or somewhere by a code: the domain's, with
// the source's beside it where that is another.
func (m *maker) party(typ string, kind CodeKind, system, code, display string) *fhir.Value {
	return m.table.Party(typ, kind, crosswalk.Sent{System: system, Code: code, Display: display})
}

// measured is a number as an Observation has it, and its range: in the domain's unit
// where values are converted, with the number as sent beside it.
func (m *maker) measured(value, sent string) (quantity, limits *fhir.Value) {
	var unit crosswalk.Unit
	if to, mapped := m.table.Find(Results, m.at("code")); mapped {
		unit, _ = m.table.Unit(to, sent)
	}
	return unit.Quantity(value, "", sent), unit.Range(m.at("range"), sent)
}
