package uk

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// JobRole is a role of the national RBAC database: an R code with the
// activities that everybody in it may do.
type JobRole struct {
	Code     string // "R8000"
	Title    string
	Baseline []string // B codes
}

// Activity is an activity of the national RBAC database: a B code with the
// activities that come with it.
type Activity struct {
	Code     string // "B0825"
	Title    string
	Includes []string // B codes
}

// Codes and titles are those of the national RBAC database, rationalised roles
// (https://digital.nhs.uk/services/registration-authorities-and-smartcards). The
// database itself is not published in a form that could be taken in whole: the
// baselines are the part of it that this product asks about, as read by us. Of all
// other job roles the titles are known (jobroles.txt), and no activities: they bring
// nothing.

//go:embed jobroles.txt
var jobRolesFile string

// jobTitles are the titles of all national job roles, by code.
var jobTitles = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(jobRolesFile) {
		if code, title, ok := strings.Cut(strings.TrimSpace(line), " "); ok && code != "#" {
			out[code] = title
		}
	}
	return out
})

// JobRoles lists the job roles that are understood, by code.
func JobRoles() []JobRole {
	clinical := []string{"B0380", "B0825"}
	clerical := []string{"B0825"}
	return []JobRole{
		{"R0001", "Privacy Officer", []string{"B0820"}},
		{"R0260", "General Medical Practitioner", clinical},
		{"R5080", "Registration Authority Manager", nil},
		{"R5105", "Caldicott Guardian", []string{"B0820"}},
		{"R8000", "Clinical Practitioner Access Role", clinical},
		{"R8001", "Nurse Access Role", clinical},
		{"R8002", "Nurse Manager Access Role", clinical},
		{"R8003", "Health Professional Access Role", clinical},
		{"R8004", "Healthcare Student Access Role", []string{"B0380"}},
		{"R8005", "Biomedical Scientist Access Role", clinical},
		{"R8006", "Medical Secretary Access Role", clerical},
		{"R8007", "Clinical Coder Access Role", []string{"B0380"}},
		{"R8008", "Admin/Clinical Support Access Role", clerical},
		{"R8009", "Receptionist Access Role", clerical},
		{"R8010", "Clerical Access Role", clerical},
		{"R8011", "Clerical Manager Access Role", clerical},
		{"R8012", "Information Officer Access Role", []string{"B0820"}},
		{"R8013", "Health Records Manager Access Role", clerical},
		{"R8014", "Social Worker Access Role", []string{"B0380"}},
		{"R8015", "Systems Support Access Role", []string{"B0062"}},
		{"R8016", "Midwife Access Role", clinical},
		{"R8024", "Bank Access Role", []string{"B0380"}},
	}
}

// Activities lists the activities that are understood, by code.
func Activities() []Activity {
	return []Activity{
		{"B0062", "Local System Administration", nil},
		{"B0083", "Gain Temporary Access to Patient Sealed Data Without Patient Permission", nil},
		{"B0380", "Perform Detailed Health Record", []string{"B0820"}},
		{"B0820", "View Patient Demographics", nil},
		{"B0825", "Amend Patient Demographics", []string{"B0820"}},
		{"B1700", "Local System Configuration", nil},
	}
}

// FindJobRole finds a job role by its code: one that is understood, or any other of the
// national list, which has no baseline.
func FindJobRole(code string) (JobRole, bool) {
	for _, r := range JobRoles() {
		if r.Code == code {
			return r, true
		}
	}
	title, ok := jobTitles()[code]
	return JobRole{Code: code, Title: title}, ok
}

// BringsNothing are those of a job role and activities that are not understood and
// bring nothing, each with its title where the national list has it.
func BringsNothing(jobRole string, activities []string) []string {
	var out []string
	if jobRole != "" && !slices.ContainsFunc(JobRoles(), func(r JobRole) bool { return r.Code == jobRole }) {
		out = append(out, strings.TrimSpace(jobRole+" "+jobTitles()[jobRole]))
	}
	for _, code := range activities {
		if _, known := FindActivity(code); !known && !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

// FindActivity finds an activity by its code.
func FindActivity(code string) (Activity, bool) {
	for _, a := range Activities() {
		if a.Code == code {
			return a, true
		}
	}
	return Activity{}, false
}

// MayDo is every activity of a job role with those granted beside it and all
// that they include, sorted, each once. What is not understood brings nothing.
func MayDo(jobRole string, granted []string) []string {
	r, _ := FindJobRole(jobRole)
	var out []string
	for todo := slices.Concat(r.Baseline, granted); len(todo) > 0; {
		code := todo[0]
		todo = todo[1:]
		a, known := FindActivity(code)
		if !known || slices.Contains(out, code) {
			continue
		}
		out = append(out, code)
		todo = append(todo, a.Includes...)
	}
	slices.Sort(out)
	return out
}
