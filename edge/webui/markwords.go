package webui

import (
	"concord/record"
	"concord/record/access"
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
