package webui_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"concord/record"
	"concord/record/account"
)

// The story: Adaeze Okonkwo is known to four trusts; beside her stand the
// people who test a page's edges.

func patientJSON(id, org, number, nhs, status, family, given, title, born, sex, more string) string {
	return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"identifier":[{"system":"urn:concord:%s:hospital-number","value":%q}`+
		`,{"system":"https://fhir.nhs.uk/Id/nhs-number","value":%q,"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus","valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland","code":%q}]}}]}],`+
		`"name":[{"use":"official","family":%q,"given":[%q],"prefix":[%q]}],"gender":%q,"birthDate":%q%s}`,
		id, org, number, nhs, status, family, given, title, sex, born, more)
}

const home = `,"address":[{"line":["14 Kenton Road"],"city":"Harrow","postalCode":"HA3 0DQ"}],"telecom":[{"system":"phone","value":"020 7946 0123"}],"generalPractitioner":[{"display":"Dr S Patel, Kenton Bridge Practice"}]`

func concept(code, display string) string {
	return fmt.Sprintf(`{"coding":[{"system":"http://snomed.info/sct","code":%q,"display":%q}],"text":%q}`, code, display, display)
}

func at(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func observation(subject, category, code, name, value, unit, rng, flag string, when time.Time) string {
	system := "http://loinc.org"
	if strings.HasPrefix(code, "tt-") || strings.HasPrefix(code, "WP") {
		system = "urn:concord:RAS:code"
	}
	more := ""
	if rng != "" {
		low, high, _ := strings.Cut(rng, "-")
		more += fmt.Sprintf(`,"referenceRange":[{"low":{"value":%s},"high":{"value":%s}}]`, low, high)
	}
	if flag != "" {
		more += fmt.Sprintf(`,"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":%q}]}]`, flag)
	}
	return fmt.Sprintf(`{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":%q}]}],`+
		`"code":{"coding":[{"system":%q,"code":%q,"display":%q}],"text":%q},"subject":{"reference":%q},"effectiveDateTime":%q,"performer":[{"display":"Staff Nurse B Adeyemi"}],"valueQuantity":{"value":%s,"unit":%q}%s}`,
		category, system, code, name, name, subject, at(when), value, unit, more)
}

// vitals is one set of observations for NEWS2.
func vitals(subject string, when time.Time, rr, spo2, flow, systolic, diastolic, pulse, level, temp string) []string {
	v := func(code, name, value, unit string) string {
		return observation(subject, "vital-signs", code, name, value, unit, "", "", when)
	}
	component := func(code, value string) string {
		return fmt.Sprintf(`{"code":{"coding":[{"system":"http://loinc.org","code":%q}]},"valueQuantity":{"value":%s,"unit":"mmHg"}}`, code, value)
	}
	head := fmt.Sprintf(`"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"subject":{"reference":%q},"effectiveDateTime":%q,"performer":[{"display":"Staff Nurse B Adeyemi"}]`, subject, at(when))
	all := []string{
		v("9279-1", "Respiration rate", rr, "/min"), v("2708-6", "Oxygen saturation", spo2, "%"), v("3151-8", "Inhaled oxygen flow", flow, "L/min"),
		v("8867-4", "Heart rate", pulse, "/min"),
		`{"resourceType":"Observation",` + head + `,"code":{"coding":[{"system":"http://loinc.org","code":"85354-9","display":"Blood pressure panel"}]},"component":[` + component("8480-6", systolic) + `,` + component("8462-4", diastolic) + `]}`,
		`{"resourceType":"Observation",` + head + `,"code":` + concept("1104441000000107", "ACVPU") + `,"valueCodeableConcept":` + concept(level, map[string]string{"248234008": "Mentally alert", "130987000": "Acute confusion"}[level]) + `}`,
	}
	if temp != "" {
		all = append(all, v("8310-5", "Body temperature", temp, "Cel"))
	}
	return all
}

// panel is a laboratory report with its results.
func panel(subject, name string, when time.Time, tests ...[5]string) []string {
	var all []string
	var refs []string
	for n, t := range tests {
		o := observation(subject, "laboratory", t[0], t[1], t[2], t[3], t[4], "", when)
		id := fmt.Sprintf("%s-%d-%d", strings.ReplaceAll(strings.ToLower(name), " ", "-"), when.Unix(), n)
		all = append(all, strings.Replace(o, `{"resourceType"`, `{"id":"`+id+`","resourceType"`, 1))
		refs = append(refs, `{"reference":"urn:uuid:`+id+`"}`)
	}
	report := fmt.Sprintf(`{"resourceType":"DiagnosticReport","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"LAB"}]}],"code":{"text":%q},"subject":{"reference":%q},"effectiveDateTime":%q,"result":[%s]}`,
		name, subject, at(when), strings.Join(refs, ","))
	return append(all, report)
}

func letter(subject, title, kind, text string, when time.Time) string {
	return fmt.Sprintf(`{"resourceType":"DocumentReference","status":"current","type":{"text":%q},"description":%q,"subject":{"reference":%q},"date":%q,"author":[{"display":"Dr J Whitfield, Consultant"}],"content":[{"attachment":{"contentType":"text/plain","data":%q}}]}`,
		kind, title, subject, at(when), base64.StdEncoding.EncodeToString([]byte(text)))
}

// tell writes the whole story.
func (s *stage) tell() {
	s.t.Helper()
	s.adaeze()
	s.now = today
	s.edges()
	s.feedMessages()
	s.now = today
	s.must(s.office().AddWorkgroup(s.ctx, account.Workgroup{Org: "RQM", Code: "STORY", Name: "Heart failure team"}))
}

func (s *stage) adaeze() {
	base := today
	day := func(days, hour int) time.Time {
		return base.AddDate(0, 0, -days).Truncate(24 * time.Hour).Add(time.Duration(hour) * time.Hour)
	}
	register := func(org, number, given string) string {
		p := patientJSON("p", org, number, "9990000018", "01", "Okonkwo", given, "Mrs", "1948-03-14", "female", home)
		return "Patient/" + s.write(org, "REG-"+number, p)[0].ID
	}
	s.now = day(900, 9)
	lnw := register("R1K", "1002345", "Adaeze")
	imperial := register("RYJ", "77001234", "Adaeze")
	hillingdon := register("RAS", "H445566", "Ada")
	chelsea := register("RQM", "CW88123", "Adaeze")

	s.now = day(420, 12)
	s.write("RYJ", "MDM-1",
		`{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"confirmed"}]},"type":"allergy","category":["medication"],"criticality":"high","code":`+concept("91936005", "Penicillin")+`,"patient":{"reference":"`+imperial+`"},"recordedDate":"2019-04-26","recorder":{"display":"Dr J Whitfield"},"reaction":[{"manifestation":[{"text":"Anaphylaxis"}],"severity":"severe"}]}`,
		`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"category":[{"coding":[{"code":"problem-list-item"}]}],"code":`+concept("84114007", "Heart failure with reduced ejection fraction")+`,"subject":{"reference":"`+imperial+`"},"onsetDateTime":"2023-02-11","recordedDate":"2023-02-11","recorder":{"display":"Dr J Whitfield"}}`,
		`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":`+concept("44054006", "Type 2 diabetes mellitus")+`,"subject":{"reference":"`+imperial+`"},"onsetDateTime":"2009","recordedDate":"2023-02-11","recorder":{"display":"Dr J Whitfield"}}`,
		`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"318857002","display":"Bisoprolol 2.5mg tablets"}],"text":"bisoprolol"},"subject":{"reference":"`+imperial+`"},"authoredOn":"2025-09-28","requester":{"display":"Dr J Whitfield"},"dosageInstruction":[{"route":{"text":"oral"},"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}},"doseAndRate":[{"doseQuantity":{"value":2.5,"unit":"mg"}}]}]}`,
		`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"furosemide"},"subject":{"reference":"`+imperial+`"},"authoredOn":"2025-09-28","requester":{"display":"Dr J Whitfield"},"dosageInstruction":[{"route":{"text":"oral"},"timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}},"doseAndRate":[{"doseQuantity":{"value":40,"unit":"mg"}}]}]}`,
		`{"resourceType":"MedicationRequest","status":"stopped","intent":"order","medicationCodeableConcept":{"text":"ramipril"},"statusReason":{"text":"cough"},"subject":{"reference":"`+imperial+`"},"authoredOn":"2023-02-12","requester":{"display":"Dr J Whitfield"},"dosageInstruction":[{"text":"5 mg once a day"}]}`,
		letter(imperial, "Heart failure clinic letter", "Clinic letter", "Dear Dr Patel\n\nDiagnosis: heart failure with reduced ejection fraction (35% in September 2025).\n\nMrs Okonkwo reports less breathlessness. NYHA II. We increased furosemide to 40 mg twice a day and ask you to check urea and electrolytes in two weeks.\n\nYours sincerely\nDr J Whitfield", day(60, 15)),
		`{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"type":[{"text":"Heart failure clinic, follow-up"}],"subject":{"reference":"`+imperial+`"},"participant":[{"individual":{"display":"Dr J Whitfield"}}],"period":{"start":"`+at(day(60, 10))+`","end":"`+at(day(60, 11))+`"},"location":[{"location":{"display":"Cardiology clinic, Hammersmith Hospital"}}]}`)

	lab := func(n, days int) {
		s.now = day(days, 12)
		creatinine := []string{"98", "104", "110", "118", "131", "162", "148"}[n]
		s.write("RAS", fmt.Sprintf("LAB-%d", days), panel(hillingdon, "Urea and electrolytes", day(days, 8),
			[5]string{"tt-0003-03", "Sodium", []string{"141", "140", "138", "139", "136", "131", "134"}[n], "mmol/L", "133-146"},
			[5]string{"tt-0003-02", "Potassium", []string{"4.2", "4.4", "4.6", "4.5", "4.9", "5.6", "5.1"}[n], "mmol/L", "3.5-5.3"},
			[5]string{"tt-0003-04", "Urea", []string{"6.1", "7.0", "7.4", "8.2", "9.0", "14.6", "11.2"}[n], "mmol/L", "2.5-7.8"},
			[5]string{"tt-0003-01", "Creatinine", creatinine, "UMOLL", "49-92"})...)
		if n > 3 {
			s.write("R1K", fmt.Sprintf("FBC-%d", days), panel(lnw, "Full blood count", day(days, 9),
				[5]string{"718-7", "Haemoglobin", []string{"", "", "", "", "118", "109", "112"}[n], "g/L", "115-165"},
				[5]string{"6690-2", "White cell count", []string{"", "", "", "", "8.40", "13.95", "10.20"}[n], "10*9/L", "4.0-11.0"},
				[5]string{"1988-5", "C-reactive protein", []string{"", "", "", "", "6", "148", "61"}[n], "mg/L", ""})...)
		}
	}
	for n, days := range []int{400, 300, 200, 120, 60} {
		lab(n, days)
	}
	s.now = day(30, 9)
	s.write("RQM", "GP-7",
		`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":`+concept("44054006", "Type 2 diabetes mellitus")+`,"subject":{"reference":"`+chelsea+`"},"recordedDate":"2024-06-03","recorder":{"display":"Dr A Lindqvist"}}`,
		`{"resourceType":"MedicationStatement","status":"active","medicationCodeableConcept":{"text":"bisoprolol"},"subject":{"reference":"`+chelsea+`"},"effectiveDateTime":"2026-10-20","informationSource":{"display":"Patient"},"dosage":[{"route":{"text":"oral"},"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}},"doseAndRate":[{"doseQuantity":{"value":5,"unit":"mg"}}]}]}`,
		`{"resourceType":"Appointment","status":"booked","serviceType":[{"text":"Diabetes eye screening"}],"start":"`+at(day(-12, 14))+`","end":"`+at(day(-12, 15))+`","participant":[{"actor":{"reference":"`+chelsea+`"},"status":"accepted"},{"actor":{"display":"Eye clinic, West Middlesex University Hospital","type":"Location"},"status":"accepted"}]}`)

	s.now = day(30, 16)
	s.write("R1K", "ADT-A04-1", `{"resourceType":"Encounter","status":"finished","class":{"code":"EMER"},"subject":{"reference":"`+lnw+`"},"participant":[{"individual":{"display":"Dr T Owusu"}}],"period":{"start":"`+at(day(30, 10))+`","end":"`+at(day(30, 15))+`"},"reasonCode":[{"text":"Breathlessness"}],"location":[{"location":{"display":"Emergency department, Northwick Park Hospital"}}]}`,
		`{"resourceType":"Encounter","status":"finished","class":{"code":"IMP"},"subject":{"reference":"`+lnw+`"},"participant":[{"individual":{"display":"Dr R Forster"}}],"period":{"start":"`+at(day(500, 10))+`","end":"`+at(day(488, 15))+`"},"reasonCode":[{"text":"Acute heart failure"}],"location":[{"location":{"display":"Gray Ward, Northwick Park Hospital"}}]}`)
	lab(5, 9)
	lab(6, 3)
	stay := `{"resourceType":"Encounter","id":"stay","status":"in-progress","class":{"code":"IMP"},"type":[{"text":"Emergency admission"}],"serviceType":{"text":"Respiratory medicine"},"subject":{"reference":"` + lnw + `"},"participant":[{"individual":{"display":"Dr R Forster"}}],"period":{"start":"` + at(day(3, 7)) + `"},"reasonCode":[{"text":"Community-acquired pneumonia"}],"location":[{"status":"completed","location":{"display":"Emergency department, Northwick Park Hospital"},"period":{"start":"` + at(day(3, 7)) + `","end":"` + at(day(3, 13)) + `"}},{"status":"active","location":{"display":"Jenner Ward, bed 12, Northwick Park Hospital"},"period":{"start":"` + at(day(3, 13)) + `"}}]}`
	s.now = day(3, 12)
	s.write("R1K", "ADT-A01-9", stay,
		`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"category":[{"coding":[{"code":"encounter-diagnosis"}]}],"code":`+concept("385093006", "Community-acquired pneumonia")+`,"subject":{"reference":"`+lnw+`"},"encounter":{"reference":"urn:uuid:stay"},"onsetDateTime":"`+at(day(3, 7))+`","recorder":{"display":"Dr R Forster"}}`,
		`{"resourceType":"DiagnosticReport","status":"final","category":[{"coding":[{"code":"RAD"}]}],"code":{"text":"Chest X-ray"},"subject":{"reference":"`+lnw+`"},"encounter":{"reference":"urn:uuid:stay"},"effectiveDateTime":"`+at(day(3, 9))+`","resultsInterpreter":[{"display":"Dr P Iyer"}],"conclusion":"Consolidation in the right lower lobe with a small effusion. Cardiac size enlarged. Appearances are those of pneumonia; repeat in six weeks."}`,
		`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"doxycycline"},"subject":{"reference":"`+lnw+`"},"encounter":{"reference":"urn:uuid:stay"},"authoredOn":"`+at(day(3, 10))+`","requester":{"display":"Dr R Forster"},"dosageInstruction":[{"route":{"text":"oral"},"timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}},"doseAndRate":[{"doseQuantity":{"value":200,"unit":"mg"}}]}]}`,
		`{"resourceType":"Flag","status":"active","code":{"text":"Falls risk"},"subject":{"reference":"`+lnw+`"},"author":{"display":"Staff Nurse B Adeyemi"}}`)
	sets := [...][8]string{
		{"25", "90", "4", "98", "60", "118", "130987000", "38.9"}, {"24", "92", "4", "102", "62", "112", "248234008", "38.7"},
		{"22", "93", "2", "108", "64", "104", "248234008", "38.3"}, {"21", "94", "2", "112", "66", "98", "248234008", "38.1"},
		{"20", "94", "2", "116", "68", "96", "248234008", "37.8"}, {"20", "95", "1", "118", "70", "92", "248234008", ""},
		{"19", "95", "1", "122", "72", "90", "248234008", "37.4"}, {"18", "95", "0", "124", "72", "88", "248234008", "37.1"},
		{"20", "94", "0", "121", "70", "94", "248234008", "37.6"}, {"19", "95", "0", "120", "70", "90", "248234008", "37.2"},
		{"18", "96", "0", "119", "70", "86", "248234008", "37.0"}, {"18", "96", "0", "118", "70", "84", "248234008", "36.9"},
	}
	for n, v := range sets {
		when := day(3, 8).Add(time.Duration(n) * 6 * time.Hour)
		s.now = when.Add(4 * time.Hour)
		s.write("R1K", fmt.Sprintf("OBS-%d", n), vitals(lnw, when, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7])...)
	}
	s.write("R1K", "WT-1", observation(lnw, "vital-signs", "29463-7", "Body weight", "71.4", "kg", "", "", day(3, 8)))
	s.people["adaeze"] = s.personOf("999 000 0018")
}

func (s *stage) personOf(text string) string {
	s.t.Helper()
	found, err := s.clinician().FindPeople(s.ctx, record.PeopleQuery{Text: text})
	s.must(err)
	if len(found.Hits) == 0 {
		s.t.Fatalf("nobody by %s", text)
	}
	return found.Hits[0].Person.ID
}
