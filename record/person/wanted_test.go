package person

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"concord/standard/fhir"
)

// FuzzWanted: whatever is asked is refused or can be held against a Patient,
// and what agrees scores between 0 and 1.
func FuzzWanted(f *testing.F) {
	f.Add("Sm*", "Ann", "1960-07-14", "LS1*", "07700", true, true)
	f.Add("*", "", "1960-02-30", "", "", false, false)
	patient, err := fhir.ParseObject([]byte(`{"resourceType":"Patient","birthDate":"1960-07-14","name":[{"family":"Smith","given":["Ann"]},{}],"address":[{"postalCode":"LS1 4HY"}],"telecom":[{"system":"phone","value":"07700"}]}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, family, given, born, postcode, phone string, sounds, exact bool) {
		w := Wanted{Family: family, Given: given, BornFrom: born, Postcode: postcode, Phone: phone, Gender: "female", Sounds: sounds, Exact: exact}
		if w.Check() != nil {
			return
		}
		if score, ok := w.Fit(patient, []*fhir.Value{patient}); ok && (score <= 0 || score > 1) {
			t.Fatalf("%+v scores %v", w, score)
		}
		if n := len(w.Days(366)); n > 366 {
			t.Fatalf("%d days", n)
		}
	})
}

// TestWantedOwnParticulars: a person's own particulars find it with score 1, by
// sound too, and with history it is found as before.
func TestWantedOwnParticulars(t *testing.T) {
	word := rapid.StringMatching(`[A-Z][a-z]{1,9}`)
	rapid.Check(t, func(rt *rapid.T) {
		family, given := word.Draw(rt, "family"), word.Draw(rt, "given")
		patient := fhir.Obj("resourceType", "Patient", "birthDate", "1960-07-14", "gender", "female",
			"name", fhir.Arr(fhir.Obj("family", family, "given", fhir.Arr(given))), "address", fhir.Arr(fhir.Obj("postalCode", "LS1 4HY")))
		for _, sounds := range []bool{false, true} {
			w := Wanted{Family: strings.ToUpper(family), Given: strings.ToLower(given), BornFrom: "1960-07-14", Postcode: "ls14hy", Gender: "Female", Sounds: sounds, Exact: true}
			if err := w.Check(); err != nil {
				rt.Fatal(err)
			}
			if score, ok := w.Fit(patient, nil); !ok || score != 1 {
				rt.Fatalf("%s %s: %v, %v", given, family, score, ok)
			}
		}
		now := patient.With("name", fhir.Arr(fhir.Obj("family", "Zzyzx", "given", fhir.Arr(given))))
		w := Wanted{Family: family, Given: given, BornFrom: "1960-07-14", History: true}
		if w.Check() != nil {
			rt.Fatal("refused")
		}
		if score, ok := w.Fit(now, []*fhir.Value{patient}); !ok || score >= 1 {
			rt.Fatalf("by the former name: %v, %v", score, ok)
		}
	})
}
