package record_test

import (
	"net/url"
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
)

// TestSensitiveWhereverItStands: what has a sensitive code anywhere in it stays
// with the trust that recorded it: another trust's system and a clinician who
// looks after the patient there do not read or find it, until the glass is broken.
func TestSensitiveWhereverItStands(t *testing.T) {
	s := newStage(t)
	p := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Okonkwo", "Adaeze", "1948-03-14", "female")).ID
	const hiv = `{"coding":[{"system":"http://snomed.info/sct","code":"165816005"}]}`
	about := `"subject":{"reference":"Patient/` + p + `"}`
	hidden := map[string]string{
		"value":      `{"resourceType":"Observation","status":"final","code":{"text":"x"},` + about + `,"valueCodeableConcept":` + hiv + `}`,
		"component":  `{"resourceType":"Observation","status":"final","code":{"text":"x"},` + about + `,"component":[{"code":` + hiv + `,"valueString":"seen"}]}`,
		"test":       `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"56888-1"}]},` + about + `,"valueString":"seen"}`,
		"conclusion": `{"resourceType":"DiagnosticReport","status":"final","code":{"text":"x"},` + about + `,"conclusionCode":[` + hiv + `]}`,
		"contained": `{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},` + about +
			`,"contained":[{"resourceType":"Condition","id":"c",` + about + `,"code":` + hiv + `}],"diagnosis":[{"condition":{"reference":"#c"}}]}`,
	}
	ids := map[string]string{}
	for name, text := range hidden {
		ids[name] = s.create(s.client("R1K"), text).ID
	}
	plain := s.create(s.client("R1K"), s.observation(p, "plain", "")).ID
	reads := func(e *record.Errand, name string) bool {
		t.Helper()
		typ := s.json(hidden[name]).Type()
		it, err := e.Read(s.ctx, typ, ids[name])
		f, ferr := e.Search(s.ctx, record.Asked{Types: []string{typ}, Form: url.Values{"patient": {p}, "_id": {ids[name]}}})
		if ferr != nil {
			t.Fatal(ferr)
		}
		if (err == nil) != (len(f.Matches) == 1) {
			t.Errorf("%s: read %v, found %d", name, err, len(f.Matches))
		}
		return err == nil && strings.Contains(string(it.JSON()), typ)
	}
	ward := s.as(access.Clinician)
	for name := range hidden {
		for who, e := range map[string]*record.Errand{"another trust": s.client("RQM"), "clinician there": ward} {
			if reads(e, name) {
				t.Errorf("%s reads the %s", who, name)
			}
		}
		if !reads(s.client("R1K"), name) {
			t.Errorf("who recorded the %s does not read it", name)
		}
	}
	if _, err := ward.Read(s.ctx, "Observation", plain); err != nil {
		t.Errorf("what is not sensitive: %v", err)
	}
	if _, err := ward.BreakGlass(s.ctx, p, "vital-interests", "found unconscious on the ward"); err != nil {
		t.Fatal(err)
	}
	for name := range hidden {
		if !reads(ward, name) {
			t.Errorf("the broken glass does not open the %s", name)
		}
	}
}
