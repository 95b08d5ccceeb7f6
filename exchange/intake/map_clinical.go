package intake

import (
	"strings"

	"concord/exchange/crosswalk"
	"concord/standard/fhir"
)

// addClinical maps what an ADT message carries besides patient and visit:
// allergies (AL1), diagnoses (DG1), procedures (PR1), observations (OBX).
func (s *source) addClinical(m *Mapped) {
	var visitRef *fhir.Value
	visitKey := ""
	for _, d := range m.Drafts {
		if d.Type == "Encounter" {
			visitKey, visitRef = d.Key, keyRef("Encounter", d.Key)
		}
	}
	for _, g := range s.segments {
		switch g.ID() {
		case "AL1":
			m.add(s.allergy(g))
		case "DG1":
			m.add(s.diagnosis(g, visitKey, visitRef))
		case "PR1":
			m.add(s.procedure(g, visitKey, visitRef))
		}
	}
	s.addLooseObservations(m, visitRef)
}

// add appends a draft if there is one.
func (m *Mapped) add(d Draft, ok bool) {
	if ok {
		m.Drafts = append(m.Drafts, d)
	}
}

// allergy maps AL1. An allergy has no number of its own: the patient and what
// it is to are its key.
func (s *source) allergy(al1 *segment) (Draft, bool) {
	al1.skip(1)
	what := al1.f(3)
	if !what.Valued() {
		s.warn("an AL1 segment names no allergen")
		return Draft{}, false
	}
	category, kind := allergyCategory(strings.ToUpper(al1.str(2)))
	criticality, severity := "", ""
	switch strings.ToUpper(al1.str(4)) {
	case "SV":
		criticality, severity = "high", "severe"
	case "MO":
		severity = "moderate"
	case "MI":
		criticality, severity = "low", "mild"
	case "U":
		criticality = "unable-to-assess"
	}
	var symptoms []any
	for _, r := range al1.f(5).Reps() {
		if t := r.Text(); t != "" {
			symptoms = append(symptoms, fhir.Obj("text", t))
		}
	}
	var reaction *fhir.Value
	if len(symptoms) > 0 {
		reaction = fhir.Arr(fhir.Obj("manifestation", fhir.Arr(symptoms...), "severity", severity))
	}
	allergyKey := key("allergy", s.patient.Number, orDefault(whole(what, 1), whole(what, 2)))
	const clinical = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
	const verification = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
	return s.draft("AllergyIntolerance", allergyKey, replaceNewer,
		"clinicalStatus", fhir.Concept(clinical, "active", "Active", ""),
		"verificationStatus", fhir.Concept(verification, "unconfirmed", "Unconfirmed", ""),
		"type", kind,
		"category", category,
		"criticality", criticality,
		"code", s.ours(s.concept(what), crosswalk.Alerts),
		"patient", patientRef(),
		"onsetDateTime", s.dateTime(al1.f(6)),
		"reaction", reaction,
	), true
}

// allergyCategory is table 0127.
func allergyCategory(code string) (category []string, kind string) {
	switch code {
	case "DA", "MA":
		return []string{"medication"}, "allergy"
	case "FA":
		return []string{"food"}, "allergy"
	case "AA", "EA", "LA", "PA":
		return []string{"environment"}, "allergy"
	}
	return nil, ""
}

// diagnosis maps DG1. DG1-20 is its number from version 2.5 on.
func (s *source) diagnosis(dg1 *segment, visitKey string, visitRef *fhir.Value) (Draft, bool) {
	dg1.skip(1, 2)
	what, text := dg1.f(3), dg1.str(4)
	if !what.Valued() && text == "" {
		s.warn("a DG1 segment names no diagnosis")
		return Draft{}, false
	}
	var code *fhir.Value
	if what.Valued() {
		code = s.concept(what)
	} else {
		code = fhir.Obj("text", text)
	}
	kind := strings.ToUpper(dg1.str(6))
	verification := map[string]string{"A": "provisional", "W": "provisional", "F": "confirmed"}[kind]
	if dg1.str(21) == "D" {
		verification = "entered-in-error"
	}
	conditionKey := key("diagnosis", s.patient.Number, visitKey, orDefault(whole(what, 1), text))
	if id := dg1.f(20).Component(1).String(); id != "" {
		conditionKey = key("diagnosis", id)
	}
	var clinical *fhir.Value
	if verification != "entered-in-error" {
		clinical = fhir.Concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active", "")
	}
	return s.draft("Condition", conditionKey, replaceNewer,
		"clinicalStatus", clinical,
		"verificationStatus", codedOrNil("http://terminology.hl7.org/CodeSystem/condition-ver-status", verification),
		"category", fhir.Arr(fhir.Concept("http://terminology.hl7.org/CodeSystem/condition-category", "encounter-diagnosis", "Encounter Diagnosis", "")),
		"code", code,
		"subject", patientRef(),
		"encounter", visitRef,
		"recordedDate", s.dateTime(dg1.f(5)),
		"asserter", firstOf(s.practitioners(dg1.f(16))),
	), true
}

func codedOrNil(system, code string) *fhir.Value {
	if code == "" {
		return nil
	}
	return fhir.Concept(system, code, "", "")
}

func firstOf(list []*fhir.Value) *fhir.Value {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// procedure maps PR1. PR1-19 is its number from version 2.5 on.
func (s *source) procedure(pr1 *segment, visitKey string, visitRef *fhir.Value) (Draft, bool) {
	pr1.skip(1, 2)
	what, text := pr1.f(3), pr1.str(4)
	if !what.Valued() && text == "" {
		s.warn("a PR1 segment names no procedure")
		return Draft{}, false
	}
	code := fhir.Obj("text", text)
	if what.Valued() {
		code = s.concept(what)
	}
	at := s.dateTime(pr1.f(5))
	status := "completed"
	if t, ok := s.time(pr1.f(5)); ok && t.After(s.event) {
		status = "preparation" // planned for later than the message
	}
	if pr1.str(20) == "D" {
		status = enteredInError
	}
	procedureKey := key("procedure", s.patient.Number, visitKey, orDefault(whole(what, 1), text), at)
	if id := pr1.f(19).Component(1).String(); id != "" {
		procedureKey = key("procedure", id)
	}
	var performers []any
	for _, n := range []int{11, 12, 8} {
		for _, p := range s.practitioners(pr1.f(n)) {
			performers = append(performers, fhir.Obj("actor", p))
		}
	}
	return s.draft("Procedure", procedureKey, replaceNewer,
		"status", status,
		"code", code,
		"subject", patientRef(),
		"encounter", visitRef,
		"performedDateTime", at,
		"performer", fhir.Arr(performers...),
	), true
}
