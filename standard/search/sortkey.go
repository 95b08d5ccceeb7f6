package search

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"concord/standard/fhir"
)

// SortKey is a text by whose order resources sort by this parameter; "" when
// the resource has no value. Of several values the one counts that comes first in the
// order: the least, or when that goes down the greatest
// (https://hl7.org/fhir/R4/search.html#sort).
func (p *Param) SortKey(s Subject, loc *time.Location, down bool) string {
	switch p.Name {
	case "_lastUpdated":
		return s.Updated.UTC().Format("2006-01-02T15:04:05.000000")
	case "_id":
		return s.ID
	}
	first := ""
	for _, v := range p.values(s.Resource) {
		for _, key := range p.sortTexts(v, loc) {
			if key != "" && (first == "" || (key < first) != down) {
				first = key
			}
		}
	}
	return first
}

// sortTexts are the keys of one element: of a concept that of each coding, of a name
// that of its first part.
func (p *Param) sortTexts(v *fhir.Value, loc *time.Location) []string {
	if p.Kind != Token {
		return []string{p.sortText(v, loc)}
	}
	var out []string
	for _, t := range tokensOf(v) {
		out = append(out, t.code)
	}
	return out
}

func (p *Param) sortText(v *fhir.Value, loc *time.Location) string {
	switch p.Kind {
	case Date:
		if pd, ok := periodOf(v, loc); ok {
			at := pd.from
			if at.IsZero() {
				at = pd.to
			}
			return at.UTC().Format("2006-01-02T15:04:05.000")
		}
	case Number, Quantity:
		raw := v.Raw()
		if v.Kind() == fhir.Object {
			raw = v.Get("value").Raw()
		}
		if f, err := strconv.ParseFloat(raw, 64); err == nil {
			return sortableFloat(f)
		}
	case Reference:
		return v.StrAt("reference")
	case String, URI:
		if ts := stringsOf(v); len(ts) > 0 {
			return Fold(ts[0])
		}
	}
	return ""
}

// sortableFloat writes a number so that texts sort as numbers do.
func sortableFloat(f float64) string {
	b := math.Float64bits(f)
	if f < 0 {
		b = ^b
	} else {
		b |= 1 << 63
	}
	return fmt.Sprintf("%016x", b)
}

// Refs are the literal references that a reference parameter finds.
func (p *Param) Refs(resource *fhir.Value) []string {
	var out []string
	for _, v := range p.values(resource) {
		if r := v.StrAt("reference"); r != "" {
			out = append(out, r)
		}
	}
	return out
}
