package intake

import (
	"strings"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// readPatientKey finds the hospital number: the first repetition of PID-3 that
// is not an NHS number, in older messages PID-2.
func (s *source) readPatientKey() error {
	pid := s.first("PID")
	if pid == nil {
		return fault.New(fault.Invalid, "intake.patient", "the message has no PID segment").In("PID")
	}
	s.patient = PatientKey{Trust: s.feed.Trust}
	for _, f := range []hl7v2.Field{pid.f(3), pid.f(2)} {
		for _, id := range f.Reps() {
			number := id.Component(1).String()
			switch {
			case number == "":
			case nhsNumber(id):
				if s.patient.NHS == "" {
					s.readNHSNumber(number, pid.str(32))
				}
			case s.patient.Number == "" && hospitalNumber(id):
				s.patient.Number = number
			}
		}
	}
	if s.patient.Number == "" {
		return fault.New(fault.Invalid, "intake.patient-number", "PID-3 holds no hospital number").In("PID-3")
	}
	return nil
}

// nhsNumber tells an identifier by its type code or its authority (PDS, the
// NHS number's OID and URI included).
func nhsNumber(id hl7v2.Repetition) bool {
	switch strings.ToUpper(id.Component(5).String()) {
	case "NH", "NHS", "NHSNMBR", "NHSNO", "NHSNUMBER":
		return true
	}
	authority := id.Component(4)
	switch strings.ToUpper(authority.String()) {
	case "NHS", "NHSNBR", "NHSNO", "NHS NUMBER", "PDS":
		return true
	}
	switch authority.Sub(2).String() {
	case "2.16.840.1.113883.2.1.4.1", uk.NHSNumberSystem:
		return true
	}
	return false
}

// hospitalNumber leaves out the numbers of other things: accounts, visits,
// passports, driving licences, insurances and the like (table 0203). Trusts
// have many words for their own number, so that what is not known counts.
func hospitalNumber(id hl7v2.Repetition) bool {
	switch kind := strings.ToUpper(id.Component(5).String()); kind {
	case "AN", "VN", "SS", "SSN", "DL", "PPN", "PNT", "NPI", "NI", "TAX", "MC", "MA", "HC", "BC", "BR", "CZ", "DR", "EI", "EN",
		"GI", "MI", "PE", "PRC", "RR", "SR", "WC", "ANON", "ANC", "MB", "SN", "SL":
		return false
	default:
		return !(len(kind) == 5 && strings.HasPrefix(kind, "NN")) // national numbers of other countries
	}
}

// readNHSNumber checks a number. PID-32 in English use carries the status as
// NSTS01 to NSTS08.
func (s *source) readNHSNumber(number, reliability string) {
	p := &s.patient
	n, err := uk.ParseNHSNumber(number)
	if err != nil {
		p.NHS, p.NHSStatus = strings.ReplaceAll(number, " ", ""), uk.TraceRequired
		s.warn("the NHS number is not well formed; it is kept as unverified")
		return
	}
	p.NHS, p.NHSValid, p.NHSStatus = string(n), true, uk.NotTraced
	if status, ok := uk.ParseStatus(strings.TrimPrefix(strings.ToUpper(reliability), "NSTS")); ok {
		p.NHSStatus = status
	}
}

// mapDemographics makes the Patient. A message that is not ADT only fills
// what is not known yet: the patient administration system leads.
func (s *source) mapDemographics(leads bool) Draft {
	pid := s.first("PID")
	pid.skip(1)
	var cleared []string
	clear := func(member string, fields ...int) {
		for _, n := range fields {
			if pid.f(n).Null() {
				cleared = append(cleared, member)
				return
			}
		}
	}
	clear("birthDate", 7)
	clear("address", 11)
	clear("telecom", 13)
	clear("maritalStatus", 16)
	clear("communication", 15)
	clear("deceasedBoolean", 30)
	clear("deceasedDateTime", 29)
	fold := fillGaps
	if leads {
		fold = foldDemographics(cleared)
	}
	died, dead := s.deceased(pid)
	gp, practice := s.generalPractitioners()
	return s.draft("Patient", key("patient", s.patient.Number), fold,
		"extension", fhir.Arr(codedExtension(uk.EthnicExtension, s.ethnic(pid))),
		"identifier", fhir.Arr(s.patientIdentifiers(pid)...),
		"active", true,
		"name", fhir.Arr(s.names(pid)...),
		"telecom", fhir.Arr(append(s.telecoms(pid.f(13), "home"), s.telecoms(pid.f(14), "work")...)...),
		"gender", gender(pid.str(8)),
		"birthDate", s.date(pid.f(7)),
		"deceasedBoolean", dead,
		"deceasedDateTime", died,
		"address", fhir.Arr(s.addresses(pid.f(11))...),
		"maritalStatus", s.marital(pid),
		"multipleBirthInteger", multipleBirth(pid),
		"contact", fhir.Arr(s.contacts()...),
		"communication", s.language(pid),
		"generalPractitioner", fhir.Arr(gp, practice),
		"managingOrganization", s.trust(),
	)
}

// patientIdentifiers: the hospital number first, the NHS number with its
// status, then the sender's other numbers under the trust's own systems.
func (s *source) patientIdentifiers(pid *segment) []any {
	hospital := fhir.Obj("use", "usual", "type", fhir.Concept(tableSystem("0203"), "MR", "Medical record number", ""),
		"system", uk.HospitalNumber.System(s.feed.Trust), "value", s.patient.Number, "assigner", s.trust())
	ids := []any{hospital}
	if s.patient.NHS != "" {
		use := ""
		if s.patient.NHSValid {
			use = "official"
		}
		status := fhir.Concept(uk.VerificationSystem, string(s.patient.NHSStatus), s.patient.NHSStatus.Display(), "")
		ids = append(ids, fhir.Obj("extension", fhir.Arr(codedExtension(uk.VerificationExtension, status)),
			"use", use, "system", uk.NHSNumberSystem, "value", s.patient.NHS))
	}
	seen := map[string]bool{s.patient.Number: true}
	for _, r := range pid.f(3).Reps() {
		value, kind := r.Component(1).String(), r.Component(5).String()
		if value == "" || seen[value] || nhsNumber(r) {
			continue
		}
		seen[value] = true
		system := s.otherSystem("patient-" + strings.ToLower(orDefault(r.Component(4).String(), orDefault(kind, "other"))))
		ids = append(ids, fhir.Obj("system", system, "value", value))
	}
	return ids
}

// otherSystem is a system of the trust for a number that Concord has no name for.
func (s *source) otherSystem(name string) string {
	return uk.Local(escapeURI(strings.Join(strings.Fields(name), "-"))).System(s.feed.Trust)
}

func orDefault(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// names maps PID-5 and the aliases of PID-9.
func (s *source) names(pid *segment) []any {
	var all []any
	for _, r := range pid.f(5).Reps() {
		all = append(all, humanName(r, nameUse(r.Component(7).String(), "official")))
	}
	for _, r := range pid.f(9).Reps() {
		all = append(all, humanName(r, nameUse(r.Component(7).String(), "old")))
	}
	return all
}

// humanName maps XPN.
func humanName(p piece, use string) *fhir.Value {
	split := func(n int) []string { return strings.Fields(p.Component(n).String()) }
	family := p.Component(1).String()
	given := append(split(2), split(3)...)
	if family == "" && len(given) == 0 {
		return nil
	}
	suffix := append(split(4), split(6)...)
	return fhir.Obj("use", use, "family", family, "given", given, "prefix", split(5), "suffix", suffix)
}

// nameUse is table 0200.
func nameUse(code, other string) string {
	switch strings.ToUpper(code) {
	case "L", "D", "CURRENT":
		return "official"
	case "A", "N", "NICKNAME":
		return "nickname"
	case "M", "MAIDEN", "B":
		return "maiden"
	case "P", "PREVIOUS":
		return "old"
	case "T", "TEMP":
		return "temp"
	case "S", "PREFERRED":
		return "usual"
	}
	return other
}

// gender is table 0001.
func gender(code string) string {
	switch strings.ToUpper(code) {
	case "":
		return ""
	case "M", "1", "MALE":
		return "male"
	case "F", "2", "FEMALE":
		return "female"
	case "O", "A", "9", "I", "OTHER":
		return "other"
	}
	return "unknown"
}

// deceased gives PID-29 as the time of death, else PID-30 as a plain fact.
func (s *source) deceased(pid *segment) (died string, dead any) {
	flag := strings.ToUpper(pid.str(30))
	if died = s.dateTime(pid.f(29)); died != "" && flag != "N" {
		return died, nil
	}
	switch flag {
	case "Y":
		return "", true
	case "N":
		return "", false
	}
	return "", nil
}

// ethnic reads PID-22, else PID-10, where it holds an ethnic category.
func (s *source) ethnic(pid *segment) *fhir.Value {
	for _, n := range []int{22, 10} {
		f := pid.f(n)
		code := strings.ToUpper(f.Component(1).String())
		if text := uk.EthnicCategory(code); text != "" && !strings.HasPrefix(f.Component(3).String(), "HL7") {
			return fhir.Concept(uk.EthnicSystem, code, text, "")
		}
		if f.Valued() {
			return s.concept(f)
		}
	}
	return nil
}

func (s *source) marital(pid *segment) *fhir.Value {
	if !pid.f(16).Valued() {
		return nil
	}
	f := pid.f(16)
	code := f.Component(1).String()
	if strings.Contains("ADILMPSTUWC", code) && len(code) == 1 && f.Component(3).String() == "" {
		return fhir.Concept("http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", code, f.Component(2).String(), "")
	}
	return s.concept(f)
}

func (s *source) language(pid *segment) *fhir.Value {
	if !pid.f(15).Valued() {
		return nil
	}
	return fhir.Arr(fhir.Obj("language", s.concept(pid.f(15)), "preferred", true))
}

func multipleBirth(pid *segment) any {
	order := pid.str(25)
	if pid.str(24) == "N" || len(order) != 1 || order[0] < '1' || order[0] > '9' {
		return nil
	}
	return int(order[0] - '0')
}
