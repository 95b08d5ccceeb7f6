package account

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"concord/fault"
	"concord/record/access"
	"concord/standard/uk"
)

// Account is one person who may sign in.
type Account struct {
	Name    string // to sign in with: lower case, unique
	Display string // to show: "Dr Ada Okafor"
	// Profile is what the person acts as: what their session chose, or the
	// first that holds today; its zero when there is none.
	Profile
	Profiles []Profile // all that they have
	Made     time.Time
	Disabled bool
	Single   bool // single-key shortcuts are switched off
	// Provider names the identity provider that the person signs in with, ""
	// for a password. NHSNumber is that of a patient.
	Provider  string
	NHSNumber string
	// OwnNumber is the NHS number of a member of staff, where they gave it: it
	// tells when they look at their own record, and opens nothing.
	OwnNumber string
	// Strange are national codes of roles that the identity provider named at the last
	// sign-in and that open nothing here, with their titles.
	Strange  []string
	password string
}

// HasPassword tells whether the account can be opened by password.
func (a *Account) HasPassword() bool { return a.password != "" }

// Requester is the account as the access rules see it.
func (a *Account) Requester() access.Requester {
	return access.Requester{ID: a.Name, Name: a.Display, Role: a.Role, Org: a.Org, Site: a.Site,
		Workgroups: a.Workgroups, RoleCode: a.JobRole, Activities: uk.MayDo(a.JobRole, a.Activities), NHSNumber: a.NHSNumber}
}

// Application is what a new account is made of: a person with one role
// profile.
type Application struct {
	Name, Display, Password string
	Role                    access.Role
	Org, Site               string
}

// MinPassword is the least length of a password in characters
// (https://www.ncsc.gov.uk/collection/passwords: length, not complexity).
const MinPassword = 12

// maxPassword bounds the work that a hostile sign-in can ask for.
const maxPassword = 256

// check refuses an application that cannot become an account. Errors: Invalid
// account.name, account.display, account.role, account.org, account.password.
func (a *Application) check() error {
	a.Name = normal(a.Name)
	a.Display = strings.TrimSpace(a.Display)
	a.Org = strings.ToUpper(strings.TrimSpace(a.Org))
	a.Site = strings.ToUpper(strings.TrimSpace(a.Site))
	if !validName(a.Name) {
		return fault.New(fault.Invalid, "account.name",
			"a user name is 2 to 64 letters, digits, dots, hyphens or @").In("name")
	}
	if a.Display == "" || utf8.RuneCountInString(a.Display) > 100 {
		return fault.New(fault.Invalid, "account.display", "enter the name to show, up to 100 characters").In("display")
	}
	if a.Org == "" && a.Role != access.Clinician && a.Role != access.Receptionist {
		a.Org = access.Domain // who works for no trust works for the whole system
	}
	p := a.profile()
	if err := p.check(); err != nil {
		return err
	}
	return checkPassword(a.Password)
}

func checkPassword(password string) error {
	n := utf8.RuneCountInString(password)
	if n < MinPassword || len(password) > maxPassword {
		return fault.New(fault.Invalid, "account.password",
			"a password has %d to %d characters", MinPassword, maxPassword).In("password")
	}
	return nil
}

// person tells whether the role is one that a human signs in with.
func person(r access.Role) bool {
	for _, role := range SignInRoles() {
		if r == role {
			return true
		}
	}
	return false
}

// SignInRoles are the roles that an account may have. System and Operator are
// not among them: those act by token and by holding the data folder.
func SignInRoles() []access.Role {
	return []access.Role{access.Clinician, access.Receptionist, access.Engineer,
		access.Steward, access.Administrator, access.Privacy, access.Commissioner}
}

// PurposeOf is why each role comes to the pages.
func PurposeOf(r access.Role) access.Purpose {
	switch r {
	case access.Clinician:
		return access.DirectCare
	case access.Engineer:
		return access.Integrity
	case access.Patient:
		return access.PatientRequest
	}
	return access.Administration
}

func normal(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

func validName(name string) bool {
	return regexp.MustCompile(`^[a-z0-9][a-z0-9.@_-]{1,63}$`).MatchString(name)
}
