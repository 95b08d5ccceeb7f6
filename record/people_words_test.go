package record_test

import (
	"testing"

	"concord/record"
	"concord/record/access"
)

// TestLaterWordsOfNames: a person is found by any word of a name.
func TestLaterWordsOfNames(t *testing.T) {
	s := newStage(t)
	v := s.json(`{"resourceType":"Patient","name":[{"family":"Al-Hassan Silva","given":["Beatriz Almeida"]}],"birthDate":"1980-02-03"}`)
	if _, err := s.client("R1K").Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Patient", Resource: v}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{"hassan": 1, "beatriz hassan": 1, "almeida silva": 1, "al-hassan 1980": 1, "assan": 0, "almeida smith": 0} {
		found, err := s.as(access.Clinician).FindPeople(s.ctx, record.PeopleQuery{Text: text})
		if err != nil || len(found.Hits) != want {
			t.Errorf("%s: %+v %v", text, found, err)
		}
	}
}
