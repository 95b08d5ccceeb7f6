package search

import (
	"slices"

	"concord/fault"
	"concord/standard/fhir"
)

// Circle is a compartment that a resource must belong to: one of the
// parameters that put its type there names the compartment's owner.
// https://hl7.org/fhir/R4/compartmentdefinition.html
type Circle struct {
	Compartment string // "Patient"
	ID          string

	table *Table
}

// Circle makes the clause that holds for what belongs to a compartment.
// Errors: NotFound "search.compartment" when there is none of that name, or
// the type does not belong to it.
func (t *Table) Circle(compartment, id, typ string) (Clause, error) {
	if _, ok := t.around[compartment]; !ok {
		return Clause{}, fault.New(fault.NotFound, "search.compartment", "there is no such compartment")
	}
	if _, ok := t.around[compartment][typ]; typ != "" && !ok {
		return Clause{}, fault.New(fault.NotFound, "search.compartment", "resources of this type do not belong to that compartment").In(bounded(typ))
	}
	return Clause{Circle: &Circle{Compartment: compartment, ID: id, table: t}}, nil
}

// Members lists the types that a compartment holds.
func (t *Table) Members(compartment string) []string {
	var out []string
	for _, typ := range fhir.R4().Names() {
		if _, ok := t.around[compartment][typ]; ok {
			out = append(out, typ)
		}
	}
	return out
}

// Belongs tells whether resources of a type can belong to a compartment.
func (t *Table) Belongs(compartment, typ string) bool {
	_, ok := t.around[compartment][typ]
	return ok
}

func (c *Circle) ref() string { return c.Compartment + "/" + c.ID }

// params are the parameters that put a type into the compartment.
func (c *Circle) params(typ string) []*Param {
	var out []*Param
	for _, n := range c.table.around[c.Compartment][typ] {
		if p := c.table.Param(typ, n); p != nil {
			out = append(out, p)
		}
	}
	return out
}

// match tells whether the resource is the owner, or names it.
func (c *Circle) match(s Subject) bool {
	typ := s.Resource.Type()
	if typ == c.Compartment && s.ID == c.ID {
		return true
	}
	for _, p := range c.params(typ) {
		for _, v := range p.values(s.Resource) {
			if referenceOf(v) == c.ref() {
				return true
			}
		}
	}
	return false
}

// circle pins the records that a compartment lies in; without a term for each
// of its parameters the type has to be walked.
func (x *Extractor) circle(l *Lookup, p *plan, typ string, c *Clause) {
	pin := &Pin{Refs: []string{c.Circle.ref()}}
	for _, prm := range c.Circle.params(typ) {
		switch {
		case p.termed(prm):
			for _, spelled := range x.spelled(c.Circle.ref()) {
				pin.Terms = append(pin.Terms, x.valueTerm(typ, prm, spelled))
			}
		case prm.Name == "patient" || slices.Contains(x.table.compartment[typ], prm) && c.Circle.Compartment == "Patient":
			// the patient's own record holds it, or "subject" is filed beside
		default:
			return
		}
	}
	if c.Circle.Compartment == "Patient" {
		pin.Patients, pin.Refs = []string{c.Circle.ID}, nil
		c.Pinned = true
	}
	if l.Pin == nil {
		l.Pin, l.By["pin"] = pin, "compartment "+c.Circle.Compartment
	}
}

// Refer makes the clause that a reference names one of those given.
func Refer(p *Param, refs ...string) Clause {
	c := Clause{Param: p}
	for _, r := range refs {
		c.Values = append(c.Values, Value{Text: r})
	}
	return c
}
