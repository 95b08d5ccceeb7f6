package search

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"concord/standard/fhir"
)

// SortKey is a text by whose order resources sort by this parameter; "" when
// the resource has no value.
func (p *Param) SortKey(s Subject, loc *time.Location) string {
	switch p.Name {
	case "_lastUpdated":
		return s.Updated.UTC().Format("2006-01-02T15:04:05.000000")
	case "_id":
		return s.ID
	}
	for _, v := range p.values(s.Resource) {
		if key := p.sortText(v, loc); key != "" {
			return key
		}
	}
	return ""
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
	case Token:
		if ts := tokensOf(v); len(ts) > 0 {
			return ts[0].code
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
