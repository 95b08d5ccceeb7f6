package pds

import (
	"concord/record/person"
	"concord/standard/fhir"
)

// CrossCheck holds what a trust has on a number against what PDS says: differs
// names the fields in which they do not agree; ok is false when they may not be
// one person.
func (f *Found) CrossCheck(ours *fhir.Value) (ok bool, differs []person.Field) {
	return person.Agree(person.Of(ours), person.Of(f.Patient))
}
