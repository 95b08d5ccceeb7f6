package search

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/standard/fhir"
)

// Subject is what a query is matched against: a resource with what the store
// knows of it beside its body.
type Subject struct {
	Resource *fhir.Value
	ID       string
	Updated  time.Time
}

// Match tells whether every clause holds.
func (q *Query) Match(s Subject, loc *time.Location) bool {
	for i := range q.Clauses {
		if !q.Clauses[i].Match(s, loc) {
			return false
		}
	}
	return true
}

// Match tells whether one clause holds.
func (c *Clause) Match(s Subject, loc *time.Location) bool {
	if own := c.Param.Name == "_id" || c.Param.Name == "_lastUpdated"; own && c.Modifier == "missing" {
		return !c.Values[0].Missing // every resource has both
	}
	switch c.Param.Name {
	case "_id":
		return slices.ContainsFunc(c.Values, func(v Value) bool { return v.Code == s.ID }) != (c.Modifier == "not")
	case "_lastUpdated":
		shown := s.Updated.Truncate(time.Millisecond) // as meta.lastUpdated has it
		return c.anyDate([]period{{shown, shown.Add(time.Millisecond)}})
	}
	found := c.Param.values(s.Resource)
	if c.Modifier == "missing" {
		return (len(found) == 0) == c.Values[0].Missing
	}
	switch c.Param.Kind {
	case Token:
		return c.anyToken(found) != (c.Modifier == "not")
	case Reference:
		return c.anyReference(found)
	case String:
		return c.anyString(found)
	case Date:
		return c.anyDate(periods(found, loc))
	case Number, Quantity:
		return c.anyNumber(found)
	case URI:
		return c.anyURI(found)
	}
	return false
}

func (c *Clause) anyToken(found []*fhir.Value) bool {
	for _, f := range found {
		for _, t := range tokensOf(f) {
			for _, v := range c.Values {
				if v.Code != "" && v.Code != t.code {
					continue
				}
				if v.HasSystem && v.System != t.system {
					continue
				}
				return true
			}
		}
	}
	return false
}

func (c *Clause) anyReference(found []*fhir.Value) bool {
	for _, f := range found {
		ref := f.StrAt("reference")
		if f.Kind() == fhir.String { // canonical
			ref = f.Str()
		}
		if ref == "" {
			continue
		}
		if c.Pinned && isPatientRef(ref, f.StrAt("type")) {
			return true
		}
		for _, v := range c.Values {
			if c.Param.named(v, ref) {
				return true
			}
		}
	}
	return false
}

func (c *Clause) anyString(found []*fhir.Value) bool {
	for _, f := range found {
		for _, text := range stringsOf(f) {
			for _, v := range c.Values {
				switch c.Modifier {
				case "exact":
					if text == v.Text {
						return true
					}
				case "contains":
					if strings.Contains(Fold(text), Fold(v.Text)) {
						return true
					}
				default:
					if strings.HasPrefix(Fold(text), Fold(v.Text)) {
						return true
					}
				}
			}
		}
	}
	return false
}

func (c *Clause) anyURI(found []*fhir.Value) bool {
	for _, f := range found {
		for _, v := range c.Values {
			if f.Str() == v.Text || c.Modifier == "below" && strings.HasPrefix(f.Str(), v.Text) {
				return true
			}
		}
	}
	return false
}

func periods(found []*fhir.Value, loc *time.Location) []period {
	var out []period
	for _, f := range found {
		if p, ok := periodOf(f, loc); ok {
			out = append(out, p)
		}
	}
	return out
}

func (c *Clause) anyDate(found []period) bool {
	for _, p := range found {
		for _, v := range c.Values {
			if v.Prefix == "ap" {
				v.When = widen(v.When)
			}
			if compareDates(v.Prefix, p, v.When) {
				return true
			}
		}
	}
	return false
}

// widen is our reading of "approximately" for dates: a day either way beyond
// the value's own precision.
func widen(p period) period { return period{p.from.AddDate(0, 0, -1), p.to.AddDate(0, 0, 1)} }

// compareDates follows https://hl7.org/fhir/R4/search.html#prefix: the resource's
// period has, the parameter's period want; a zero end is open.
func compareDates(prefix string, has, want period) bool {
	startsBefore := has.from.IsZero() || has.from.Before(want.from)
	endsAfter := has.to.IsZero() || has.to.After(want.to)
	overlaps := (has.from.IsZero() || has.from.Before(want.to)) && (has.to.IsZero() || has.to.After(want.from))
	switch prefix {
	case "eq":
		return !startsBefore && !endsAfter
	case "ne":
		return startsBefore || endsAfter
	case "gt":
		return endsAfter
	case "lt":
		return startsBefore
	case "ge":
		return endsAfter || !startsBefore && !endsAfter || overlaps && endsAfter
	case "le":
		return startsBefore || !startsBefore && !endsAfter
	case "sa":
		return !has.from.IsZero() && !has.from.Before(want.to)
	case "eb":
		return !has.to.IsZero() && !has.to.After(want.from)
	}
	return overlaps
}

func (c *Clause) anyNumber(found []*fhir.Value) bool {
	for _, f := range found {
		raw := f.Raw()
		if f.Kind() == fhir.Object {
			raw = f.Get("value").Raw()
		}
		n, err := strconv.ParseFloat(raw, 64)
		if err != nil {
			continue
		}
		for _, v := range c.Values {
			if v.Code != "" && v.Code != f.StrAt("code") && v.Code != f.StrAt("unit") {
				continue
			}
			if v.HasSystem && v.System != f.StrAt("system") {
				continue
			}
			if compareNumbers(v, n) {
				return true
			}
		}
	}
	return false
}

func compareNumbers(v Value, n float64) bool {
	switch v.Prefix {
	case "ne":
		return n < v.Low || n >= v.High
	case "gt", "sa":
		return n > v.Number
	case "lt", "eb":
		return n < v.Number
	case "ge":
		return n >= v.Number
	case "le":
		return n <= v.Number
	}
	return n >= v.Low && n < v.High
}
