package record_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

// hiddenHome is a restricted patient of whose home several resources tell, in
// words that no other resource has.
type hiddenHome struct{ patient, next, stay, seen string }

// homeWords are what tells where the patient lives or is reached, or who the GP is.
func homeWords() []string {
	return []string{"Hidden", "HA1 3UJ", "07700900", "Larkspur", "Snowdrop", "E87001"}
}

func (s *stage) hiddenHome() hiddenHome {
	s.t.Helper()
	own := s.client("R1K")
	var h hiddenHome
	h.patient = s.create(own, `{"resourceType":"Patient",`+label(access.Confidentiality, "R")+
		`"contained":[{"resourceType":"Organization","id":"gp","name":"Snowdrop Surgery","telecom":[{"system":"phone","value":"07700900555"}]}],
		"identifier":[{"system":"urn:concord:R1K:hospital-number","value":"31"},{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"`+nhs+`"}],
		"name":[{"family":"Whitcombe","given":["Rosalind"]}],"gender":"female","birthDate":"1950-03-04",
		"address":[{"line":["7 Hidden Lane"],"postalCode":"HA1 3UJ"}],"telecom":[{"system":"phone","value":"07700900123"}],
		"generalPractitioner":[{"reference":"#gp"}]}`).ID
	h.next = s.create(own, `{"resourceType":"RelatedPerson","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Hidden</div>"},
		"patient":{"reference":"Patient/`+h.patient+`"},"name":[{"family":"Whitcombe","given":["Edgar"]}],
		"address":[{"line":["7 Hidden Lane"],"city":"Harrow","postalCode":"HA1 3UJ"}],
		"telecom":[{"system":"phone","value":"07700900124"},{"system":"email","value":"edgar.hidden@example.org"}]}`).ID
	h.stay = s.create(own, `{"resourceType":"Encounter","status":"in-progress","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},
		"contained":[{"resourceType":"Location","id":"home","name":"Hidden Lane 7","address":{"line":["7 Hidden Lane"],"postalCode":"HA1 3UJ"},"telecom":[{"system":"phone","value":"07700900125"}]},
			{"resourceType":"Location","id":"ward","name":"Ward 6"}],
		"subject":{"reference":"Patient/`+h.patient+`"},"period":{"start":"2026-11-01T10:00:00Z"},
		"hospitalization":{"destination":{"display":"Larkspur House"},"dischargeDisposition":{"text":"care home"}},
		"location":[{"location":{"reference":"#home","display":"7 Hidden Lane"}},{"location":{"reference":"#ward","display":"Ward 6"}}],
		"serviceProvider":{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"R1K"}},
		"participant":[{"individual":{"type":"Organization","identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"E87001"},"display":"Snowdrop Surgery"}}]}`).ID
	h.seen = s.create(own, `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://example.org/canary","code":"WHERE"}]},
		"subject":{"reference":"Patient/`+h.patient+`"},"encounter":{"reference":"Encounter/`+h.stay+`"},"performer":[{"reference":"RelatedPerson/`+h.next+`"}],"effectiveDateTime":"2026-11-01T10:00:00Z"}`).ID
	return h
}

// looking are the paths on which the home could be read. Each gives the text
// that is shown.
func (s *stage) looking(e *record.Errand, h hiddenHome) map[string]string {
	s.t.Helper()
	out := map[string]string{}
	add := func(name string, err error, items ...*record.Item) {
		if err != nil && !fault.Is(err, fault.Denied) {
			s.t.Errorf("%s: %v", name, err)
		}
		for _, it := range items {
			full, err := it.Full()
			if err != nil {
				s.t.Fatal(err)
			}
			out[name] += string(full.JSON())
		}
	}
	for typ, id := range map[string]string{"Patient": h.patient, "RelatedPerson": h.next, "Encounter": h.stay} {
		it, err := e.Read(s.ctx, typ, id)
		if err != nil {
			s.t.Fatal(typ, err)
		}
		add("read "+typ, err, it)
		it, err = e.ReadVersion(s.ctx, typ, id, 1)
		add("vread "+typ, err, it)
		for name, a := range map[string]record.AskedHistory{"history of ": {Type: typ, ID: id}, "history of type ": {Type: typ, Count: 100}, "history with ": {Count: 100}} {
			past, err := e.History(s.ctx, a)
			add(name+typ, err, past.Versions...)
		}
		f, err := e.Search(s.ctx, record.Asked{Types: []string{typ}, Form: url.Values{"_id": {id}}})
		add("search "+typ, err, f.Matches...)
	}
	for name, a := range map[string]record.Asked{
		"by patient":  {Types: []string{"RelatedPerson"}, Form: url.Values{"patient": {h.patient}}},
		"compartment": {Types: []string{"RelatedPerson"}, Compartment: "Patient", Owner: h.patient, Form: url.Values{}},
		"everything":  {Compartment: "Patient", Owner: h.patient, Whole: true, Form: url.Values{}},
		"include":     {Types: []string{"Observation"}, Form: url.Values{"_id": {h.seen}, "_include": {"Observation:performer", "Observation:encounter", "Observation:subject"}}},
		"revinclude":  {Types: []string{"Patient"}, Form: url.Values{"_id": {h.patient}, "_revinclude": {"RelatedPerson:patient", "Encounter:subject"}}},
	} {
		f, err := e.Search(s.ctx, a)
		if err != nil {
			s.t.Fatal(name, err)
		}
		add(name, err, append(f.Matches, f.Included...)...)
	}
	c, err := e.Chart(s.ctx, h.patient, record.ChartQuery{Sections: []record.Section{{Type: "RelatedPerson"}, {Type: "Encounter"}}})
	if err != nil {
		s.t.Fatal(err)
	}
	add("chart", err, append(append(c.Sections[0], c.Sections[1]...), c.Person.Entries...)...)
	for _, typ := range []string{"RelatedPerson", "Encounter"} {
		add("export "+typ, e.Export(s.ctx, typ, func(items []*record.Item) error { add("export "+typ, nil, items...); return nil }))
	}
	return out
}

// asking are the searches that guess at the home, and how many each finds.
func (s *stage) asking(e *record.Errand, h hiddenHome) map[string]int {
	s.t.Helper()
	out := map[string]int{}
	ask := func(typ, query string) {
		s.t.Helper()
		form, err := url.ParseQuery(query)
		if err != nil {
			s.t.Fatal(err)
		}
		f, err := e.Search(s.ctx, record.Asked{Types: []string{typ}, Form: form})
		if err != nil {
			s.t.Fatalf("%s?%s: %v", typ, query, err)
		}
		out[typ+"?"+query] = max(len(f.Matches), f.Total)
	}
	for _, guess := range []string{"address-postalcode=HA1", "address=7+Hidden", "address-city=Harrow", "phone=07700900124", "telecom=07700900124", "email=edgar.hidden@example.org", "_content=Hidden", "_text=Hidden", "_filter=address-postalcode+eq+%22HA1+3UJ%22"} {
		ask("RelatedPerson", guess)
		ask("RelatedPerson", guess+"&patient="+h.patient)
		ask("RelatedPerson", guess+"&_summary=count")
		ask("RelatedPerson", guess+"&patient="+h.patient+"&_summary=count")
		ask("RelatedPerson", guess+"&_total=accurate")
	}
	for _, guess := range []string{"phone=07700900123", "address=7+Hidden", "address-postalcode=HA1"} {
		ask("Patient", guess)
		ask("Patient", guess+"&_summary=count")
		ask("Patient", guess+"&_total=accurate")
	}
	ask("Patient", "_has:RelatedPerson:patient:address-postalcode=HA1")
	ask("Patient", "_has:RelatedPerson:patient:phone=07700900124&_summary=count")
	ask("Observation", "performer:RelatedPerson.address-postalcode=HA1")
	ask("Observation", "performer:RelatedPerson.phone=07700900124&patient="+h.patient)
	ask("Location", "_contained=true&address-postalcode=HA1")
	ask("Encounter", "location:Location.address=7+Hidden&patient="+h.patient)
	ask("Encounter", "participant:identifier=E87001")
	return out
}

// TestWhereaboutsBesidePatient: where a restricted patient lives and is reached
// is kept back in every resource that tells it, on every path, and is not found
// by guessing; whose system sends it reads and finds it.
func TestWhereaboutsBesidePatient(t *testing.T) {
	s := newStage(t)
	h := s.hiddenHome()
	for name, e := range map[string]*record.Errand{"another trust": s.client("RQM"), "clinician": s.as(access.Clinician), "own clinician": s.clinician("R1K")} {
		for path, text := range s.looking(e, h) {
			for _, w := range homeWords() {
				if strings.Contains(text, w) {
					t.Errorf("%s, %s shows %q: %s", name, path, w, text)
				}
			}
			if strings.Contains(path, "Encounter") && !strings.Contains(text, "Ward 6") {
				t.Errorf("%s, %s keeps the ward back: %s", name, path, text)
			}
			if strings.Contains(path, "RelatedPerson") && !strings.Contains(text, "Edgar") {
				t.Errorf("%s, %s keeps back more than the address: %s", name, path, text)
			}
		}
		for query, n := range s.asking(e, h) {
			if n > 0 {
				t.Errorf("%s finds %d by %s", name, n, query)
			}
		}
	}
	own := s.client("R1K")
	for path, text := range s.looking(own, h) {
		if !strings.Contains(text, "Hidden") {
			t.Errorf("whose system sends it does not read it by %s: %s", path, text)
		}
	}
	for query, n := range s.asking(own, h) {
		if n != 1 && !strings.Contains(query, "_text=") && !strings.Contains(query, "_content=") {
			t.Errorf("whose system sends it finds %d by %s", n, query)
		}
	}
}

// TestWhereaboutsInOddPlaces: visits at home, extensions, and resources within
// resources.
func TestWhereaboutsInOddPlaces(t *testing.T) {
	s := newStage(t)
	h := s.hiddenHome()
	for name, c := range map[string]struct{ text, stays string }{
		"a visit at home": {`{"resourceType":"Encounter","status":"finished","class":{"code":"HH"},"subject":{"reference":"Patient/PAT"},"reasonCode":[{"text":"dressing"}],
			"location":[{"location":{"display":"7 Hidden Lane"}}]}`, "dressing"},
		"a house": {`{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/PAT"},"reasonCode":[{"text":"dressing"}],
			"location":[{"location":{"display":"7 Hidden Lane"},"physicalType":{"coding":[{"code":"ho"}]}},{"location":{"display":"Clinic 2"}}]}`, "Clinic 2"},
		"an extension": {`{"resourceType":"Observation","extension":[{"url":"urn:x:seen-at","valueAddress":{"line":["7 Hidden Lane"]}},{"url":"urn:x:kept","valueString":"kept"}],"status":"final",
			"code":{"text":"x"},"subject":{"reference":"Patient/PAT"}}`, "kept"},
		"a performer within": {`{"resourceType":"Observation","contained":[{"resourceType":"RelatedPerson","id":"r","patient":{"reference":"Patient/PAT"},"name":[{"family":"Edgar"}],"telecom":[{"value":"07700900126"}]}],
			"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/PAT"},"performer":[{"reference":"#r"}]}`, "Edgar"},
		"the patient within": {`{"resourceType":"Observation","contained":[{"resourceType":"Patient","id":"p","birthDate":"1950-03-04","address":[{"line":["7 Hidden Lane"]}],"contact":[{"name":{"text":"Larkspur"}}]}],
			"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/PAT"},"focus":[{"reference":"#p"}]}`, "1950-03-04"},
		"who refers": {`{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/PAT"},"requester":{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"E87001"},"display":"Snowdrop Surgery"}}`, "masked"},
	} {
		text := strings.ReplaceAll(c.text, "PAT", h.patient)
		typ := s.json(text).Type()
		id := s.create(s.client("R1K"), text).ID
		it, err := s.client("RQM").Read(s.ctx, typ, id)
		if err != nil {
			t.Fatal(name, err)
		}
		shown := string(it.JSON())
		for _, w := range homeWords() {
			if strings.Contains(shown, w) {
				t.Errorf("%s shows %q: %s", name, w, shown)
			}
		}
		if !strings.Contains(shown, c.stays) {
			t.Errorf("%s keeps back %q: %s", name, c.stays, shown)
		}
	}
}

// TestWhereaboutsAreNotWrittenOver: who does not see where a restricted patient
// lives neither reads it in the answer of a patch nor loses it by writing what
// was read; what tells nothing of it is written as ever.
func TestWhereaboutsAreNotWrittenOver(t *testing.T) {
	s := newStage(t)
	h := s.hiddenHome()
	patch := func(typ, id string) []record.Op {
		return []record.Op{{Kind: record.Patch, Type: typ, ID: id, Change: func(v *fhir.Value) (*fhir.Value, error) {
			return v.With("language", "en"), nil
		}}}
	}
	for typ, id := range map[string]string{"RelatedPerson": h.next, "Encounter": h.stay} {
		for _, e := range []*record.Errand{s.client(access.Domain), s.client("RQM"), s.clinician("R1K")} {
			if res, err := e.Transact(s.ctx, patch(typ, id), record.Commit{}); !fault.Is(err, fault.Denied) {
				t.Errorf("%s: %+v %v", typ, res, err)
			}
		}
		if _, err := s.client("R1K").Transact(s.ctx, patch(typ, id), record.Commit{}); err != nil {
			t.Errorf("%s, its own: %v", typ, err)
		}
	}
	plain := s.create(s.client("R1K"), s.observation(h.patient, "plain", "")).ID
	if _, err := s.client(access.Domain).Transact(s.ctx, patch("Observation", plain), record.Commit{}); err != nil {
		t.Errorf("what tells nothing of it: %v", err)
	}
}

// TestCountsOfTheUnrestrictedStand: the same searches of patients who are not
// restricted are counted by the index as before.
func TestCountsOfTheUnrestrictedStand(t *testing.T) {
	s := newStage(t)
	for i, name := range []string{"Abara", "Bellini", "Czerny"} {
		s.create(s.client("R1K"), strings.ReplaceAll(living("R1K", strconv.Itoa(50+i), s.freshNumbers(1)[0], "HA1 3UJ", "07700900777", ""), "Whitcombe", name))
	}
	s.create(s.client("R1K"), living("R1K", "60", s.freshNumbers(1)[0], "HA1 3UJ", "07700900777", label(access.Confidentiality, "R")))
	for org, want := range map[string]int{"RQM": 3, "R1K": 4} {
		f, err := s.client(org).Search(s.ctx, record.Asked{Types: []string{"Patient"}, Form: url.Values{"phone": {"07700900777"}, "_summary": {"count"}}})
		if err != nil || f.Total != want {
			t.Errorf("%s counts %+v %v, want %d", org, f, err, want)
		}
	}
}
