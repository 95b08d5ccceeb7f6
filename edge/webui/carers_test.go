package webui

import (
	"slices"
	"testing"
	"time"

	"concord/record/access"
)

// TestCarers: each organisation or team is named once for each way in which it looks
// after a patient, until the last of them ends, in the time of the place.
func TestCarers(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	s := &Site{orgs: map[string]Org{"RQM": {Code: "RQM", Name: "Chelsea"}}}
	s.Now, s.lens.Zone = time.Now, london
	until := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	got := s.carers([]access.Relation{{Org: "RQM", How: "encounter", Until: until, Ref: "Encounter/1"}, {Org: "E99", How: "registration"}, {Org: "E99", How: "registration", Until: until},
		{Org: "RQM", How: "encounter", Until: until.Add(time.Hour), Ref: "Encounter/2"}, {Org: "RQM", Workgroup: "pain", How: "referral"}})
	want := []string{"Chelsea, team pain: referral", "Chelsea: encounter, until 01-Jul-2026 14:00", "Organisation E99: registration"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
