package hl7v2

import "testing"

// TestFieldNames holds the table at places where an entry left out would shift
// the rest.
func TestFieldNames(t *testing.T) {
	for place, want := range map[string]string{
		"MSH 10": "Message control ID", "MSH 18": "Character set", "PID 3": "Patient identifier list", "PID 8": "Administrative sex",
		"PID 30": "Patient death indicator", "PV1 3": "Assigned patient location", "PV1 19": "Visit number", "PV1 44": "Admit date/time",
		"PV1 45": "Discharge date/time", "OBR 4": "Universal service identifier", "OBR 25": "Result status", "OBX 5": "Observation value",
		"OBX 11": "Observation result status", "TXA 12": "Unique document number", "TXA 17": "Document completion status", "SCH 11": "Appointment timing quantity",
		"MRG 1": "Prior patient identifier list", "ZZZ 1": "", "PID 99": "", "PID 0": "",
	} {
		var segment string
		var field int
		segment = place[:3]
		for _, c := range place[4:] {
			field = field*10 + int(c-'0')
		}
		if got := FieldName(segment, field); got != want {
			t.Errorf("%s is %q, want %q", place, got, want)
		}
	}
}
