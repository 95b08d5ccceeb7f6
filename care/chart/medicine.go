package chart

import (
	"strings"

	"concord/record"
	"concord/standard/fhir"
)

// Medicine is one line of a medicines list.
type Medicine struct {
	Name     string
	Dose     string // "120 mg", or the instruction as written
	Route    string
	How      string // frequency and further instructions
	Status   string
	Kind     string // Prescribed, Reported, Given, Not given
	Reason   string
	Started  When
	Ended    When
	Source   Source
	Also     []Also
	Conflict string // "Imperial says 2.5 mg"
	code     string
}

// Medicines is the medicines page.
type Medicines struct {
	Current, Past, Given []Medicine
	Withheld             bool
}

// MedicineSections is the query of the medicines page.
func MedicineSections() []record.Section {
	return append(BannerSections(),
		record.Section{Type: "MedicationRequest", Newest: 400},
		record.Section{Type: "MedicationStatement", Newest: 200},
		record.Section{Type: "MedicationAdministration", Newest: 100})
}

// Medicines reads the medicines page.
func (l Lens) Medicines(c *record.Chart) *Medicines {
	m := &Medicines{Withheld: withheld(c, bannerSections, bannerSections+1, bannerSections+2)}
	var now []Medicine
	for s := bannerSections; s < bannerSections+3; s++ {
		items, _ := list(c, s)
		for _, i := range items {
			x := l.medicine(i)
			switch {
			case i.Type == "MedicationAdministration":
				m.Given = append(m.Given, x)
			case current(i.Resource):
				now = append(now, x)
			default:
				m.Past = append(m.Past, x)
			}
		}
	}
	newestFirst(now, func(x Medicine) When { return x.Started })
	for _, x := range now {
		m.Current = addMedicine(m.Current, x)
	}
	return m
}

func current(r *fhir.Value) bool {
	switch r.StrAt("status") {
	case "active", "on-hold", "intended", "unknown":
		return true
	}
	return false
}

func (l Lens) medicine(i *record.Item) Medicine {
	r := i.Resource
	m := Medicine{Status: sentence(r.StrAt("status")), Source: l.source(i), Kind: "Prescribed"}
	m.Name, m.code = medication(r)
	dosage := r.Path("dosageInstruction.0")
	switch i.Type {
	case "MedicationStatement":
		m.Kind, dosage = "Reported as taken", r.Path("dosage.0")
		m.Started = l.firstWhen(r, "effectivePeriod.start", "effectiveDateTime", "dateAsserted")
		m.Ended = l.firstWhen(r, "effectivePeriod.end")
	case "MedicationAdministration":
		m.Kind, dosage = "Given", r.Get("dosage")
		if r.StrAt("status") == "not-done" {
			m.Kind = "Not given"
		}
		m.Started = l.firstWhen(r, "effectiveDateTime", "effectivePeriod.start")
	default:
		m.Started = l.firstWhen(r, "authoredOn")
		m.Ended = l.firstWhen(r, "dispenseRequest.validityPeriod.end")
		if r.StrAt("status") == "on-hold" {
			m.Status = "On hold"
		}
	}
	m.Dose, m.Route, m.How = dose(dosage)
	m.Reason = fhir.ConceptText(r.Path("reasonCode.0"))
	if why := fhir.ConceptText(r.Get("statusReason")); why == "" {
		why = fhir.ConceptText(r.Path("statusReason.0"))
		if why != "" {
			m.Reason = why
		}
	}
	return m
}

// medication names the medicine: coded in place, contained or by display.
func medication(r *fhir.Value) (name, code string) {
	c := r.Get("medicationCodeableConcept")
	if c == nil {
		ref := r.Get("medicationReference")
		id := strings.TrimPrefix(ref.StrAt("reference"), "#")
		for x := range r.Get("contained").Each() {
			if x.ID() == id {
				c = x.Get("code")
			}
		}
		if c == nil {
			name = ref.StrAt("display")
		}
	}
	if name == "" {
		name = fhir.ConceptText(c)
	}
	if name == "" {
		name = "Medicine without a name"
	}
	return name, c.StrAt("coding.0.code")
}

// dose takes a Dosage apart as MEDi asks: dose, route, then the rest. An
// instruction in words is kept as it was written.
func dose(d *fhir.Value) (amount, route, how string) {
	q := d.Path("doseAndRate.0.doseQuantity")
	if q == nil {
		q = d.Get("dose")
	}
	if q != nil {
		amount = Quantity(q)
	} else if rng := d.Path("doseAndRate.0.doseRange"); rng != nil {
		amount = Quantity(rng.Get("low")) + " to " + Quantity(rng.Get("high"))
	}
	route = fhir.ConceptText(d.Get("route"))
	var rest []string
	if t := timing(d.Get("timing")); t != "" {
		rest = append(rest, t)
	}
	if d.Get("asNeededBoolean").Bool() {
		rest = append(rest, "when needed")
	} else if why := fhir.ConceptText(d.Get("asNeededCodeableConcept")); why != "" {
		rest = append(rest, "when needed for "+why)
	}
	text := d.StrAt("text")
	if text == "" {
		text = d.StrAt("patientInstruction")
	}
	if text != "" && (amount == "" || len(rest) == 0) {
		rest = append(rest, text)
	}
	for a := range d.Get("additionalInstruction").Each() {
		rest = append(rest, fhir.ConceptText(a))
	}
	return amount, route, strings.Join(rest, ", ")
}

func timing(t *fhir.Value) string {
	if s := fhir.ConceptText(t.Get("code")); s != "" {
		return s
	}
	r := t.Get("repeat")
	n, period, unit := r.Get("frequency").Raw(), number(r.Get("period").Raw()), r.StrAt("periodUnit")
	words := map[string]string{"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}[unit]
	if words == "" {
		return ""
	}
	if n == "" {
		n = "1"
	}
	times := map[string]string{"1": "once", "2": "twice"}[n]
	if times == "" {
		times = n + " times"
	}
	if period == "" || period == "1" {
		return times + " a " + words
	}
	if times == "once" {
		return "every " + period + " " + words + "s"
	}
	return times + " every " + period + " " + words + "s"
}

// addMedicine joins the same line from another organisation; a different dose
// or standing of the same medicine is shown on both as a conflict.
func addMedicine(all []Medicine, m Medicine) []Medicine {
	for n := range all {
		o := &all[n]
		same := m.code != "" && o.code == m.code || strings.EqualFold(o.Name, m.Name)
		if !same && !sameSubstance(*o, m) || o.Source.Org.Code == m.Source.Org.Code {
			continue
		}
		if o.Dose == m.Dose && o.How == m.How && o.Status == m.Status {
			if !same {
				continue
			}
			o.Also = append(o.Also, also(m.Source, m.Started))
			return all
		}
		o.Conflict = m.Source.Org.Short + " says " + said(m)
		m.Conflict = o.Source.Org.Short + " says " + said(*o)
	}
	return append(all, m)
}

// sameSubstance takes two products of different strength for one medicine:
// "Apixaban 5 mg tablets" and "Apixaban 2.5 mg tablets" by the same route.
func sameSubstance(a, b Medicine) bool {
	x, y := substance(a.Name), substance(b.Name)
	return len(x) > 3 && x == y && (a.Route == "" || b.Route == "" || strings.EqualFold(a.Route, b.Route))
}

// substance is a product's name up to its strength.
func substance(name string) string {
	if n := strings.IndexAny(name, "0123456789"); n >= 0 {
		name = name[:n]
	}
	return strings.ToLower(strings.TrimSpace(name))
}

func said(m Medicine) string {
	s := strings.TrimSpace(m.Dose + " " + m.How)
	if s == "" {
		s = "no dose"
	}
	if m.Status != "Active" && m.Status != "" {
		s = strings.ToLower(m.Status) + ", " + s
	}
	return s
}
