package record_test

import (
	"strings"
	"testing"

	"concord/record/access"
)

// TestDeathReportedByOne: the person's own resource says of a death that one
// trust alone reports, with the best of the rest; the history says who said what.
func TestDeathReportedByOne(t *testing.T) {
	s := newStage(t)
	verified := strings.Replace(patient("R1K", "1", nhs, "Okonkwo", "Adaeze", "1948-03-14", "female"), `{"system":"https://fhir.nhs.uk/Id/nhs-number"`,
		`{"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus","valueCodeableConcept":{"coding":[{"code":"01"}]}}],"system":"https://fhir.nhs.uk/Id/nhs-number"`, 1)
	a := s.create(s.client("R1K"), verified)
	text := patient("RYJ", "2", nhs, "Okonkwo", "Ada", "1948-03-14", "female")
	b := s.create(s.client("RYJ"), text)
	died := strings.TrimSuffix(strings.Replace(text, `{"resourceType":"Patient"`, `{"resourceType":"Patient","id":"`+b.ID+`"`, 1), "}") + `,"deceasedDateTime":"2026-11-20T03:10:00Z"}`
	s.update(s.client("RYJ"), b.ID, died)
	id := s.personOf(a.ID)
	it, err := s.as(access.Clinician).Read(s.ctx, "Patient", id)
	if err != nil || it.Resource.StrAt("deceasedDateTime") != "2026-11-20T03:10:00Z" || it.Resource.StrAt("name.0.given.0") != "Adaeze" {
		t.Fatalf("composed %s %v", it.Resource.JSON(), err)
	}
	past, err := s.as(access.Receptionist).PersonPast(s.ctx, id)
	if err != nil || len(past) != 3 {
		t.Fatalf("%d versions: %v", len(past), err)
	}
	if _, err := s.as(access.Engineer).PersonPast(s.ctx, id); err == nil {
		t.Error("an engineer reads who somebody is")
	}
	s.clean()
}
