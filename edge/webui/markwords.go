package webui

import (
	"strings"

	"concord/care/chart"
	"concord/record"
	"concord/record/access"
	"concord/standard/uk"
)

// markingWords are what a marking is called on a page, and what it does, said before
// it is done.
var markingWords = map[record.Marking]struct{ name, means string }{
	record.Seal: {"Seal",
		"Outside its organisation, or the workgroup that you choose, it is shown to nobody. People who look after the patient are told that something is withheld, and who has the activity of opening what is sealed (B0083) can open it by breaking the glass."},
	record.SealAndLock: {"Seal and lock",
		"Outside its organisation, or the workgroup that you choose, nobody sees it or is told that it is there. Breaking the glass does not open it. If it matters for safe care, seal it instead."},
	record.Unseal: {"Take the seal away",
		"Everybody who looks after the patient sees it again, at once. A label that comes from a sensitive code stays."},
	record.Restrict: {"Restrict the patient",
		"Address, telephone, next of kin and GP are taken off wherever the patient is shown, in every organisation that knows them, and systems outside do not find the patient. Words in letters and notes are not looked into: seal those that tell where the patient lives."},
	record.Unrestrict: {"End the restriction",
		"Address, telephone, next of kin and GP are shown again, at once, unless another organisation has restricted the patient too."},
	record.WatchPublic: {"Watch: in the public eye",
		watchMeans},
	record.WatchStaff: {"Watch: member of staff",
		watchMeans},
	record.Unwatch: {"End the watch",
		"Looks at this record are no longer told to the privacy officers, unless another organisation watches it too."},
	record.ObjectShared: {"Objection to the shared record",
		"The patient objects to their record being shared. Each organisation sees its own part of it, unless the glass is broken. This is not the National Data Opt-out, which is never written on the record."},
	record.ObjectGP: {"Dissent from sharing the GP record",
		"The patient does not let the GP’s record be seen elsewhere. Nothing opens it, not even breaking the glass."},
	record.Withdraw: {"Withdraw the objection",
		"The patient no longer objects. What was kept back for this is shown again, at once."},
}

const watchMeans = "Who looks after the patient uses the record as before. Every look at it comes before the privacy officers, once a day for each user."

const standingMeans = "It is on everything of the patient that has the code, wherever in it the code stands, recorded until now or later: the results of a report and what is recorded during a stay go with it. It stays until it is taken back, and follows the patient when entries are joined."

// systemsOfCodes are the code systems that an officer chooses from; the others are
// written out.
var systemsOfCodes = []struct{ URL, Name string }{
	{uk.SNOMED, "SNOMED CT"},
	{uk.ICD10, "ICD-10: the code, and all that begin with it"},
	{uk.OPCS4, "OPCS-4: the code, and all that begin with it"},
	{uk.LOINC, "LOINC"},
	{"http://terminology.hl7.org/CodeSystem/v2-0069", "Hospital service, as messages have it"},
	{"https://fhir.hl7.org.uk/CodeSystem/UKCore-PracticeSettingCode", "Specialty (treatment function)"},
}

// parse is the code with its system, "system|code".
func (c sealCode) parse() (string, error) {
	text := c.Code
	if c.System != "" {
		text = c.System + "|" + c.Code
	}
	return access.ParseSealCode(text)
}

// codeWords says a code by the name of its system.
func codeWords(code string) string {
	system, c, _ := strings.Cut(code, "|")
	for _, s := range systemsOfCodes {
		if s.URL == system {
			name, _, _ := strings.Cut(s.Name, ":")
			return name + " " + c
		}
	}
	return code
}

// markedWords says what a decision did.
func markedWords(d record.MarkKept) string {
	if d.Standing != "" {
		return markingWords[d.Do].name + ", with what comes later"
	}
	return markingWords[d.Do].name
}

func (s *Site) sealStandsRow(l chart.Lens, x record.StandingMark) sealStandsRow {
	row := sealStandsRow{StandingMark: x, What: labelWords(x.Label), Of: "Codes of a Consent", Org: s.organisation(x.Org), Since: l.Moment(x.Since)}
	switch {
	case x.Code != "":
		row.Of = codeWords(x.Code)
	case x.Like != "":
		row.Of = "The code of " + x.Like
	}
	for _, t := range x.Teams {
		row.What += " to " + t
	}
	return row
}

func labelWords(l access.Label) string {
	switch l {
	case access.Locked:
		return "Sealed and locked"
	case access.Sealed:
		return "Sealed"
	case access.Sensitive:
		return "Sensitive code"
	}
	return "Open"
}

func objectionWords(code string) string {
	if code == access.GPDissent {
		return "Dissents from sharing the GP record"
	}
	return "Objects to the shared record"
}

func watchWords(codes []string) string {
	var out []string
	for _, c := range codes {
		out = append(out, map[string]string{"EMP": "member of staff", "VIP": "in the public eye", "CEL": "in the public eye"}[c])
	}
	return listed(out)
}

// kindOfItem says what sort of thing is sealed, and nothing of what it holds.
func kindOfItem(typ string) string {
	switch typ {
	case "DocumentReference":
		return "Letter or document"
	case "DiagnosticReport":
		return "Report"
	case "Composition":
		return "Document"
	case "Encounter":
		return "Stay or contact"
	case "Observation":
		return "Result or observation"
	case "Condition":
		return "Problem or diagnosis"
	case "MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense":
		return "Medicine"
	case "AllergyIntolerance":
		return "Allergy"
	case "Procedure":
		return "Procedure"
	case "ServiceRequest":
		return "Order or referral"
	}
	return typ
}
