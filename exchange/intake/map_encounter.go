package intake

import (
	"strings"

	"concord/exchange/crosswalk"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// visit is what a message says about one visit, before its state changes.
type visit struct {
	key      string
	adopts   []string
	resource *fhir.Value // details only: no status, location, period
	details  stayDetails
}

// stayDetails are the parts of PV1 and PV2 that state changes use.
type stayDetails struct {
	at           string    // when the event took place
	admitted     string    // PV1-44
	discharged   string    // PV1-45
	assigned     placement // PV1-3
	prior        placement // PV1-6
	temporary    placement // PV1-11
	pending      placement // PV1-42
	expectedIn   string    // PV2-8
	expectedOut  string    // PV2-9
	expectedMove string    // EVN-3
}

// readVisit reads PV1 and PV2. It is nil when the message is about no visit:
// no PV1, class N, or nothing that would name the visit.
func (s *source) readVisit() *visit {
	pv1, pv2 := s.first("PV1"), s.first("PV2")
	if pv1 == nil {
		return nil
	}
	pv1.skip(1)
	class := s.class(pv1)
	if class == nil {
		return nil
	}
	v := &visit{details: s.stayDetails(pv1, pv2)}
	v.key, v.adopts = s.visitKey(pv1, pv2)
	if v.key == "" {
		return nil
	}
	v.resource = fhir.Obj(
		"resourceType", "Encounter", "meta", s.meta("Encounter"),
		"extension", fhir.Arr(s.admissionMethod(pv1), s.dischargeMethod(pv1)),
		"identifier", fhir.Arr(s.visitIdentifiers(pv1)...),
		"class", class,
		"type", fhir.Arr(s.encounterType(pv1)),
		"serviceType", s.service(pv1),
		"subject", patientRef(),
		"participant", fhir.Arr(s.participants(pv1)...),
		"reasonCode", fhir.Arr(s.admitReason(pv2)),
		"hospitalization", s.hospitalization(pv1),
		"serviceProvider", s.trust(),
	)
	return v
}

// class is PV1-2 (table 0004) as an ActEncounterCode; nil for N.
func (s *source) class(pv1 *segment) *fhir.Value {
	code := strings.ToUpper(pv1.str(2))
	kind := strings.ToUpper(pv1.str(18))
	act := func(code, display string) *fhir.Value {
		return fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code", code, "display", display)
	}
	if code == "" {
		code = kind
	}
	switch {
	case code == "N":
		return nil
	case code == "I" || code == "B" || strings.HasPrefix(code, "INP"):
		return act("IMP", "inpatient encounter")
	case code == "E" || strings.HasPrefix(code, "EM"):
		return act("EMER", "emergency")
	case code == "O" || code == "R" || code == "C" || strings.HasPrefix(code, "OUT"):
		return act("AMB", "ambulatory")
	case code == "P" || strings.HasPrefix(code, "PRE"):
		return act("PRENC", "pre-admission")
	case code == "D" || strings.HasPrefix(code, "DAY"):
		return act("SS", "short stay")
	}
	return fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code", "UNK", "display", "unknown")
}

// visitKey names the visit: by its number; before that by the pre-admission
// number, the expected or the real time of admission, or of discharge.
func (s *source) visitKey(pv1, pv2 *segment) (visitKey string, adopts []string) {
	number, preadmit := pv1.f(19).Component(1).String(), pv1.f(5).Component(1).String()
	stamp := func(text string) string {
		if t, ok := s.timeText(text); ok {
			return t.UTC().Format("20060102150405")
		}
		return ""
	}
	admitted, expected := stamp(pv1.str(44)), stamp(pv2.str(8))
	planned := func(at string) string { return key("planned", s.patient.Number, at) }
	if preadmit != "" {
		adopts = append(adopts, key("preadmit", preadmit))
	}
	for _, at := range []string{admitted, expected} {
		if at != "" {
			adopts = append(adopts, planned(at))
		}
	}
	if admitted != "" {
		adopts = append(adopts, key("stay", s.patient.Number, admitted))
	}
	switch {
	case number != "":
		return key("visit", number), adopts
	case preadmit != "":
		return key("preadmit", preadmit), adopts[1:]
	case admitted != "":
		return key("stay", s.patient.Number, admitted), adopts[:len(adopts)-1]
	case expected != "":
		return planned(expected), nil
	}
	if at := stamp(s.first("EVN").str(3)); at != "" {
		return planned(at), nil
	}
	if at := stamp(pv1.str(45)); at != "" {
		return key("stay", s.patient.Number, "to", at), nil
	}
	return "", nil
}

func (s *source) stayDetails(pv1, pv2 *segment) stayDetails {
	evn := s.first("EVN")
	d := stayDetails{
		at:           s.dateTime(evn.f(6)),
		admitted:     s.dateTime(pv1.f(44)),
		discharged:   s.dateTime(pv1.f(45)),
		assigned:     s.stayPlace(pv1, 3),
		prior:        s.stayPlace(pv1, 6),
		temporary:    s.stayPlace(pv1, 11),
		pending:      s.stayPlace(pv1, 42),
		expectedIn:   s.dateTime(pv2.f(8)),
		expectedOut:  s.dateTime(pv2.f(9)),
		expectedMove: s.dateTime(evn.f(3)),
	}
	if d.at == "" {
		d.at = s.eventStamp()
	}
	if d.pending.location == nil {
		d.pending = s.stayPlace(pv2, 1)
	}
	return d
}

func (s *source) stayPlace(g *segment, n int) placement {
	s.askPlace(crosswalk.Wards, crosswalk.Clinics, g.f(n))
	location, physical := s.place(g.f(n))
	return placement{location: location, physical: physical}
}

func (s *source) visitIdentifiers(pv1 *segment) []any {
	return []any{
		s.local(uk.VisitNumber, pv1.f(19).Component(1).String()),
		s.local("preadmit-number", pv1.f(5).Component(1).String()),
		s.local(uk.AlternateVisit, pv1.f(50).Component(1).String()),
		s.local(uk.AccountNumber, s.account()),
	}
}

// admissionMethod: an NHS admission method in PV1-4 is written as such; other
// values are the encounter's type.
func (s *source) admissionMethod(pv1 *segment) *fhir.Value {
	if code := pv1.str(4); admissionMethod(code) {
		return codedExtension(uk.AdmissionExtension, fhir.Concept(uk.AdmissionMethod, strings.ToUpper(code), "", ""))
	}
	return nil
}

func admissionMethod(code string) bool {
	switch strings.ToUpper(code) {
	case "11", "12", "13", "21", "22", "23", "24", "25", "2A", "2B", "2C", "2D", "28", "31", "32", "81", "82", "83":
		return true
	}
	return false
}

func (s *source) encounterType(pv1 *segment) *fhir.Value {
	f := pv1.f(4)
	if !f.Valued() || admissionMethod(f.String()) {
		return nil
	}
	return s.tableConcept(f, "0007")
}

func (s *source) dischargeMethod(pv1 *segment) *fhir.Value {
	if code := pv1.str(36); len(code) == 1 && code >= "1" && code <= "9" {
		return codedExtension(uk.DischargeExtension, fhir.Concept(uk.DischargeMethod, code, "", ""))
	}
	return nil
}

func (s *source) service(pv1 *segment) *fhir.Value {
	f := pv1.f(10)
	if !f.Valued() {
		return nil
	}
	return s.ours(s.tableConcept(f, "0069"), crosswalk.Specialties)
}

func (s *source) participants(pv1 *segment) []any {
	var all []any
	for _, role := range []struct {
		field         int
		code, display string
	}{{7, "ATND", "attender"}, {8, "REF", "referrer"}, {9, "CON", "consultant"}, {17, "ADM", "admitter"}} {
		kind := fhir.Concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", role.code, role.display, "")
		found := s.practitioners(pv1.f(role.field))
		if role.code != "REF" { // who refers is mostly of no trust
			found = s.lead(found)
		}
		for _, p := range found {
			all = append(all, fhir.Obj("type", fhir.Arr(kind), "individual", p))
		}
	}
	return all
}

func (s *source) admitReason(pv2 *segment) *fhir.Value {
	if f := pv2.f(3); f.Valued() {
		return s.concept(f)
	}
	return nil
}

func (s *source) hospitalization(pv1 *segment) *fhir.Value {
	coded := func(n int, table string) *fhir.Value {
		if f := pv1.f(n); f.Valued() {
			return s.tableConcept(f, table)
		}
		return nil
	}
	h := fhir.Obj("admitSource", coded(14, "0023"), "dischargeDisposition", coded(36, "0112"))
	if f := pv1.f(37); f.Valued() {
		h = h.With("destination", fhir.Obj("display", f.String()))
	}
	return h
}

// addVisit puts the visit of the message among the drafts with its state
// change, and gives it back; nil when there is none.
func (s *source) addVisit(m *Mapped, change stateChange) *visit {
	v := s.readVisit()
	if v == nil {
		return nil
	}
	m.Drafts = append(m.Drafts, Draft{Type: "Encounter", Key: v.key, Adopts: v.adopts,
		Resource: v.resource.With("status", "unknown"), Fold: foldStay(change, v.details)})
	return v
}

// mentionVisit is addVisit for messages that only say during which visit
// something was done: a visit not yet known is created, a known one stays as
// it is. It gives the reference, nil when there is none.
func (s *source) mentionVisit(m *Mapped) *fhir.Value {
	v := s.readVisit()
	if v == nil {
		return nil
	}
	if !strings.HasPrefix(v.key, "visit|") {
		return nil // without a number, only the events of the visit itself name it
	}
	st := openStay(nil, v.resource, v.details)
	st.mention()
	m.Drafts = append(m.Drafts, Draft{Type: "Encounter", Key: v.key, Adopts: v.adopts, Resource: st.close(), Fold: createOnly})
	return keyRef("Encounter", v.key)
}
