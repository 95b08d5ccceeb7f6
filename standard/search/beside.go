package search

import (
	"slices"

	"concord/standard/fhir"
)

// besideSubject tells what lies in a patient's record though it is about nobody, or about
// something else: a patient took part in it (Observation.performer), or sent it.
func (t *Table) besideSubject(resource *fhir.Value) bool {
	for _, p := range t.compartment[resource.Type()] {
		if (p.Name == "patient" || p.Name == "subject") && slices.ContainsFunc(p.values(resource), func(v *fhir.Value) bool {
			return isPatientRef(v.StrAt("reference"), v.StrAt("type"))
		}) {
			return false
		}
	}
	return t.PatientOf(resource) != ""
}

// BesideTerm is filed of such a resource: of a record that has it, the records that a
// patient or subject names do not tell all that such a search asks.
func (x *Extractor) BesideTerm(typ string) uint64 { return x.term("beside", typ) }
