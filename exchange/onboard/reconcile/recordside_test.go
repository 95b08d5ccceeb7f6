package reconcile

import (
	"slices"
	"testing"
	"time"

	"concord/standard/fhir"
)

// TestReadsWhatABuildMapped: where the domain's codes, places and units stand in a
// resource, what the source had is read from beside them.
func TestReadsWhatABuildMapped(t *testing.T) {
	for class, c := range map[string]struct {
		text string
		want []string
	}{
		"results": {`{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"urn:d","code":"SODIUM"},{"system":"urn:concord:R1K:code","code":"NA","userSelected":true}],"text":"Sodium"},
			"basedOn":[{"type":"ServiceRequest","identifier":{"system":"urn:concord:R1K:placer-order","value":"26L1"}}],"subject":{"reference":"Patient/1"},"effectiveDateTime":"2026-06-01T10:00:00+01:00",
			"valueQuantity":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation","valueQuantity":{"value":1.40,"unit":"g/dL"}}],"value":14.0,"unit":"g/L"},
			"referenceRange":[{"text":"1.2-1.6 g/dL as sent"}]}`,
			[]string{"own", "26L1", "NA", "Sodium", "1.40 g/dL", "1.2-1.6", "final", "2026-06-01T10:00:00", ""}},
		"encounters": {`{"resourceType":"Encounter","extension":[{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate","valueDateTime":"2026-11-28"}],"status":"in-progress","class":{"code":"IMP"},"subject":{"reference":"Patient/1"},"period":{"start":"2026-11-20T09:00:00Z"},
			"participant":[{"individual":{"extension":[{"url":"urn:concord:as-sent","valueCoding":{"code":"DRX"}}],"identifier":{"value":"C9990001"}}}],
			"location":[{"location":{"extension":[{"url":"urn:concord:as-sent","valueCoding":{"code":"OLDWARD"}}],"identifier":{"value":"Crick/Bay 1/Bed 2"}}}]}`,
			[]string{"own", "inpatient", "2026-11-20T09:00:00", "", "OLDWARD", "Bay 1/Bed 2", "DRX", "", "2026-11-28"}},
		"appointments": {`{"resourceType":"Appointment","basedOn":[{"identifier":{"system":"urn:concord:R1K:pathway","value":"R1K01"}}],"status":"booked","start":"2026-12-01T09:15:00Z","minutesDuration":15,"participant":[{"actor":{"reference":"Patient/1"}},
			{"actor":{"type":"HealthcareService","extension":[{"url":"urn:concord:as-sent","valueCoding":{"code":"CARD01"}}],"identifier":{"value":"cardiology-clinic"}}}]}`,
			[]string{"own", "R1K01", "CARD01", "2026-12-01T09:15:00", "15", "", "booked", ""}},
		"medicines": {`{"resourceType":"MedicationStatement","status":"active","subject":{"reference":"Patient/1"},"basedOn":[{"reference":"#order"}],
			"contained":[{"resourceType":"MedicationRequest","id":"order","requester":{"extension":[{"url":"urn:concord:as-sent","valueCoding":{"code":"DRX"}}],"identifier":{"value":"C9990001"}}}],
			"medicationCodeableConcept":{"coding":[{"code":"ASP"}],"text":"Aspirin"},"effectivePeriod":{"start":"2026-01-02"}}`,
			[]string{"own", "ASP", "Aspirin", "", "active", "2026-01-02", "", "DRX"}},
	} {
		v, err := fhir.ParseObject([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation("Europe/London")
		if err != nil {
			t.Skip("SKIP: no time zones here")
		}
		r := &reading{trust: "R1K", zone: zone, v: v, patient: func(id string) string { return map[string]string{"1": "own"}[id] }}
		if got := r.ofResource(class); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, not %q", class, got, c.want)
		}
	}
}
