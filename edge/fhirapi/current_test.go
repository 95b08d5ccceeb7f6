package fhirapi_test

import "testing"

// TestFunctionalLists: the current problems, allergies and medicines of a patient are
// all that is not over and was ever so; what does not say is among them.
func TestFunctionalLists(t *testing.T) {
	s := newStage(t)
	s.step(givenPatient())
	status := func(code string) string {
		return `"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"` + code + `"}]},"subject":{"reference":"Patient/{p}"}`
	}
	allergy := func(clinical, verification, category string) string {
		out := `"patient":{"reference":"Patient/{p}"}`
		if clinical != "" {
			out += `,"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"` + clinical + `"}]}`
		}
		if verification != "" {
			out += `,"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"` + verification + `"}]}`
		}
		if category != "" {
			out += `,"category":["` + category + `"]`
		}
		return out
	}
	medicine := func(status string) string {
		return `"status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"x"},"subject":{"reference":"Patient/{p}"}`
	}
	s.stored(map[string]string{
		"Condition/active": status("active"), "Condition/relapse": status("relapse"), "Condition/resolved": status("resolved"),
		"AllergyIntolerance/drug": allergy("active", "confirmed", "medication"), "AllergyIntolerance/nuts": allergy("active", "confirmed", "food"), "AllergyIntolerance/says-nothing": allergy("active", "", ""),
		"AllergyIntolerance/gone": allergy("resolved", "confirmed", ""), "AllergyIntolerance/refuted": allergy("", "entered-in-error", ""),
		"MedicationRequest/active": medicine("active"), "MedicationRequest/held": medicine("on-hold"), "MedicationRequest/stopped": medicine("stopped"),
	})
	s.holds([]interop{
		{"problems", "GET", "Condition?patient={p}&_list=$current-problems", "", nil, 200, `"total":2`, "resolved"},
		{"in the compartment", "GET", "Patient/{p}/Condition?_list=$current-problems", "", nil, 200, `"total":2`, "resolved"},
		{"allergies", "GET", "AllergyIntolerance?patient={p}&_list=$current-allergies", "", nil, 200, `"total":3`, "refuted"},
		{"of medicines", "GET", "AllergyIntolerance?patient=Patient/{p}&_list=$current-drug-allergies", "", nil, 200, "says-nothing", "nuts"},
		{"medicines", "GET", "MedicationRequest?patient={p}&_list=$current-medications", "", nil, 200, `"total":2`, `"stopped"`},
		{"by the patient's number", "GET", "Condition?patient.identifier=9990000018&_list=$current-problems", "", nil, 200, `"total":2`, ""},
		{"counted", "GET", "Condition?patient={p}&_list=$current-problems&_summary=count", "", nil, 200, `"total":2`, ""},
		{"of nobody", "GET", "Condition?_list=$current-problems", "", nil, 400, "of one patient", ""},
		{"of the wrong type", "GET", "Observation?patient={p}&_list=$current-problems", "", nil, 400, "Condition", ""},
		{"of a list that is none", "GET", "Condition?patient={p}&_list=$current-worries", "", nil, 400, "$current-problems", ""},
		{"by score", "GET", "Condition?patient={p}&_sort=_score", "", nil, 400, "$match", ""},
		{"a score", "GET", "Condition?patient={p}&_score=1", "", nil, 400, "_score", ""},
	})
	s.clean()
}
