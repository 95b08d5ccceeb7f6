package onboard

import "slices"

// Class is one kind of row. Classes are loaded in the order of Layout.
type Class struct {
	Name    string // also of its file: patients.csv
	Title   string
	Columns []Column
}

// Kind is what a column holds.
type Kind uint8

// The kinds.
const (
	Text     Kind = iota
	Key           // names the row within its class and source
	Ref           // the key of a row of another class
	NHS           // NHS number
	Date          // a day
	Moment        // a day with a time, in local time
	Choice        // one of Of
	Code          // a value of a catalogue of the trust's
	Postcode      //
	ODS           // ODS code
	Whole         // a whole number
	Flag          // Y or N
	Pathway       // PATIENT PATHWAY IDENTIFIER
)

// When a day must lie.
const (
	Past   = 1 // not after the extract was taken
	Future = 2 // not before it
)

// Column is one column of a class.
type Column struct {
	Name  string
	Kind  Kind
	Must  bool     // a row without it, or with a bad value in it, is refused
	Sure  bool     // it may be empty, but a bad value refuses the row
	Of    []string // of a Choice
	To    string   // class of a Ref
	When  int      // Past or Future; 0 = any day
	After string   // a Date or Moment that it must not lie before
	About string   // what it is, for the layout's page
}

// Layout are the classes of an extract, in the order in which they are loaded:
// identity and what protects the patient first.
func Layout() []Class {
	return []Class{
		{"patients", "Patients", []Column{
			{Name: "key", Kind: Key, Must: true, About: "hospital number"},
			{Name: "nhs_number", Kind: NHS, About: "ten digits, spaces allowed; a wrong one is kept, and never joined on"},
			{Name: "nhs_status", Kind: Choice, Of: []string{"01", "02", "03", "04", "05", "06", "07", "08"}, About: "NHS number status indicator"},
			{Name: "family", Must: true}, {Name: "given"}, {Name: "former_family"}, {Name: "title"},
			{Name: "born", Kind: Date, Must: true, When: Past},
			{Name: "died", Kind: Date, Sure: true, When: Past, After: "born"},
			{Name: "sex", Kind: Choice, Must: true, Of: []string{"1", "2", "9", "0", "M", "F", "U", "male", "female", "unknown"}, About: "person stated gender code, or in words"},
			{Name: "ethnic", Kind: Choice, Of: []string{"A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M", "N", "P", "R", "S", "Z", "99"}, About: "ethnic category code"},
			{Name: "address_1"}, {Name: "address_2"}, {Name: "town"}, {Name: "postcode", Kind: Postcode},
			{Name: "phone"}, {Name: "mobile"}, {Name: "email"}, {Name: "practice", Kind: ODS, About: "general practice"},
			{Name: "multiple_birth", Kind: Flag},
			{Name: "merged_into", Kind: Ref, To: "patients", Sure: true, About: "the number that this one was merged into at the source"},
			{Name: "hospital_number", About: "where the key is another; empty = the key is the number"},
		}},
		{"alerts", "Alerts and allergies", []Column{
			{Name: "key", Kind: Key, Must: true}, {Name: "patient", Kind: Ref, To: "patients", Must: true},
			{Name: "kind", Kind: Choice, Must: true, Of: []string{"allergy", "alert"}},
			{Name: "code", Kind: Code, About: "SNOMED CT or local"}, {Name: "text", Must: true, About: "as the source shows it"},
			{Name: "severity", Kind: Choice, Of: []string{"mild", "moderate", "severe"}},
			{Name: "status", Kind: Choice, Must: true, Of: []string{"active", "inactive", "refuted"}},
			{Name: "recorded", Kind: Date, When: Past},
		}},
		{"encounters", "Open encounters", []Column{
			{Name: "key", Kind: Key, Must: true}, {Name: "patient", Kind: Ref, To: "patients", Must: true},
			{Name: "class", Kind: Choice, Must: true, Of: []string{"inpatient", "emergency", "day", "outpatient"}},
			{Name: "started", Kind: Moment, Must: true, When: Past}, {Name: "ended", Kind: Moment, Sure: true, When: Past, After: "started"},
			{Name: "ward", Kind: Code}, {Name: "bed", About: "room and bed: Bay 1/Bed 2"}, {Name: "consultant", Kind: Code},
			{Name: "specialty", Kind: Code, About: "treatment function code"}, {Name: "expected", Kind: Date, After: "started", About: "expected discharge"},
		}},
		{"pathways", "Events of referral-to-treatment pathways", []Column{
			{Name: "key", Kind: Key, Must: true}, {Name: "patient", Kind: Ref, To: "patients", Must: true},
			{Name: "pathway", Kind: Pathway, Must: true, About: "patient pathway identifier"},
			{Name: "on", Kind: Date, Must: true, When: Past, About: "day of the activity"},
			{Name: "status", Kind: Choice, Sure: true, Of: rttStatuses(), About: "referral to treatment period status; empty = by kind and outcome"},
			{Name: "kind", Kind: Choice, Of: []string{"first", "follow-up", "admission", "other"}},
			{Name: "outcome", Kind: Choice, Of: []string{"attended", "not-attended", "cancelled-patient", "cancelled-provider"}},
			{Name: "priority", Kind: Choice, Of: []string{"1", "2", "3"}, About: "routine, urgent, two-week wait"},
			{Name: "discharged", Kind: Flag}, {Name: "start", Kind: Date, Sure: true, When: Past, About: "period start date, where the source has it"},
			{Name: "provider", Kind: ODS}, {Name: "specialty", Kind: Code},
		}},
		{"waiting", "Waiting lists: the source's account of each clock", []Column{
			{Name: "key", Kind: Key, Must: true}, {Name: "patient", Kind: Ref, To: "patients", Must: true},
			{Name: "pathway", Kind: Pathway, Must: true},
			{Name: "clock_start", Kind: Date, Must: true, When: Past}, {Name: "status", Kind: Choice, Must: true, Of: rttStatuses(), About: "the last that counts"},
			{Name: "weeks", Kind: Whole, About: "whole weeks waited when the extract was taken"},
			{Name: "specialty", Kind: Code}, {Name: "consultant", Kind: Code}, {Name: "priority", Kind: Choice, Of: []string{"1", "2", "3"}},
			{Name: "listed", Kind: Date, When: Past, About: "day of the decision to admit"}, {Name: "procedure", About: "as the source shows it"},
		}},
		{"appointments", "Future appointments", []Column{
			{Name: "key", Kind: Key, Must: true}, {Name: "patient", Kind: Ref, To: "patients", Must: true},
			{Name: "pathway", Kind: Pathway}, {Name: "clinic", Kind: Code, Must: true}, {Name: "starts", Kind: Moment, Must: true, When: Future},
			{Name: "minutes", Kind: Whole}, {Name: "kind", Kind: Choice, Of: []string{"first", "follow-up"}},
			{Name: "status", Kind: Choice, Must: true, Of: []string{"booked", "cancelled"}}, {Name: "consultant", Kind: Code},
		}},
		{"documents", "Documents", []Column{
			{Name: "key", Kind: Key, Must: true}, {Name: "patient", Kind: Ref, To: "patients", Must: true},
			{Name: "encounter", Kind: Ref, To: "encounters"}, {Name: "kind", Kind: Code, Must: true}, {Name: "title", Must: true},
			{Name: "written", Kind: Moment, Must: true, When: Past}, {Name: "author"},
			{Name: "status", Kind: Choice, Must: true, Of: []string{"final", "draft", "unsent"}, About: "unsent: final, and not yet with who it is for"},
			{Name: "file", Sure: true, About: "path of the content within the extract, 16 MB at most; or an address elsewhere, which is kept as it is"},
		}},
		{"results", "Results", []Column{
			{Name: "key", Kind: Key, Must: true}, {Name: "patient", Kind: Ref, To: "patients", Must: true},
			{Name: "order", About: "number of the request"}, {Name: "code", Kind: Code, Must: true}, {Name: "name"},
			{Name: "value", Must: true}, {Name: "unit", Kind: Code}, {Name: "range"},
			{Name: "status", Kind: Choice, Must: true, Of: []string{"final", "preliminary", "corrected", "cancelled"}},
			{Name: "taken", Kind: Moment, Must: true, When: Past}, {Name: "reported", Kind: Moment, When: Past, After: "taken"},
		}},
		{"medicines", "Medicines", []Column{
			{Name: "key", Kind: Key, Must: true}, {Name: "patient", Kind: Ref, To: "patients", Must: true},
			{Name: "code", Kind: Code, About: "dm+d"}, {Name: "text", Must: true}, {Name: "dose"}, {Name: "route"}, {Name: "frequency"},
			{Name: "status", Kind: Choice, Must: true, Of: []string{"active", "stopped", "completed"}},
			{Name: "started", Kind: Date, Must: true, When: Past}, {Name: "ended", Kind: Date, After: "started"}, {Name: "prescriber", Kind: Code, About: "staff"},
		}},
	}
}

func rttStatuses() []string {
	return []string{"10", "11", "12", "20", "21", "30", "31", "32", "33", "34", "35", "36", "90", "91", "92", "98", "99"}
}

// classAt finds a class by its name.
func classAt(name string) (Class, bool) {
	for _, c := range Layout() {
		if c.Name == name {
			return c, true
		}
	}
	return Class{}, false
}

// column is the place of a column, -1 if there is none.
func (c *Class) column(name string) int {
	return slices.IndexFunc(c.Columns, func(x Column) bool { return x.Name == name })
}
