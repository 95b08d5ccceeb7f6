package search

import (
	"time"

	"concord/standard/fhir"
)

// leadingDate files the date. What the date alone does not tell, since it lasts
// longer than a day, is open, or is one of several, is filed as such: lasting.
func (x *Extractor) leadingDate(p *plan, typ string, resource *fhir.Value, e *Entries) (lasting bool) {
	n, long, unbegun := 0, false, false
	for _, v := range p.date.values(resource) {
		pd, ok := periodOf(v, x.loc)
		if !ok {
			continue
		}
		n++
		unbegun = unbegun || pd.from.IsZero()
		long = long || n > 1 || pd.from.IsZero() || pd.to.IsZero() || pd.to.Sub(pd.from) > dayAtMost
		e.Terms = x.appendMonths(e.Terms, typ, p.date.Name, pd)
		if e.Date == 0 {
			e.Date = DateValue(pd.leading())
		}
	}
	if long {
		e.Tokens = append(e.Tokens, x.lasting(p.date.Name))
		e.Terms = append(e.Terms, x.lastingTerm(typ))
	}
	if unbegun {
		e.Terms = append(e.Terms, x.unbegunTerm(typ))
	}
	return long
}

// unbegunTerm is filed where the leading date has an end and no beginning: it stands at
// its end, and may lie before any moment all the same.
func (x *Extractor) unbegunTerm(typ string) uint64 { return x.term("unbegun", typ) }

// dayAtMost is how long a date may last that the date column alone tells; days
// have up to 25 hours.
const dayAtMost = 25 * time.Hour

// lasting is the token of a leading date that lasts longer.
func (x *Extractor) lasting(param string) uint32 { return x.hash.Token("lasting", param) }

// leading is the moment by which a period stands on a timeline.
func (p period) leading() time.Time {
	if p.from.IsZero() {
		return p.to
	}
	return p.from
}

// DateOrigin is added to minutes since 1970, so that every date of a living
// person's record is positive.
const DateOrigin = 150 * 366 * 24 * 60

// dateParts is how many units of Entries.Date a minute has. The first is the
// whole minute itself, the others share the rest of it: most dates are days or
// minutes, and of two that are the same whole minute none comes first.
const dateParts = 8

// DateValue is a moment in the units of Entries.Date.
func DateValue(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	minute := t.Truncate(time.Minute)
	d := (minute.Unix()/60 + DateOrigin) * dateParts
	if into := t.Sub(minute); into > 0 {
		d += 1 + int64(into*(dateParts-1)/time.Minute)
	}
	return max(1, d)
}

// SameMoment tells that all who have this Entries.Date have the very same
// date, or none: their order by it is any.
func SameMoment(d int64) bool { return d%dateParts == 0 }

// DateTime is the beginning of an Entries.Date; zero for 0.
func DateTime(d int64) time.Time {
	if d == 0 {
		return time.Time{}
	}
	t := time.Unix((d/dateParts-DateOrigin)*60, 0).UTC()
	if part := d % dateParts; part > 0 {
		t = t.Add(time.Duration(part-1) * time.Minute / (dateParts - 1))
	}
	return t
}
