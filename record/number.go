package record

import (
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/standard/uk"
)

// hospitalNumbers are the (trust, number) pairs that a Patient resource claims.
func hospitalNumbers(patient *fhir.Value) []HospitalNumber {
	var out []HospitalNumber
	for id := range patient.Get("identifier").Each() {
		if trust, ok := uk.HospitalNumberTrust(id.StrAt("system")); ok && id.StrAt("value") != "" {
			out = append(out, HospitalNumber{trust, id.StrAt("value")})
		}
	}
	return out
}

// SourceKey makes the identifier value that holds a business key.
func SourceKey(trust, key string) string { return trust + "|" + key }

func withSourceKey(resource *fhir.Value, trust, key string) *fhir.Value {
	value := SourceKey(trust, key)
	var list []*fhir.Value
	for id := range resource.Get("identifier").Each() {
		if id.StrAt("system") == search.SourceKey && id.StrAt("value") == value {
			return resource
		}
		list = append(list, id)
	}
	return resource.With("identifier", append(list, fhir.Obj("use", "secondary", "system", search.SourceKey, "value", value)))
}
