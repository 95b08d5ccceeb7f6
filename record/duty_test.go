package record_test

import (
	"fmt"
	"testing"
	"time"

	"concord/record"
	"concord/record/access"
	"concord/store/dictionary"
)

// dutied opens the desk anew with what workgroups of RQM are responsible for.
func (s *stage) dutied(d *access.Duties) {
	s.t.Helper()
	codec, err := dictionary.Codec()
	if err != nil {
		s.t.Fatal(err)
	}
	s.desk, err = record.Open(s.ctx, record.Options{Engine: s.engine, Codec: codec, Secret: []byte(secret), Now: s.now,
		Duties: func(org string) *access.Duties {
			if org == "RQM" {
				return d
			}
			return &access.Duties{}
		}})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) of(groups ...string) *record.Errand {
	return s.desk.For(access.Requester{ID: fmt.Sprint("g-", groups), Role: access.Clinician, Org: "RQM", Workgroups: groups}, access.Reason{Purpose: access.DirectCare})
}

const (
	atWard    = `{"status":"%s","location":{"type":"Location","identifier":{"system":"urn:concord:RQM:location","value":"%s"}}%s}`
	wardStay  = `{"resourceType":"Encounter","status":"in-progress","class":{"code":"IMP"},"subject":{"reference":"Patient/%s"},"period":{"start":"2026-11-01T10:00:00Z"},"location":[%s]%s}`
	aReferral = `{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/%s"}%s}`
)

// TestWorkgroupLooksAfter: an admission, a booking and a referral give the
// relationship to the workgroup that is responsible for the ward, the clinic, the
// specialty or the clinician; where none is, to the whole organisation.
func TestWorkgroupLooksAfter(t *testing.T) {
	s := newStage(t)
	s.dutied(&access.Duties{Of: map[string][]string{
		"ward:JENNER": {"RESP"}, "ward:CLINIC 4": {"ORTHO"}, "service:320": {"CARDIO"}, "staff:C1234567": {"CARDIO"}, "service:110": {"ORTHO"}}})
	service := func(code string) string {
		return `,"serviceType":{"coding":[{"system":"https://fhir.nhs.uk/CodeSystem/Specialty","code":"` + code + `"}]}`
	}
	here := func(ward string) string { return fmt.Sprintf(atWard, "active", ward, "") }
	booking := `{"resourceType":"Appointment","status":"booked","start":"2026-11-25T10:00:00Z","participant":[{"actor":{"reference":"Patient/%s"},"status":"accepted"},{"actor":{"type":"Location","identifier":{"system":"urn:concord:RQM:location","value":"Clinic 4"}},"status":"accepted"}]}`
	consultant := `{"type":"Practitioner","identifier":{"system":"https://fhir.hl7.org.uk/Id/consultant-code","value":"C1234567"}}`
	for name, c := range map[string]struct {
		makes string
		who   []string // workgroups that look after the patient
		all   bool     // and everybody of the organisation
	}{
		"ward":                       {fmt.Sprintf(wardStay, "%s", here("Jenner/Bay 2/Bed 7"), ""), []string{"RESP"}, false},
		"specialty":                  {fmt.Sprintf(wardStay, "%s", "", service("320")), []string{"CARDIO"}, false},
		"ward and specialty":         {fmt.Sprintf(wardStay, "%s", here("JENNER"), service("320")), []string{"RESP", "CARDIO"}, false},
		"consultant":                 {fmt.Sprintf(wardStay, "%s", "", `,"participant":[{"individual":`+consultant+`}]`), []string{"CARDIO"}, false},
		"a ward that is nobody's":    {fmt.Sprintf(wardStay, "%s", here("Elsewhere"), service("999")), []string{"RESP", "CARDIO", "ORTHO"}, true},
		"no ward":                    {fmt.Sprintf(wardStay, "%s", "", ""), []string{"RESP", "CARDIO", "ORTHO"}, true},
		"clinic":                     {booking, []string{"ORTHO"}, false},
		"referral to a consultant":   {fmt.Sprintf(aReferral, "%s", `,"performer":[`+consultant+`]`), []string{"CARDIO"}, false},
		"referral to a specialty":    {fmt.Sprintf(aReferral, "%s", `,"performerType":{"coding":[{"code":"110"}]}`), []string{"ORTHO"}, false},
		"a workgroup that is named":  {fmt.Sprintf(wardStay, "%s", here("JENNER"), `,"participant":[{"individual":{"identifier":{"system":"urn:concord:team","value":"RQM/PAIN"}}}]`), []string{"RESP", "PAIN"}, false},
		"another trust's own groups": {fmt.Sprintf(aReferral, "%s", `,"performer":[{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"RYJ"}}]`), []string{"RESP", "CARDIO", "ORTHO"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := s.hide("", "R1K", "", "", "")
			s.create(s.client("RQM"), fmt.Sprintf(c.makes, h.patient))
			for _, g := range []string{"RESP", "CARDIO", "ORTHO", "PAIN", ""} {
				want := c.all
				for _, w := range c.who {
					want = want || w == g
				}
				groups := []string{g}
				if g == "" {
					groups = nil
				}
				if _, err := s.of(groups...).Read(s.ctx, "Observation", h.obs); (err == nil) != want {
					t.Errorf("%q reads: %v, want %v", g, err, want)
				}
			}
		})
	}
	s.clean()
}

// TestWorkgroupEnds: who has handed a patient over is let go after the days of
// grace; the ward where the patient is goes on; a laboratory order of the stay
// gives the whole trust nothing.
func TestWorkgroupEnds(t *testing.T) {
	s := newStage(t)
	s.dutied(&access.Duties{Of: map[string][]string{"ward:A": {"ALPHA"}, "ward:B": {"BETA"}}})
	h := s.hide("", "R1K", "", "", "")
	reads := func(when, group string, want bool) {
		t.Helper()
		if _, err := s.of(group).Read(s.ctx, "Observation", h.obs); (err == nil) != want {
			t.Errorf("%s, %s reads: %v, want %v", when, group, err, want)
		}
	}
	stay := fmt.Sprintf(wardStay, h.patient, fmt.Sprintf(atWard, "active", "A", ""), "")
	id := s.create(s.client("RQM"), stay).ID
	reads("admitted to A", "ALPHA", true)
	reads("admitted to A", "BETA", false)
	s.create(s.client("RQM"), fmt.Sprintf(aReferral, h.patient, `,"encounter":{"reference":"Encounter/`+id+`"},"code":{"text":"Full blood count"}`))
	reads("an order", "BETA", false)
	moved := fmt.Sprintf(wardStay, h.patient, fmt.Sprintf(atWard, "completed", "A", `,"period":{"end":"2026-11-21T10:00:00Z"}`)+","+fmt.Sprintf(atWard, "active", "B", ""), "")
	if _, err := s.rewrite(s.client("RQM"), "Encounter", id, moved); err != nil {
		t.Fatal(err)
	}
	reads("moved to B", "ALPHA", true)
	reads("moved to B", "BETA", true)
	reads("moved to B", "GAMMA", false)
	s.clock.Add((access.Grace + time.Hour).Microseconds())
	reads("four weeks later", "ALPHA", false)
	reads("four weeks later", "BETA", true)
}

// TestDutiesUnknown: what cannot be read opens nothing.
func TestDutiesUnknown(t *testing.T) {
	s := newStage(t)
	s.dutied(&access.Duties{Unknown: true})
	h := s.hide("", "R1K", "", "", "")
	s.create(s.client("RQM"), fmt.Sprintf(wardStay, h.patient, fmt.Sprintf(atWard, "active", "A", ""), `,"participant":[{"individual":{"identifier":{"system":"urn:concord:team","value":"RQM/PAIN"}}}]`))
	if _, err := s.of("ALPHA").Read(s.ctx, "Observation", h.obs); err == nil {
		t.Error("read while the duties are not known")
	}
	if _, err := s.of("PAIN").Read(s.ctx, "Observation", h.obs); err != nil {
		t.Errorf("a workgroup that is named: %v", err)
	}
}
