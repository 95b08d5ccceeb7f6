package record

import (
	"slices"
	"strings"
	"time"

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

// ownNumbers are those of the hospital numbers that are the controller's own: under
// them its feeds and loads find the entry again. A trust's number on the entry of
// another, as letters and laboratories carry it, says whom they mean and leads to
// nobody's entry.
func ownNumbers(org string, patient *fhir.Value) []HospitalNumber {
	return slices.DeleteFunc(hospitalNumbers(patient), func(n HospitalNumber) bool { return n.Trust != org })
}

// BusinessKey joins the parts of a business key: what it is a key of, then what
// the source calls it ("visit", "V100"). The separator is escaped in parts, so
// that two keys never fall together.
func BusinessKey(parts ...string) string {
	escaped := make([]string, len(parts))
	for i, p := range parts {
		escaped[i] = strings.ReplaceAll(strings.ReplaceAll(p, "%", "%25"), "|", "%7C")
	}
	return strings.Join(escaped, "|")
}

// ResultKey is a business key by which a load and a feed name the same result of a
// patient, although neither knows the other's numbers: that of the request, placer's
// or filler's ("" = none is known), the code of the test, and the minute in which
// the specimen was taken.
func ResultKey(request, code string, taken time.Time) string {
	return BusinessKey("result", request, code, taken.UTC().Format("200601021504"))
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
