package record_test

import (
	"slices"
	"testing"

	"concord/record"
	"concord/record/access"
)

// TestAlone: a Patient of whom nothing else is kept is told, whether what there was
// has been deleted or there never was any; one in whose record something lies, or
// whom something elsewhere names, is not, nor one who is not there. Who needs a tie
// to a patient is told nothing.
func TestAlone(t *testing.T) {
	s := newStage(t)
	feed := s.client("R1K")
	entry := func(number string) string {
		return s.create(feed, patient("R1K", number, "", "Alone"+number, "A", "1950-01-01", "male")).ID
	}
	observed := func(id string) record.Result {
		return s.create(feed, `{"resourceType":"Observation","status":"final","code":{"text":"Hb"},"subject":{"reference":"Patient/`+id+`"}}`)
	}
	never, has, had, named := entry("1"), entry("2"), entry("3"), entry("4")
	observed(has)
	gone := observed(had)
	if _, err := feed.Transact(s.ctx, []record.Op{{Kind: record.Delete, Type: "Observation", ID: gone.ID}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	s.create(feed, `{"resourceType":"Group","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/`+named+`"}}]}`)
	ids := []string{never, has, had, named, "00000000-1"}
	got, err := feed.Alone(s.ctx, ids)
	if err != nil || !slices.Equal(got, []bool{true, false, true, false, false}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err = feed.Alone(s.ctx, ids[:3]); err != nil || !slices.Equal(got, []bool{true, false, true}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err = s.as(access.Clinician).Alone(s.ctx, ids); err != nil || slices.Contains(got, true) {
		t.Errorf("a clinician is told %v, %v", got, err)
	}
}
