package person

import (
	"slices"
	"strings"

	"concord/standard/fhir"
	"concord/standard/uk"
)

// Codes that trusts send in the place of a practice
// (https://www.datadictionary.nhs.uk/attributes/organisation_code.html, default
// codes): that the patient has none is a statement, that it is not known or does
// not apply is none.
const (
	noPractice            = "V81997"
	practiceNotApplicable = "V81998"
	practiceNotKnown      = "V81999"
)

// RegisteredWith are the organisations with which a person is registered by the best
// of what is said, which GoldenOf chooses too: those that one entry names, so that
// who was named before, or is still named elsewhere, is not among them. An entry
// that names no general practitioner says what its managing organisation is.
func RegisteredWith(told []Told) []string {
	f, ok := choose(told, particular{name: ThePractice, says: RegisteredSays})
	if !ok {
		return nil
	}
	return slices.DeleteFunc(registeredBy(told[f.From].Patient), func(org string) bool { return org == noPractice })
}

// RegisteredSays is what one entry says of it, in a form that compares; "" =
// nothing.
func RegisteredSays(patient *fhir.Value) string {
	list := registeredBy(patient)
	slices.Sort(list)
	return strings.Join(list, " ")
}

func registeredBy(patient *fhir.Value) []string {
	for _, member := range []string{"generalPractitioner", "managingOrganization"} {
		var out []string
		for gp := range patient.Get(member).Each() {
			org := strings.ToUpper(gp.StrAt("identifier.value"))
			if gp.StrAt("identifier.system") == uk.ODSOrganization && org != "" && org != practiceNotKnown && org != practiceNotApplicable && !slices.Contains(out, org) {
				out = append(out, org)
			}
		}
		if out != nil {
			return out
		}
	}
	return nil
}
