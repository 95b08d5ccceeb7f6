package access

import "strings"

// Role is what a requester does. The list is closed; each has its rules in
// policies/ and its negative tests.
type Role string

// The roles.
const (
	Clinician     Role = "clinician"     // R8000: reads and writes the records of all four trusts
	Receptionist  Role = "receptionist"  // R8009: demographics only
	Engineer      Role = "engineer"      // integration engineer: feeds; content only when opened with a reason
	Steward       Role = "steward"       // data-quality steward: demographics and links
	Administrator Role = "administrator" // accounts and tokens; no patient data
	Privacy       Role = "privacy"       // R0001, privacy officer: who looked at whom, and why an access is allowed or refused; demographics, no clinical text
	System        Role = "system"        // a feed or client: what its scopes say
	Patient       Role = "patient"       // somebody about whom there is a record: open to them is who has looked at it
	Operator      Role = "operator"      // a command run on the server by who holds its data folder
	Commissioner  Role = "commissioner"  // of the commissioning board: totals of organisations, small numbers left out; never a person
	Insurer       Role = "insurer"       // a company: reads a release that the patient consented to, and nothing here
)

// Roles lists every role.
func Roles() []Role {
	return []Role{Clinician, Receptionist, Engineer, Steward, Administrator, Privacy, Commissioner, Patient, System, Operator, Insurer}
}

// Title is what the role is called on a page.
func (r Role) Title() string {
	switch r {
	case Engineer:
		return "Integration engineer"
	case Steward:
		return "Data-quality steward"
	case Privacy:
		return "Privacy officer"
	}
	if r == "" {
		return "No role"
	}
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}

// Domain is the organisation that runs the shared record: NHS North West London
// Integrated Care Board. What names no other organisation is its own.
const Domain = "QRV"

// Controls tells whether the requester may change what an organisation
// controls: its own staff, clients and feeds may, and those of the domain.
func (r Requester) Controls(org string) bool {
	return r.Org == org || r.Org == Domain || r.Role == Operator
}

// Requester is who asks.
type Requester struct {
	ID     string // account name, client id or feed name
	Name   string // to show: "Dr Ada Okafor"
	Role   Role
	Org    string  // ODS code of the organisation they act for
	Site   string  // ODS code of the site, or ""
	Scopes Scopes  // of a System requester
	Limits *Limits // of an app that acts for them; nil = none does
	// Workgroups are the teams that they act in: codes of the organisation's
	// directory. A relationship of a team to a patient is theirs too.
	Workgroups []string
	// Duties are which workgroups of their organisation are responsible for
	// what; the Desk puts them there.
	Duties     *Duties
	RoleCode   string   // national job role (R code), or ""
	Activities []string // national activities (B codes), included ones too
	// AAL is how surely it is they: 1 by password alone, 2 with a second
	// factor, 3 with hardware (https://pages.nist.gov/800-63-3/sp800-63b.html);
	// 0 for a requester that did not sign in.
	AAL       int
	NHSNumber string // of a patient who signed in: ten digits
	// Lenient tells a client whose searches leave out what they do not know.
	Lenient bool
}

// Purpose is why they ask (https://terminology.hl7.org/ValueSet-v3-PurposeOfUse).
type Purpose string

// The purposes that are understood.
const (
	DirectCare     Purpose = "TREAT"
	Administration Purpose = "HOPERAT"
	PatientRequest Purpose = "PATRQT"    // a patient asks about their own record
	Integrity      Purpose = "HSYSADMIN" // keeping the system right: feeds, repairs, verification
	Emergency      Purpose = "BTG"       // by breaking the glass: what an entry of the audit log says, nobody comes with it
	Research       Purpose = "HRESCH"    // not the patient's own care: the National Data Opt-out holds
	Planning       Purpose = "POPHLTH"   // likewise
)

// Purposes lists every purpose.
func Purposes() []Purpose {
	return []Purpose{DirectCare, Administration, PatientRequest, Integrity, Research, Planning}
}

// Words say a purpose to people, with its code.
func (p Purpose) Words() string {
	words := map[Purpose]string{DirectCare: "direct care", Administration: "administration", PatientRequest: "the patient asked",
		Integrity: "keeping the system right", Emergency: "emergency (break-glass)", Research: "research", Planning: "planning"}[p]
	if words == "" {
		return string(p)
	}
	return words + " (" + string(p) + ")"
}

// Beyond tells whether a purpose goes beyond the patient's own care.
func (p Purpose) Beyond() bool { return p == Research || p == Planning }

// Reason is the purpose with the words that the requester gave, if any.
type Reason struct {
	Purpose Purpose
	Text    string
}
