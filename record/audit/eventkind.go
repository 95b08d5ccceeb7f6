package audit

import (
	"strings"

	"concord/record/access"
	"concord/standard/fhir"
)

// kind is how an action is told in FHIR: the event's type, its subtypes and the
// BALP pattern that it follows.
type kind struct {
	profile               string // of BALP: Read, Query, Create, Update, Delete; "" for what is not RESTful
	system, code, display string
	subtype               []string // of restful-interaction, or DICOM codes with their words
	action                string   // C, R, U, D, E
	writes                bool
}

const (
	rest  = "http://terminology.hl7.org/CodeSystem/audit-event-type"
	dicom = "http://dicom.nema.org/resources/ontology/DCM"
	balp  = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
)

// kindOf: https://hl7.org/fhir/R4/valueset-audit-event-type.html and
// https://dicom.nema.org/medical/dicom/current/output/chtml/part16/chapter_D.html.
func kindOf(e *Entry) kind {
	restful := kind{system: rest, code: "rest", display: "Restful Operation"}
	switch e.Action {
	case access.Read:
		restful.profile, restful.action, restful.subtype = "Read", "R", []string{"read"}
		if len(e.What) > 0 && strings.Contains(e.What[0], "/_history/") {
			restful.subtype = []string{"vread"}
		}
	case access.Search, access.FindPeople, access.Links:
		restful.profile, restful.action, restful.subtype = "Query", "E", []string{"search-type"}
		if len(e.What) != 1 {
			restful.subtype = []string{"search-system"}
		}
	case access.Create:
		restful.profile, restful.action, restful.subtype, restful.writes = "Create", "C", []string{"create"}, true
	case access.Update:
		restful.profile, restful.action, restful.subtype, restful.writes = "Update", "U", []string{"update"}, true
	case access.Delete:
		restful.profile, restful.action, restful.subtype, restful.writes = "Delete", "D", []string{"delete"}, true
	default:
		return otherKind(e.Action)
	}
	return restful
}

// otherKind are the events that are not RESTful, by their DICOM codes.
func otherKind(a access.Action) kind {
	switch a {
	case access.SignIn:
		return kind{system: dicom, code: "110114", display: "User Authentication", subtype: []string{"110122", "Login"}, action: "E"}
	case access.SignOut:
		return kind{system: dicom, code: "110114", display: "User Authentication", subtype: []string{"110123", "Logout"}, action: "E"}
	case access.Verify, access.Retain, access.ReadAudit:
		return kind{system: dicom, code: "110101", display: "Audit Log Used", action: "R"}
	case access.Export:
		return kind{system: dicom, code: "110106", display: "Export", action: "R"}
	case access.Receive:
		return kind{system: dicom, code: "110107", display: "Import", action: "C", writes: true}
	case access.Accounts:
		return kind{system: dicom, code: "110113", display: "Security Alert", subtype: []string{"110137", "User Security Attributes Changed"}, action: "U", writes: true}
	case access.OpenMessage:
		return kind{system: dicom, code: "110103", display: "DICOM Instances Accessed", action: "R"}
	}
	return kind{system: dicom, code: "110100", display: "Application Activity", action: "E"}
}

func (k kind) subtypes() *fhir.Value {
	switch {
	case k.system == rest:
		return fhir.Arr(coding("http://hl7.org/fhir/restful-interaction", k.subtype[0], k.subtype[0]))
	case len(k.subtype) == 2:
		return fhir.Arr(coding(dicom, k.subtype[0], k.subtype[1]))
	}
	return nil
}

// profileOf names the BALP profile that an event keeps to.
func profileOf(e *Entry, k kind, patient string) *fhir.Value {
	if k.profile == "" || e.Ended() != Done {
		return nil
	}
	if k.profile != "Query" && (len(e.What) != 1 || referenced(e.What[0]) == "") {
		return nil // of one resource, says BALP; a transaction is of several
	}
	if k.profile == "Query" && len(e.What) == 0 {
		return nil
	}
	name := k.profile
	if patient != "" {
		name = "Patient" + name
	}
	return fhir.Arr(balp + name)
}

// Profiles are the BALP profiles that events keep to.
func Profiles() []any {
	var out []any
	for _, name := range [...]string{"Read", "Query", "Create", "Update", "Delete"} {
		out = append(out, balp+name, balp+"Patient"+name)
	}
	return out
}

// ActionsOf are the actions that FHIR tells by one letter
// (https://hl7.org/fhir/R4/valueset-audit-event-action.html).
func ActionsOf(letter string) []access.Action {
	var out []access.Action
	for _, a := range access.Actions() {
		if kindOf(&Entry{Action: a}).action == letter {
			out = append(out, a)
		}
	}
	return out
}
