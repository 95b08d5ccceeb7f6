package account

import (
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/uk"
)

// Profile is one role that a person has in one organisation. A person may have
// several; a session acts as one of them.
type Profile struct {
	Key        string      `json:"key"` // unique for the person
	Role       access.Role `json:"role"`
	JobRole    string      `json:"jobRole,omitempty"`    // national R code
	Activities []string    `json:"activities,omitempty"` // national B codes granted beside those of the job role
	Org        string      `json:"org,omitempty"`        // ODS code
	Site       string      `json:"site,omitempty"`       // ODS code, or "" for all of the organisation
	Workgroups []string    `json:"workgroups,omitempty"` // codes of the organisation's directory
	From       time.Time   `json:"from,omitzero"`        // begins; zero = always
	To         time.Time   `json:"to,omitzero"`          // ends before; zero = never
	// Outside says that an identity provider vouches for the profile: it is
	// made anew at each sign-in and nobody changes it here.
	Outside bool `json:"outside,omitempty"`
}

// Holds tells whether the profile holds at a moment.
func (p Profile) Holds(at time.Time) bool {
	return p.Role != "" && !at.Before(p.From) && (p.To.IsZero() || at.Before(p.To))
}

// profilesAt are the profiles that hold at a moment.
func (a *Account) profilesAt(at time.Time) []Profile {
	var out []Profile
	for _, p := range a.Profiles {
		if p.Holds(at) {
			out = append(out, p)
		}
	}
	return out
}

// orgs are the organisations of all profiles, also of ended ones: who worked
// for two trusts is in the hands of neither alone.
func (a *Account) orgs() []string {
	var out []string
	for _, p := range a.Profiles {
		if !slices.Contains(out, p.Org) {
			out = append(out, p.Org)
		}
	}
	return out
}

// check refuses a profile that makes no sense. Errors: Invalid account.role,
// account.org, account.job-role, account.activity, account.dates.
func (p *Profile) check() error {
	p.Org = strings.ToUpper(strings.TrimSpace(p.Org))
	p.Site = strings.ToUpper(strings.TrimSpace(p.Site))
	if !person(p.Role) {
		return fault.New(fault.Invalid, "account.role", "choose a role").In("role")
	}
	if p.Org == "" {
		return fault.New(fault.Invalid, "account.org", "choose an organisation").In("org")
	}
	if p.Site != "" && !strings.HasPrefix(p.Site, p.Org) {
		return fault.New(fault.Invalid, "account.org", "the site is not one of that organisation").In("org")
	}
	if p.JobRole != "" {
		if _, ok := uk.FindJobRole(p.JobRole); !ok {
			return fault.New(fault.Invalid, "account.job-role", "that national job role is not known").In("jobrole")
		}
	}
	for _, b := range p.Activities {
		if _, ok := uk.FindActivity(b); !ok {
			return fault.New(fault.Invalid, "account.activity", "that national activity is not known").In("activity")
		}
	}
	if !p.To.IsZero() && !p.From.Before(p.To) {
		return fault.New(fault.Invalid, "account.dates", "the last day is before the first").In("to")
	}
	return nil
}

// profile is the one that an application asks for.
func (a *Application) profile() Profile { return formerly(a.Role, a.Org, a.Site) }

// formerly is the profile of an account that has a role and nothing more.
func formerly(role access.Role, org, site string) Profile {
	if org == "" && role != access.Clinician && role != access.Receptionist {
		org = access.Domain
	}
	return Profile{Key: "1", Role: role, JobRole: jobRoleOf(role), Org: org, Site: site}
}

// jobRoleOf is the national job role that comes nearest to a role.
func jobRoleOf(role access.Role) string {
	return map[access.Role]string{access.Clinician: "R8000", access.Receptionist: "R8009", access.Engineer: "R8015",
		access.Steward: "R8013", access.Administrator: "R5080", access.Privacy: "R0001"}[role]
}

// RoleOf is the role that a national job role opens to whom an identity
// provider vouches for, or "". The roles that run the installation are never
// among them: those are granted here, by somebody who answers for it.
func RoleOf(jobRole string) access.Role {
	switch jobRole {
	case "R0260", "R8000", "R8001", "R8002", "R8003", "R8004", "R8016", "R8024":
		return access.Clinician
	case "R8006", "R8008", "R8009", "R8010", "R8011":
		return access.Receptionist
	}
	return ""
}
