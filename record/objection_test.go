package record_test

import (
	"fmt"
	"testing"

	"concord/fault"
	"concord/record/access"
)

// TestObjectionsDoNotLapse: an objection holds until it is withdrawn, however many
// other consents come after it.
func TestObjectionsDoNotLapse(t *testing.T) {
	for _, code := range []string{access.SharedRecord, access.GPDissent} {
		t.Run(code, func(t *testing.T) {
			s := newStage(t)
			org, reader := "R1K", s.clinician("RQM")
			if code == access.GPDissent {
				org = "E84007" // a practice's part of the record
			}
			h := s.hide("", org, "", "in-progress", "")
			read := func() bool {
				t.Helper()
				_, err := reader.Read(s.ctx, "Observation", h.obs)
				if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Withheld) {
					t.Fatal(err)
				}
				return err == nil
			}
			if !read() {
				t.Fatal("what nobody objects to is not read")
			}
			s.consent(h, code)
			if read() {
				t.Fatal("what is objected to is read")
			}
			for i := range 120 {
				s.create(s.client("R1K"), fmt.Sprintf(`{"resourceType":"Consent","status":"active","scope":{"coding":[{"code":"treatment"}]},"category":[{"coding":[{"system":"http://example.org/consent","code":"photo"}]}],"patient":{"reference":"Patient/%s"},"dateTime":"2026-11-%02dT10:00:00Z"}`, h.patient, i%28+1))
			}
			if read() {
				t.Error("what is objected to is read once other consents have come")
			}
		})
	}
}
