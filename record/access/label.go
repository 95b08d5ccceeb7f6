package access

import (
	"slices"

	"concord/standard/fhir"
)

// Label is how closely a resource is kept, least first.
type Label uint8

// The labels.
const (
	Normal    Label = iota
	Sensitive       // codes that are not shared beyond who recorded them
	Sealed          // it may be known that something is there
	Locked          // sealed and locked: not even that
)

func labelNames() []string { return []string{"normal", "sensitive", "sealed", "locked"} }

func (l Label) String() string { return labelNames()[l] }

// Code systems of meta.security that are understood.
const (
	Confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
	ActCode         = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
	// TeamSystem names the workgroup of a sealed resource: "RQM/CARDIO".
	TeamSystem = "urn:concord:team"
	// ObjectionSystem is that of Consent.category for a patient's objections.
	ObjectionSystem = "urn:concord:objection"
)

// The codes of ObjectionSystem.
const (
	SharedRecord = "shared-record"
	GPDissent    = "gp-dissent"
)

// Sensitivities are the codes of ActCode (information sensitivity policies,
// https://terminology.hl7.org/ValueSet-v3-InformationSensitivityPolicy.html)
// that make a resource Sensitive.
func Sensitivities() []string {
	return []string{"HIV", "STD", "SEX", "PSY", "SUD", "ETH", "SDV", "GDIS", "PREGNANT", "SENSITIVE"}
}

// Watches are the codes of ActCode on a Patient for records that are watched:
// employees, and people in the public eye.
func Watches() []string { return []string{"EMP", "CEL", "VIP"} }

// Marks is what the meta.security of one resource says.
type Marks struct {
	Label      Label
	Teams      []string // "ORG/CODE"; none = the controlling organisation
	Restricted bool     // of a Patient
	Watched    bool     // of a Patient
	Employee   bool     // of a Patient: watched as an employee
	Standing   []string // ids of the standing seals that have put a label on
}

// MarksOf reads meta.security. On a Patient, R (and V) of Confidentiality is
// the S-flag, as the Personal Demographics Service has it
// (https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir);
// elsewhere R is sealed and V is sealed and locked.
func MarksOf(typ string, security *fhir.Value) Marks {
	var m Marks
	for c := range security.Each() {
		system, code := c.StrAt("system"), c.StrAt("code")
		if id := markOf(c); id != "" && !slices.Contains(m.Standing, id) {
			m.Standing = append(m.Standing, id)
		}
		switch {
		case system == TeamSystem:
			m.Teams = append(m.Teams, code)
		case typ == "Patient":
			m.Restricted = m.Restricted || system == Confidentiality && (code == "R" || code == "V")
			m.Watched = m.Watched || system == ActCode && slices.Contains(Watches(), code)
			m.Employee = m.Employee || system == ActCode && code == "EMP"
		case system == Confidentiality && code == "V":
			m.Label = max(m.Label, Locked)
		case system == Confidentiality && code == "R":
			m.Label = max(m.Label, Sealed)
		case system == ActCode && slices.Contains(Sensitivities(), code):
			m.Label = max(m.Label, Sensitive)
		}
	}
	return m
}

// And is what a resource's current version (m) and another version of it say
// together: the stricter label, with its teams.
func (m Marks) And(o Marks) Marks {
	if o.Label > m.Label {
		m.Label, m.Teams = o.Label, o.Teams
	}
	m.Restricted, m.Watched, m.Employee = m.Restricted || o.Restricted, m.Watched || o.Watched, m.Employee || o.Employee
	return m
}

// TeamOf tells whether a requester is of the team that a label speaks of: a
// system, of the controlling organisation; a person, of a named workgroup, or
// of that organisation where none is named.
func (m Marks) TeamOf(who Requester, org string) bool {
	if who.Role == System || len(m.Teams) == 0 {
		return who.Org == org
	}
	for _, g := range who.Workgroups {
		if slices.Contains(m.Teams, who.Org+"/"+g) {
			return true
		}
	}
	return false
}
