package webui

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

// lookRow is one access in words for the patient.
type lookRow struct {
	When      string // "22 November 2026, 9:05am"
	Machine   string
	Who, Role string
	App       string // the app that looked in their name, ""
	Org       string
	Why       string
	What      string
	Emergency bool // they opened it without a relationship, by breaking the glass
	Own       bool // the patient's own
}

// lookedView is what the page shows.
type lookedView struct {
	Rows    []lookRow
	Since   string // YYYY-MM-DD, "" = all
	Today   string
	Older   string // address of the page behind this one
	Newest  bool   // this is the first page
	Partial bool
	No      string // why there is nothing to show
}

const looksPerPage = 50

// looked is /me/looked: a patient sees who has looked at their record.
func (s *Site) looked(v *visit) (*answer, error) {
	q := v.URL.Query()
	x := lookedView{Since: q.Get("since"), Today: s.Now().In(s.Zone).Format(time.DateOnly), Newest: q.Get("page") == ""}
	since, err := s.sinceDay(x.Since)
	if err != nil {
		return nil, err
	}
	page, err := v.errand.WhoHasLooked(v.Context(), "", since, q.Get("page"), looksPerPage)
	switch f := fault.Of(err); {
	case err != nil && (f.Code == "record.no-own" || f.Code == "record.own-unsure"):
		x.No = sentenceOf(f.Text)
	case err != nil:
		return nil, err
	default:
		if x.Rows, err = s.lookRows(v, page); err != nil {
			return nil, err
		}
		x.Partial = page.Partial
		if page.Next != "" {
			x.Older = "/me/looked?" + url.Values{"page": {page.Next}, "since": {x.Since}}.Encode()
		}
	}
	return &answer{frame: frame{Title: "Who has looked at your record", Nav: "looked"}, body: lookedPage(x)}, nil
}

// sinceDay reads the day of the form; its start in the hospitals' time.
func (s *Site) sinceDay(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, s.Zone)
	if err != nil {
		return t, fault.New(fault.Invalid, "webui.date", "give a day as year, month and day")
	}
	return t, nil
}

func (s *Site) lookRows(v *visit, page *record.AuditPage) ([]lookRow, error) {
	names, err := s.staff(v, page.Events)
	if err != nil {
		return nil, err
	}
	apps := map[string]string{}
	rows := make([]lookRow, 0, len(page.Events))
	for _, ev := range page.Events {
		e := &ev.Entry
		at := e.At.In(s.Zone)
		r := lookRow{When: at.Format("2 January 2006, 3:04pm"), Machine: e.At.UTC().Format(time.RFC3339),
			Why: whyWords(e.Purpose), What: lookWords(e.Action, e.What), Emergency: e.BreakGlass(),
			Own: e.Who == v.session.Account.Name}
		switch {
		case r.Own:
			r.Who = "You"
		case e.Role == access.System:
			r.Who, r.Role = "A computer system", "Not a person"
		case e.Role == access.Operator:
			r.Who, r.Role = "The people who run this service", "Service operator"
		default:
			r.Who, r.Role = names[e.Who], plainRole(e.Role)
			if r.Who == "" {
				r.Who = "Name no longer held"
			}
		}
		if r.App, err = s.appName(v, e.App, apps); err != nil {
			return nil, err
		}
		r.Org = "Does not apply"
		if e.Org != "" && !r.Own {
			r.Org = s.organisation(e.Org).Name
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// appName is the name of an app, kept for the next row.
func (s *Site) appName(v *visit, id string, known map[string]string) (string, error) {
	if id == "" || s.Grants == nil {
		return "", nil
	}
	if name, ok := known[id]; ok {
		return name, nil
	}
	app, err := s.Grants.App(v.Context(), id)
	switch {
	case fault.Is(err, fault.NotFound):
		known[id] = "an app that is no longer known"
	case err != nil:
		return "", err
	default:
		known[id] = app.Name
	}
	return known[id], nil
}

// staff gives the names of who acted.
func (s *Site) staff(v *visit, events []record.AuditEvent) (map[string]string, error) {
	var ids []string
	for _, ev := range events {
		if !slices.Contains(ids, ev.Entry.Who) {
			ids = append(ids, ev.Entry.Who)
		}
	}
	return s.Accounts.Names(v.Context(), ids)
}

// plainRole is a role as a patient knows it.
func plainRole(r access.Role) string {
	switch r {
	case access.Clinician:
		return "Doctor, nurse or other clinician"
	case access.Receptionist:
		return "Receptionist or administrative staff"
	case access.Engineer:
		return "Engineer of the hospital’s computer systems"
	case access.Steward:
		return "Keeps records correct"
	case access.Privacy:
		return "Privacy officer"
	case access.Commissioner:
		return "Commissioner of services"
	}
	return r.Title()
}

// whyWords is a purpose in plain English
// (https://terminology.hl7.org/ValueSet-v3-PurposeOfUse.html).
func whyWords(p access.Purpose) string {
	switch p {
	case access.DirectCare:
		return "For your care"
	case access.Administration:
		return "To run the hospital or this service"
	case access.Integrity:
		return "To keep the computer system working"
	case access.PatientRequest:
		return "You asked to see it"
	case "ETREAT":
		return "For your care, in an emergency"
	case access.Emergency:
		return "In an emergency, without being in the team that looks after you"
	}
	return "Other reason (" + string(p) + ")"
}

// lookWords tells what somebody saw.
func lookWords(a access.Action, what []string) string {
	switch a {
	case access.FindPeople:
		return "Your name, date of birth and address in a list of people"
	case access.Export:
		return "A copy of your record, made together with those of others"
	case access.OpenMessage:
		return "A message about you between hospital systems"
	case access.BreakGlass:
		return "They opened your record in an emergency"
	case access.Links:
		return "Whether two entries are both about you"
	case access.ReadAudit:
		return "Who has looked at your record"
	}
	var parts []string
	for _, w := range what {
		typ := w
		if i := strings.IndexAny(w, "/?"); i >= 0 {
			typ = w[:i]
		}
		if words := partWords(typ); !slices.Contains(parts, words) {
			parts = append(parts, words)
		}
	}
	if len(parts) == 0 {
		return "Your name, address and contact details"
	}
	if n := len(parts); n > 1 {
		return upperFirst(strings.Join(parts[:n-1], ", ") + " and " + parts[n-1])
	}
	return upperFirst(parts[0])
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// partWords is a resource type in plain English.
func partWords(typ string) string {
	switch typ {
	case "Patient", "RelatedPerson", "Person":
		return "your name, address and contact details"
	case "Observation", "DiagnosticReport", "ImagingStudy", "Specimen":
		return "test results and observations"
	case "MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense", "Medication":
		return "your medicines"
	case "AllergyIntolerance":
		return "your allergies"
	case "Condition":
		return "your health problems"
	case "Encounter", "EpisodeOfCare":
		return "your hospital visits"
	case "Appointment", "ServiceRequest", "Slot", "Schedule":
		return "your appointments and referrals"
	case "DocumentReference", "Composition", "Binary":
		return "letters and documents"
	case "Immunization":
		return "your vaccinations"
	case "Procedure":
		return "operations and procedures"
	case "Flag":
		return "warnings for staff"
	}
	if fhir.R4().Number(typ) != 0 {
		return "other parts of your record"
	}
	return "your record"
}
