package record_test

import (
	"strings"
	"testing"
	"time"

	"concord/record/access"
)

// registered is a Patient at a trust with the practice that the trust names; ""
// names none.
func registered(trust, practice, more string) string {
	text := patient(trust, "7", nhs, "Okonkwo", "Adaeze", "1948-03-14", "female")
	if practice != "" {
		more += `"generalPractitioner":[{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"` + practice + `"}}],`
	}
	return strings.Replace(text, `"resourceType":"Patient",`, `"resourceType":"Patient",`+more, 1)
}

// TestRegistrationMoves: the practice that was named last is the patient's, and
// no other: a former one loses the relationship at once, though other trusts
// still name it, and does not win it back when one of them writes its entry again
// for another reason.
func TestRegistrationMoves(t *testing.T) {
	s := newStage(t)
	s.alone = true
	const before, now, later = "E87001", "E87002", "E87003"
	here := s.create(s.client("R1K"), registered("R1K", before, "")).ID
	there := s.create(s.client("RYJ"), registered("RYJ", before, "")).ID
	silent := s.create(s.client("RQM"), registered("RQM", "", "")).ID
	if s.personOf(here) != s.personOf(there) || s.personOf(here) != s.personOf(silent) {
		t.Fatal("the entries are not one person's")
	}
	obs := s.create(s.client("RYJ"), s.observation(there, "seen", "")).ID
	reads := func(step string, want ...string) {
		t.Helper()
		for _, org := range []string{before, now, later} {
			_, err := s.clinician(org).Read(s.ctx, "Observation", obs)
			if should := strings.Contains(strings.Join(want, " "), org); (err == nil) != should {
				t.Errorf("%s: a clinician of %s reads: %v", step, org, err)
			}
		}
	}
	write := func(trust, id, text string) {
		t.Helper()
		s.clock.Add(time.Hour.Microseconds())
		if _, err := s.rewrite(s.client(trust), "Patient", id, text); err != nil {
			t.Fatal(err)
		}
	}
	reads("as all say", before)
	write("R1K", here, registered("R1K", now, ""))
	reads("one trust hears of the move", now)
	write("RYJ", there, registered("RYJ", before, `"telecom":[{"system":"phone","value":"07700900123"}],`))
	reads("another trust writes its old copy again", now)
	write("RQM", silent, registered("RQM", "", `"telecom":[{"system":"phone","value":"07700900123"}],`))
	reads("who says nothing writes", now)
	write("RYJ", there, registered("RYJ", later, ""))
	reads("another trust names a third", later)
	write("R1K", here, registered("R1K", "V81999", ""))
	reads("not known is no statement", later)
	write("R1K", here, registered("R1K", "V81997", ""))
	reads("registered nowhere")
	write("RQM", silent, registered("RQM", before, `"active":false,`))
	reads("an entry that is out of use is believed last")
	write("RQM", silent, registered("RQM", before, ""))
	reads("registered again", before)
	// What another relationship gives is no matter of registration.
	s.create(s.client("R1K"), `{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/`+here+`"},
		"performer":[{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"`+now+`"}}]}`)
	reads("a referral", before, now)
	why, err := s.as(access.Privacy).Explain(s.ctx, access.Requester{ID: "m", Role: access.Clinician, Org: later}, access.Reason{Purpose: access.DirectCare}, here, "")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, r := range why.Relations {
		if r.How == "registration" {
			told = append(told, r.Org)
		}
	}
	if strings.Join(told, " ") != before {
		t.Errorf("the explanation names %v", told)
	}
}

// TestRegistrationByTheEntryAlone: a practice that is named as the entry's
// organisation counts where no general practitioner is named.
func TestRegistrationByTheEntryAlone(t *testing.T) {
	s := newStage(t)
	s.alone = true
	s.create(s.client("R1K"), registered("R1K", "E87001", ""))
	s.clock.Add(time.Hour.Microseconds())
	own := s.create(s.client("RYJ"), registered("RYJ", "", `"managingOrganization":{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"E87002"}},`)).ID
	obs := s.create(s.client("RYJ"), s.observation(own, "seen", "")).ID
	for org, want := range map[string]bool{"E87001": false, "E87002": true} {
		if _, err := s.clinician(org).Read(s.ctx, "Observation", obs); (err == nil) != want {
			t.Errorf("%s reads: %v", org, err)
		}
	}
}
