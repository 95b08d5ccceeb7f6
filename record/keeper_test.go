package record_test

import (
	"strings"
	"testing"
)

// TestAnotherTrustsNumberComesFirst: who keeps an entry is who it says keeps it, not
// whose number stands first in it. A letter that names the number of the trust it was
// written to is not held to be that trust's second entry of the patient.
func TestAnotherTrustsNumberComesFirst(t *testing.T) {
	const number = `{"system":"urn:concord:RAS:hospital-number","value":"800001"}`
	letter := strings.Replace(bare("RAS", "800001", "", "Katherine", "Penhaligon", "1948-03-14", "HA1 1AA"), number,
		`{"system":"urn:concord:R1K:hospital-number","value":"999999"},`+number, 1)
	letter = letter[:len(letter)-1] + `,"telecom":[{"system":"phone","value":"07700 900123"}],"managingOrganization":{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"RAS"}}}`
	home := bare("R1K", "700001", "", "Katharine", "Penhaligon", "1948-03-14", "HA1 1AA")
	home = home[:len(home)-1] + `,"telecom":[{"system":"phone","value":"07700 900123"}]}`
	for _, first := range []bool{true, false} {
		s := newStage(t)
		var a, b string
		if first {
			a = s.create(s.client("R1K"), home).ID
		}
		b = s.create(s.client("RAS"), letter).ID
		if !first {
			a = s.create(s.client("R1K"), home).ID
		}
		if s.personOf(a) != s.personOf(b) {
			t.Errorf("held apart as two entries of one trust; the letter last: %v", first)
		}
		s.clean()
	}
}
