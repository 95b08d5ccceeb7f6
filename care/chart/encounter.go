package chart

import (
	"strings"

	"concord/record"
	"concord/standard/fhir"
)

// Encounter is one stay, attendance or contact.
type Encounter struct {
	Ref       string
	Title     string // "In-patient stay", "Emergency attendance", the type that the sender gave
	InPatient bool
	Status    string // "In progress", "Finished", …
	Open      bool   // not ended
	Start     When
	End       When
	Place     string // ward, bed, clinic
	Under     string // clinician
	Specialty string
	Reason    string
	Outcome   string // discharge disposition
	Source    Source
}

// ID is the id of the resource.
func (e Encounter) ID() string { return strings.TrimPrefix(e.Ref, "Encounter/") }

// Encounters is the list.
type Encounters struct {
	Rows     []Encounter
	Withheld bool
}

// EncounterSections is the query of the list.
func EncounterSections() []record.Section {
	return append(BannerSections(), record.Section{Type: "Encounter"})
}

// Encounters reads the list, newest first.
func (l Lens) Encounters(c *record.Chart) *Encounters {
	items, ok := list(c, bannerSections)
	e := &Encounters{Withheld: !ok}
	for _, i := range items {
		e.Rows = append(e.Rows, l.encounter(i))
	}
	newestFirst(e.Rows, func(x Encounter) When { return x.Start })
	return e
}

func (l Lens) encounter(i *record.Item) Encounter {
	r := i.Resource
	e := Encounter{
		Ref:       i.Ref(),
		Start:     l.firstWhen(r, "period.start"),
		End:       l.firstWhen(r, "period.end"),
		Status:    encounterStatus(r.StrAt("status")),
		Under:     practitioner(r),
		Specialty: fhir.ConceptText(r.Get("serviceType")),
		Reason:    fhir.ConceptText(r.Path("reasonCode.0")),
		Outcome:   fhir.ConceptText(r.Path("hospitalization.dischargeDisposition")),
		Source:    l.source(i),
	}
	if e.Reason == "" {
		e.Reason = refName(r, r.Path("reasonReference.0"))
	}
	class := r.StrAt("class.code")
	e.InPatient = class == "IMP" || class == "ACUTE" || class == "NONAC"
	e.Title = encounterTitle(class, fhir.ConceptText(r.Path("type.0")), e.InPatient)
	s := r.StrAt("status")
	e.Open = s == "in-progress" || s == "arrived" || s == "triaged" || s == "onleave"
	e.Place = place(r)
	return e
}

// encounterTitle names an encounter by its class, and by its type where that
// is words: a ward's short code says nothing to another trust.
func encounterTitle(class, typ string, inPatient bool) string {
	words := classWords(class)
	switch {
	case len(typ) < 5 || strings.EqualFold(typ, words):
		return words
	case inPatient || class == "EMER":
		return words + ": " + typ
	}
	return typ
}

func classWords(class string) string {
	switch class {
	case "IMP", "ACUTE", "NONAC":
		return "In-patient stay"
	case "EMER":
		return "Emergency attendance"
	case "AMB":
		return "Out-patient contact"
	case "VR":
		return "Remote contact"
	case "HH":
		return "Home visit"
	case "PRENC":
		return "Before admission"
	case "SS":
		return "Day case"
	case "OBSENC":
		return "Observation stay"
	}
	return "Contact"
}

// ClassWords says what an encounter of a class is (v3-ActCode).
func ClassWords(class string) string { return classWords(class) }

func encounterStatus(s string) string {
	switch s {
	case "in-progress":
		return "In progress"
	case "onleave":
		return "On leave"
	case "cancelled":
		return "Cancelled"
	case "entered-in-error":
		return "Withdrawn"
	}
	return sentence(s)
}

// place is the current location, else the last, else the provider.
func place(r *fhir.Value) string {
	best := ""
	for loc := range r.Get("location").Each() {
		name := refName(r, loc.Get("location"))
		if name == "" {
			continue
		}
		best = name
		if loc.StrAt("status") == "active" {
			break
		}
	}
	if best == "" {
		best = refName(r, r.Get("serviceProvider"))
	}
	return best
}

// Stay is the page of one encounter with what belongs to it.
type Stay struct {
	Encounter
	Moves     []Move
	Problems  []Problem
	Documents []Document
	Results   []Group
	Columns   []Column
	Medicines []Medicine
	Done      []Event // procedures and immunisations
}

// Move is one stretch in one place.
type Move struct {
	Place      string
	Start, End When
}

// StaySections is the query of one encounter's page.
func StaySections(id string) []record.Section {
	where := "encounter=Encounter/" + id
	return append(BannerSections(),
		record.Section{Type: "Encounter", Where: "_id=" + id},
		record.Section{Type: "Condition", Where: where},
		record.Section{Type: "DiagnosticReport", Where: where},
		record.Section{Type: "DocumentReference", Where: where},
		record.Section{Type: "Observation", Where: where, Newest: 200},
		record.Section{Type: "MedicationRequest", Where: where},
		record.Section{Type: "Procedure", Where: where},
		record.Section{Type: "Immunization"})
}

// Stay reads one encounter's page; nil when it is not in this record.
func (l Lens) Stay(c *record.Chart) *Stay {
	at := func(n int) []*record.Item { items, _ := list(c, bannerSections+n); return items }
	if len(at(0)) == 0 {
		return nil
	}
	first := at(0)[0]
	s := &Stay{Encounter: l.encounter(first)}
	for loc := range first.Resource.Get("location").Each() {
		if name := refName(first.Resource, loc.Get("location")); name != "" {
			s.Moves = append(s.Moves, Move{name, l.firstWhen(loc, "period.start"), l.firstWhen(loc, "period.end")})
		}
	}
	for _, i := range at(1) {
		s.Problems = append(s.Problems, l.problem(i))
	}
	reports := at(2)
	for _, i := range append(reports[:len(reports):len(reports)], at(3)...) {
		if d := l.document(i); d.HasText {
			s.Documents = append(s.Documents, d)
		}
	}
	places := placesOf(reports)
	var all []result
	for _, i := range at(4) {
		if i.Resource.StrAt("category.0.coding.0.code") == "vital-signs" {
			continue // these are on the observations chart
		}
		all = append(all, l.results(i, places[i.Ref()])...)
	}
	s.Columns, all = columns(all, cumulativeColumns)
	s.Results = group(all, s.Columns)
	for _, i := range at(5) {
		s.Medicines = append(s.Medicines, l.medicine(i))
	}
	for _, i := range append(at(6), at(7)...) {
		if strings.HasSuffix(i.Resource.StrAt("encounter.reference"), first.Ref()) {
			s.Done = append(s.Done, l.event(i))
		}
	}
	return s
}
