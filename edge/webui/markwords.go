package webui

import (
	"concord/record"
	"concord/record/access"
)

// markWords is what a marking is called on a page, "" when there is none.
func markWords(m record.Marking) string {
	switch m {
	case record.Seal:
		return "Seal"
	case record.SealAndLock:
		return "Seal and lock"
	case record.Unseal:
		return "Take the seal away"
	case record.Restrict:
		return "Restrict the patient"
	case record.Unrestrict:
		return "End the restriction"
	case record.WatchPublic:
		return "Watch: in the public eye"
	case record.WatchStaff:
		return "Watch: member of staff"
	case record.Unwatch:
		return "End the watch"
	case record.ObjectShared:
		return "Objection to the shared record"
	case record.ObjectGP:
		return "Dissent from sharing the GP record"
	case record.Withdraw:
		return "Withdraw the objection"
	}
	return ""
}

// markMeans says what a marking does, before it is done.
func markMeans(m record.Marking) string {
	switch m {
	case record.Seal:
		return "Outside its organisation, or the workgroup that you choose, it is shown to nobody. People who look after the patient are told that something is withheld, and who has the activity of opening what is sealed (B0083) can open it by breaking the glass."
	case record.SealAndLock:
		return "Outside its organisation, or the workgroup that you choose, nobody sees it or is told that it is there. Breaking the glass does not open it. If it matters for safe care, seal it instead."
	case record.Unseal:
		return "Everybody who looks after the patient sees it again, at once. A label that comes from a sensitive code stays."
	case record.Restrict:
		return "Address, telephone, next of kin and GP are taken off wherever the patient is shown, in every organisation that knows them, and systems outside do not find the patient. Words in letters and notes are not looked into: seal those that tell where the patient lives."
	case record.Unrestrict:
		return "Address, telephone, next of kin and GP are shown again, at once, unless another organisation has restricted the patient too."
	case record.WatchPublic, record.WatchStaff:
		return "Who looks after the patient uses the record as before. Every look at it comes before the privacy officers, once a day for each user."
	case record.Unwatch:
		return "Looks at this record are no longer told to the privacy officers, unless another organisation watches it too."
	case record.ObjectShared:
		return "The patient objects to their record being shared. Each organisation sees its own part of it, unless the glass is broken. This is not the National Data Opt-out, which is never written on the record."
	case record.ObjectGP:
		return "The patient does not let the GP’s record be seen elsewhere. Nothing opens it, not even breaking the glass."
	case record.Withdraw:
		return "The patient no longer objects. What was kept back for this is shown again, at once."
	}
	return ""
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
