package search

import (
	"slices"
	"time"

	"concord/standard/fhir"
)

// Terms are 48 bits: enough that two of a hundred million hardly meet, and two
// bytes less than 64 in every row of the index.
const termBits = 48

func (x *Extractor) term(parts ...string) uint64 { return x.hash.Sum(parts...) & (1<<termBits - 1) }

// typeTerm is the term of every resource of a type.
func (x *Extractor) typeTerm(typ string) uint64 { return x.term("type", typ) }

// TypeTerm is the term by which the store counts the resources of a type.
func (x *Extractor) TypeTerm(typ string) uint64 { return x.typeTerm(typ) }

// valueTerm is the term of a token's code (whatever its system: the body tells
// systems apart), a reference or a URI.
func (x *Extractor) valueTerm(typ string, prm *Param, v string) uint64 {
	return x.term("is", typ, prm.Name, v)
}

func (x *Extractor) appendTerms(out []uint64, typ string, prm *Param, v *fhir.Value, inside Inside) []uint64 {
	switch prm.Kind {
	case Reference:
		ref := referenceOf(v)
		if ref == "" || inside != nil && inside(ref) {
			return out
		}
		if v.Kind() == fhir.String { // a canonical is found with and without its version
			url, _, versioned := cutVersion(ref)
			if versioned {
				out = append(out, x.valueTerm(typ, prm, url))
			}
		}
		return append(out, x.valueTerm(typ, prm, ref))
	case URI:
		if s := v.Str(); s != "" {
			return append(out, x.valueTerm(typ, prm, s))
		}
		return out
	}
	for _, t := range tokensOf(v) {
		if t.code != "" {
			out = append(out, x.valueTerm(typ, prm, t.code))
		}
	}
	return out
}

// astrayTerm is filed where a resource names a patient of another record.
func (x *Extractor) astrayTerm(typ string) uint64 { return x.term("astray", typ) }

// aboutTerm is filed where a resource of another record belongs to the
// compartment of a patient.
func (x *Extractor) aboutTerm(ref string) uint64 { return x.term("about", ref) }

// About is the term of records, other than the patient's own, of which something
// belongs to the compartment of a patient ("Patient/…").
func (x *Extractor) About(patient string) uint64 { return x.aboutTerm(patient) }

// Whole marks a query that asks for all that belongs to a patient, of whatever
// type, as one that the patient's records answer alone, unless other records
// have the term. ok is false for every other query.
func (x *Extractor) Whole(q *Query) (patient string, unless uint64, ok bool) {
	var circle *Clause
	for i := range q.Clauses {
		switch c := &q.Clauses[i]; {
		case c.Circle != nil && c.Circle.Compartment == "Patient" && circle == nil:
			circle = c
		case c.Param == nil || c.Param.Name != "_lastUpdated" || c.Modifier != "" || c.Chain != nil:
			return "", 0, false
		}
	}
	if circle == nil || q.Contained != "" || len(q.Sort) > 0 {
		return "", 0, false
	}
	circle.Pinned = true
	return circle.Circle.ID, x.aboutTerm(circle.Circle.ref()), true
}

// Having narrows a search for patients by what their records hold: the terms
// of a search of another type that refers to them. unless are the terms of
// what may refer to patients of other records. ok is false when the reference
// is none that decides in whose record a resource lies.
func (x *Extractor) Having(has *Has) (terms, unless [][]uint64, ok bool) {
	typ := has.Query.Type
	if len(x.table.compartment[typ]) == 0 || has.Ref.Name != "patient" && has.Ref.Name != "subject" {
		return nil, nil, false
	}
	l := x.LookupType(has.Query, typ)
	if l.Pin != nil || len(l.Terms) < 2 {
		return nil, nil, false
	}
	return l.Terms[1:], append(slices.Clone(l.Terms[1:]), []uint64{x.astrayTerm(typ)}), true
}

// Containing are the terms of records in which something contains a resource of one
// of the types.
func (x *Extractor) Containing(types ...string) []uint64 {
	out := make([]uint64, len(types))
	for i, typ := range types {
		out[i] = x.term("contains", typ)
	}
	return out
}

// appendContained files what kinds of resource are contained.
func (x *Extractor) appendContained(out []uint64, resource *fhir.Value) []uint64 {
	for c := range resource.Get("contained").Each() {
		out = append(out, x.term("contains", c.Type()))
	}
	return out
}

// Dates are filed by the months that they touch. What touches more than a
// year, has an open end or lies beyond the horizon is filed as long, and every
// search by date looks there too.
const (
	longMonths = 12
	horizon    = 2100
)

func (x *Extractor) appendMonths(out []uint64, typ, param string, p period) []uint64 {
	if p.from.IsZero() || p.to.IsZero() || p.to.Sub(p.from) > longMonths*31*24*time.Hour || p.to.Year() >= horizon {
		return append(out, x.term("long", typ, param))
	}
	for _, m := range months(p.from, p.to, longMonths+2) {
		out = append(out, x.term("month", typ, param, m), x.term("year", typ, param, m[:4]))
	}
	return out
}

// months lists the months (UTC) that [from, to) touches, "2026-11"; nil when
// there are more than limit.
func months(from, to time.Time, limit int) []string {
	from, to = from.UTC(), to.UTC()
	at := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
	var out []string
	for at.Before(to) || len(out) == 0 {
		if len(out) == limit {
			return nil
		}
		out = append(out, at.Format("2006-01"))
		at = at.AddDate(0, 1, 0)
	}
	return out
}

// Search ranges longer than so many months are looked up by year.
const (
	maxMonths = 24
	maxYears  = 150
)

// dateTerms are the terms of which a resource that may lie in [from, to) has
// one; nil when the range is too wide to narrow anything.
func (x *Extractor) dateTerms(typ, param string, from, to time.Time) []uint64 {
	if from.IsZero() {
		return nil
	}
	if to.IsZero() {
		to = time.Date(horizon, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if !from.Before(to) {
		return nil
	}
	out := []uint64{x.term("long", typ, param)}
	if list := months(from, to, maxMonths); list != nil {
		for _, m := range list {
			out = append(out, x.term("month", typ, param, m))
		}
		return out
	}
	first, last := from.UTC().Year(), to.UTC().Year()
	if last-first > maxYears {
		return nil
	}
	for y := first; y <= last; y++ {
		out = append(out, x.term("year", typ, param, time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006")))
	}
	return out
}
