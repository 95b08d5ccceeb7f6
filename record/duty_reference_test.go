package record_test

import (
	"fmt"
	"strings"
	"testing"

	"concord/record/access"
)

// TestWorkgroupByReference: what refers to a place or a clinician by id is of the
// workgroup that is responsible for what that is called: by its code, its name, what
// it is part of, a role's clinician and specialty. What another organisation calls so
// names no place here. When the directory changes, so does the relationship, at the
// next request.
func TestWorkgroupByReference(t *testing.T) {
	s := newStage(t)
	s.alone = true
	s.dutied(&access.Duties{Of: map[string][]string{
		"ward:JENNER": {"RESP"}, "ward:SLEEP CLINIC": {"RESP"}, "ward:RQM01-9": {"RESP"}, "service:320": {"CARDIO"}, "staff:C1234567": {"CARDIO"}}})
	put := func(org, typ, id, text string) string {
		t.Helper()
		if _, err := s.rewrite(s.client(org), typ, id, `{"resourceType":"`+typ+`",`+text+`}`); err != nil {
			t.Fatal(err)
		}
		return `{"reference":"` + typ + "/" + id + `"}`
	}
	code := func(value string) string {
		return `"identifier":[{"system":"urn:x:old","value":"OLD"},{"system":"https://fhir.nhs.uk/Id/ods-site-code","value":"` + value + `"}]`
	}
	ward := put("RQM", "Location", "jenner", code("Jenner")+`,"name":"Jenner ward"`)
	bed := put("RQM", "Location", "bed7", `"name":"Bed 7","partOf":`+put("RQM", "Location", "bay2", `"name":"Bay 2","partOf":`+ward))
	named := put("RQM", "Location", "sleep", `"name":"Sleep  clinic"`)
	domain := put("QRV", "Location", "site", code("RQM01-9"))
	foreign := put("R1K", "Location", "theirs", code("JENNER"))
	beside := put("RQM", "Location", "beside", `"name":"Bay","partOf":`+foreign)
	circle := put("RQM", "Location", "circle", `"name":"Round","partOf":{"reference":"Location/circle"}`)
	doctor := put("RQM", "Practitioner", "dr", `"identifier":[{"system":"https://fhir.hl7.org.uk/Id/consultant-code","value":"C1234567"}]`)
	role := put("RQM", "PractitionerRole", "role", `"practitioner":`+doctor)
	heart := put("RQM", "PractitionerRole", "heart", `"specialty":[{"coding":[{"system":"urn:s","code":"320"}]}]`)
	at := func(location string) string {
		return fmt.Sprintf(wardStay, "%s", `{"status":"active","location":`+location+`}`, "")
	}
	with := func(who string) string {
		return fmt.Sprintf(wardStay, "%s", "", `,"participant":[{"individual":`+who+`}]`)
	}
	booked := func(actor string) string {
		return `{"resourceType":"Appointment","status":"booked","start":"2026-11-25T10:00:00Z","participant":[{"actor":{"reference":"Patient/%s"},"status":"accepted"},{"actor":` + actor + `,"status":"accepted"}]}`
	}
	asked := func(rest string) string { return fmt.Sprintf(aReferral, "%s", rest) }
	contained := strings.Replace(at(`{"reference":"#w"}`), `"status"`, `"contained":[{"resourceType":"Location","id":"w",`+strings.ReplaceAll(code("JENNER"), "%", "%%")+`}],"status"`, 1)
	resp, cardio, all := []string{"RESP"}, []string{"CARDIO"}, []string{"RESP", "CARDIO", ""}
	for name, c := range map[string]struct {
		makes string
		who   []string
	}{
		"a ward":                      {at(ward), resp},
		"a bed of a ward":             {at(bed), resp},
		"a clinic by its name":        {at(named), resp},
		"the domain's site":           {at(domain), resp},
		"another trust's ward":        {at(foreign), all},
		"part of another trust's":     {at(beside), all},
		"part of itself":              {at(circle), all},
		"not there":                   {at(`{"reference":"Location/none"}`), all},
		"contained":                   {contained, resp},
		"a clinician":                 {with(doctor), cardio},
		"a role":                      {with(role), cardio},
		"a role's specialty":          {with(heart), cardio},
		"a booking":                   {booked(ward), resp},
		"a booking with a clinician":  {booked(doctor), cardio},
		"a referral to a role":        {asked(`,"performer":[` + role + `]`), cardio},
		"a referral to a place":       {asked(`,"locationReference":[` + ward + `]`), resp},
		"a referral from a clinician": {asked(`,"requester":` + doctor), cardio},
	} {
		t.Run(name, func(t *testing.T) {
			h := s.hide("", "R1K", "", "", "")
			text := c.makes
			if strings.Contains(text, "%s") {
				text = fmt.Sprintf(text, h.patient)
			}
			s.create(s.client("RQM"), text)
			s.looksAfter(t, h, c.who...)
		})
	}
	h := s.hide("", "R1K", "", "", "")
	s.create(s.client("RQM"), fmt.Sprintf(at(named), h.patient))
	s.looksAfter(t, h, "RESP")
	put("RQM", "Location", "sleep", `"name":"Store room"`)
	s.looksAfter(t, h, all...)
	put("RQM", "Location", "sleep", `"name":"Store room","partOf":`+ward)
	s.looksAfter(t, h, "RESP")
	late := s.hide("", "R1K", "", "", "")
	s.create(s.client("RQM"), fmt.Sprintf(at(`{"reference":"Location/new"}`), late.patient))
	s.looksAfter(t, late, all...)
	put("RQM", "Location", "new", code("JENNER"))
	s.looksAfter(t, late, "RESP")
	s.clean()
}

// looksAfter tells whether the patient is looked after by some workgroups of RQM and by
// no other; "" is everybody of the organisation.
func (s *stage) looksAfter(t *testing.T, h hidden, groups ...string) {
	t.Helper()
	for _, g := range []string{"RESP", "CARDIO", ""} {
		var of []string
		if g != "" {
			of = []string{g}
		}
		want := false
		for _, w := range groups {
			want = want || w == g
		}
		if _, err := s.of(of...).Read(s.ctx, "Observation", h.obs); (err == nil) != want {
			t.Errorf("workgroup %q: %v", g, err)
		}
	}
}
