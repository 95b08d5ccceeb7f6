package reconcile

import (
	"slices"
	"strings"

	"concord/exchange/onboard"
	"concord/standard/fhir"
)

// A load by a build has the domain's codes and units in a resource, and the
// source's beside them. What is compared with the stage is the source's.

// code is the source's code of a concept: the one that says so, else the first.
func code(concept *fhir.Value) string {
	for c := range concept.Get("coding").Each() {
		if c.Get("userSelected").Bool() {
			return c.StrAt("code")
		}
	}
	return concept.Get("coding").At(0).StrAt("code")
}

// party is the source's code of what a reference names.
func party(ref *fhir.Value) string {
	if sent := fhir.Extension(ref, onboard.AsSent); sent != nil {
		return sent.StrAt("valueCoding.code")
	}
	return ref.StrAt("identifier.value")
}

// quantity is a value with its unit as the source had it; converted tells that
// the record has it in another unit.
func quantity(q *fhir.Value) (text string, converted bool) {
	if sent := fhir.Extension(q, onboard.Translation).Get("valueQuantity"); sent != nil {
		q, converted = sent, true
	}
	return strings.TrimSpace(q.Get("value").Text() + " " + q.StrAt("unit")), converted
}

// inDomain is what a resource says with the places of the domain, by which beds
// and slots are known, in place of those of the source.
func inDomain(class string, v *fhir.Value, values []string) []string {
	put := func(column, value string) {
		if i := slices.Index(columns(class), column); i >= 0 {
			values = slices.Clone(values)
			values[i] = value
		}
	}
	switch class {
	case "encounters":
		ward, _, _ := strings.Cut(v.Get("location").At(0).StrAt("location.identifier.value"), "/")
		put("ward", strings.ReplaceAll(ward, "%2F", "/"))
	case "appointments":
		for p := range v.Get("participant").Each() {
			if p.StrAt("actor.type") == "HealthcareService" {
				put("clinic", p.StrAt("actor.identifier.value"))
			}
		}
	}
	return values
}
