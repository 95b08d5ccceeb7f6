package search

import (
	"time"

	"concord/fault"
	"concord/standard/fhir"
)

// Care is a range of dates of care that a resource must have to do with: the start
// and end of $everything (https://hl7.org/fhir/R4/operation-patient-everything.html).
// What has no date of its own (a Patient, an allergy without one) is in every range.
type Care struct {
	period
	table *Table
}

// Care makes the clause of a range from and until two dates, "" = open. Errors:
// Invalid "search.value".
func (t *Table) Care(from, until string, loc *time.Location) (Clause, error) {
	c := &Care{table: t}
	for name, text := range map[string]string{"start": from, "end": until} {
		if text == "" {
			continue
		}
		in, ok := fhir.ParseInstant(text, loc)
		if !ok {
			return Clause{}, fault.New(fault.Invalid, "search.value", "a date is expected").In(name)
		}
		if name == "start" {
			c.from = in.Start
		} else {
			c.to = in.End(loc)
		}
	}
	if !c.from.IsZero() && !c.to.IsZero() && !c.from.Before(c.to) {
		return Clause{}, fault.New(fault.Invalid, "search.value", "the end is before the start").In("end")
	}
	return Clause{Care: c}, nil
}

// match tells whether any of the resource's leading dates touches the range.
func (c *Care) match(resource *fhir.Value, loc *time.Location) bool {
	prm := c.table.leading(resource.Type())
	if prm == nil {
		return true
	}
	dated := false
	for _, v := range prm.values(resource) {
		p, ok := periodOf(v, loc)
		if !ok {
			continue
		}
		dated = true
		if (c.to.IsZero() || p.from.Before(c.to)) && (c.from.IsZero() || p.to.IsZero() || p.to.After(c.from)) {
			return true
		}
	}
	return !dated
}

// leading is the parameter that dates a type on a timeline; nil = none. A patient's
// death is no date of care.
func (t *Table) leading(typ string) *Param {
	if typ == "Patient" {
		return nil
	}
	for _, name := range leadingDates {
		if d := t.byType[typ][name]; d != nil && d.Kind == Date {
			return d
		}
	}
	return nil
}
