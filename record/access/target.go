package access

import (
	"regexp"

	"concord/standard/uk"
)

// Kind is what sort of thing is asked for.
type Kind uint8

// The kinds.
const (
	Demographics Kind = iota // who a patient is: Patient
	Clinical                 // everything else in a patient's record
	Unassigned               // of clinical kind, and about nobody known
	Directory                // practitioners, organisations, definitions
	Service                  // no patient's data
)

func kindNames() []string {
	return []string{"demographics", "clinical", "unassigned", "directory", "service"}
}

func (k Kind) String() string { return kindNames()[k] }

// directoryTypes never speak of a patient. What is not listed is clinical.
var directoryTypes = map[string]bool{
	"ActivityDefinition": true, "CapabilityStatement": true, "ChargeItemDefinition": true, "CodeSystem": true,
	"CompartmentDefinition": true, "ConceptMap": true, "DeviceDefinition": true, "Endpoint": true, "EventDefinition": true,
	"Evidence": true, "EvidenceVariable": true, "ExampleScenario": true, "GraphDefinition": true, "HealthcareService": true,
	"ImplementationGuide": true, "InsurancePlan": true, "Library": true, "Location": true, "Measure": true, "Medication": true,
	"MedicationKnowledge": true, "MessageDefinition": true, "NamingSystem": true, "ObservationDefinition": true,
	"OperationDefinition": true, "Organization": true, "OrganizationAffiliation": true, "PlanDefinition": true,
	"Practitioner": true, "PractitionerRole": true, "Questionnaire": true, "ResearchDefinition": true,
	"ResearchElementDefinition": true, "Schedule": true, "SearchParameter": true, "Slot": true, "SpecimenDefinition": true,
	"StructureDefinition": true, "StructureMap": true, "Substance": true, "TerminologyCapabilities": true, "TestReport": true,
	"TestScript": true, "ValueSet": true,
}

// KindOf is the kind of a resource type; a clinical one that is about nobody
// known is Unassigned, which the type does not tell.
func KindOf(typ string) Kind {
	switch {
	case typ == "Patient":
		return Demographics
	case directoryTypes[typ]:
		return Directory
	}
	return Clinical
}

// Tie is what a requester has to do with a patient.
type Tie uint8

// The ties.
const (
	NoTie    Tie = iota
	Claimed      // self-claimed, with a reason
	Standing     // made by registration, referral, admission, booking or presence
)

func tieNames() []string { return []string{"none", "claimed", "standing"} }

func (t Tie) String() string { return tieNames()[t] }

// Origin is whose resource it is, seen from the requester.
type Origin uint8

// The origins.
const (
	Own      Origin = iota // the requester's organisation controls it
	Other                  // another organisation does
	Practice               // a GP practice does, and not the requester's
)

func originNames() []string { return []string{"own", "other", "practice"} }

func (o Origin) String() string { return originNames()[o] }

// OriginOf tells whose a resource of an organisation is.
func OriginOf(who Requester, org string) Origin {
	switch {
	case org != "" && org == who.Org:
		return Own
	case IsPractice(org):
		return Practice
	}
	return Other
}

// practice is the form of a GP practice's ODS code: a letter and five digits
// (https://digital.nhs.uk/services/organisation-data-service).
var practice = regexp.MustCompile(`^[A-HJ-NP-Y][0-9]{5}$`)

// IsPractice tells whether an ODS code is of the form of a GP practice's.
func IsPractice(org string) bool { return len(org) == 6 && practice.MatchString(org) }

// inside tells whether an organisation belongs to this care system.
func inside(org string) bool {
	return org == Domain || IsPractice(org) || uk.IsTrust(org)
}

// Facts are what is known of a patient, as far as one requester goes.
type Facts struct {
	Tie        Tie
	Glass      bool // the requester has broken the glass
	Restricted bool // the S-flag
	Objects    bool // to the shared record
	Dissents   bool // from the GP's record being seen elsewhere
	OptedOut   bool // of use beyond their own care; asked only for such use
	Watched    bool // staff, or in the public eye
}

// Target is one document with the facts of its patient.
type Target struct {
	Kind   Kind
	Label  Label
	Team   bool // the requester is of the team that a label speaks of
	Origin Origin
	Facts
}

// targets is how many targets there are; index numbers them.
const targets = 5 * 4 * 2 * 3 * 3 << 6

func (t Target) index() int {
	n := int(t.Kind)
	n = n*4 + int(t.Label)
	n = n*2 + bit(t.Team)
	n = n*3 + int(t.Origin)
	n = n*3 + int(t.Tie)
	for _, b := range [...]bool{t.Glass, t.Restricted, t.Objects, t.Dissents, t.OptedOut, t.Watched} {
		n = n*2 + bit(b)
	}
	return n
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// normal leaves out what makes no difference by its nature: only a label has a
// team; who is not a patient has no facts.
func (t Target) normal() Target {
	if t.Label == Normal {
		t.Team = false
	}
	if t.Kind != Demographics && t.Kind != Clinical {
		t.Facts = Facts{}
	}
	return t
}

// eachTarget gives every target of a kind once, the plainest first, until f
// wants no more.
func eachTarget(kind Kind, f func(Target) bool) {
	for n := range 4 * 2 * 3 * 3 << 6 {
		t := Target{Kind: kind}
		for _, b := range [...]*bool{&t.Watched, &t.OptedOut, &t.Dissents, &t.Objects, &t.Restricted, &t.Glass} {
			*b, n = n&1 == 1, n>>1
		}
		t.Tie, n = Tie(2-n%3), n/3
		t.Origin, n = Origin(n%3), n/3
		t.Team, n = n&1 == 1, n>>1
		t.Label = Label(n)
		if t.normal() == t && !f(t) {
			return
		}
	}
}
