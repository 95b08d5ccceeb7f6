package chart

import (
	"strings"

	"concord/record"
	"concord/standard/fhir"
)

// event makes a timeline row of an item.
func (l Lens) event(i *record.Item) Event {
	r := i.Resource
	e := Event{Type: i.Type, Ref: i.Ref(), Source: l.source(i)}
	ref := r.StrAt("encounter.reference")
	if ref == "" {
		ref = r.StrAt("context.encounter.0.reference")
	}
	if p, ok := fhir.ParseReference(ref); ok {
		e.parent = p.Type + "/" + p.ID
	}
	if e.reason = fhir.ConceptText(r.Path("reasonCode.0")); e.reason == "" {
		e.reason = refName(r, r.Path("reasonReference.0"))
	}
	switch i.Type {
	case "Encounter":
		l.encounterEvent(&e, i)
	case "DiagnosticReport", "DocumentReference", "Composition":
		d := l.document(i)
		e.Kind, e.Title, e.When, e.Status = "Document", d.Title, d.When, d.Status
		e.Line = d.Summary
		if i.Type == "DiagnosticReport" {
			e.Kind = reportKind(r)
			if n := r.Get("result").Len(); e.Line == "" && n > 0 {
				e.Line = plural(n, "result")
			}
		} else if d.Kind != "" {
			e.Line = d.Kind
		}
	case "Procedure":
		e.Kind, e.Title = "Procedure", fhir.ConceptText(r.Get("code"))
		e.When = l.firstWhen(r, "performedDateTime", "performedPeriod.start")
		e.Line = fhir.ConceptText(r.Path("reasonCode.0"))
		if s := r.StrAt("status"); s != "completed" {
			e.Status = sentence(s)
		}
	case "Immunization":
		e.Kind, e.Title = "Immunisation", fhir.ConceptText(r.Get("vaccineCode"))
		e.When = l.firstWhen(r, "occurrenceDateTime", "recorded")
		if r.StrAt("status") == "not-done" {
			e.Status = "Not given"
		}
	case "Condition":
		p := l.problem(i)
		e.Kind, e.Title, e.Line, e.When = "Problem", p.Name, p.Status, p.Recorded
	case "MedicationRequest":
		m := l.medicine(i)
		e.Kind, e.Title, e.When = "Medicine", m.Name, m.Started
		e.Line = strings.TrimSpace(strings.Join([]string{m.Status, m.Dose, m.Route, m.How}, " "))
	}
	if e.Title == "" {
		e.Title = e.Kind + " without a name"
	}
	if e.Source.Withdrawn {
		e.Status = "Withdrawn"
	}
	return e
}

func (l Lens) encounterEvent(e *Event, i *record.Item) {
	x := l.encounter(i)
	e.Kind, e.Title, e.When, e.End, e.Stay = "Contact", x.Title, x.Start, x.End, x.InPatient
	if x.InPatient {
		e.Kind = "In-patient stay"
	}
	if x.Status != "Finished" {
		e.Status = x.Status
	}
	var parts []string
	if x.InPatient && x.Start.Known() {
		if x.End.Known() {
			parts = append(parts, "to "+x.End.Text+" ("+nights(x.Start.At, x.End.At)+")")
		} else if x.Open {
			parts = append(parts, "still in hospital")
		}
	}
	for _, s := range []string{x.Place, x.Specialty, x.Reason, x.Outcome} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	e.Line = strings.Join(parts, " · ")
	if e.parent == e.Ref {
		e.parent = ""
	}
}
