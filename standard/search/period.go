package search

import (
	"time"

	"concord/standard/fhir"
)

func periods(found []*fhir.Value, loc *time.Location) []period {
	var out []period
	for _, f := range found {
		if p, ok := periodOf(f, loc); ok {
			out = append(out, p)
		}
	}
	return out
}

func anyDate(found []period, values []Value) bool {
	for _, p := range found {
		for _, v := range values {
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
	case "po":
		return overlaps
	case "eb":
		return !has.to.IsZero() && !has.to.After(want.from)
	}
	return overlaps
}
