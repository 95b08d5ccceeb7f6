package fhirload

import (
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"
	"golang.org/x/text/unicode/norm"

	"concord/standard/fhir"
)

// has: one of the values at a path is this one.
func has(path, value string) func(*fhir.Value) bool {
	return func(v *fhir.Value) bool {
		return slices.ContainsFunc(v.All(path), func(x *fhir.Value) bool { return x.Text() == value })
	}
}

// hasCode: the CodeableConcept there has a coding; "" = of any system.
func hasCode(element, system, code string) func(*fhir.Value) bool {
	return func(v *fhir.Value) bool {
		for _, c := range v.All(element + ".coding") {
			if c.StrAt("code") == code && (system == "" || c.StrAt("system") == system) {
				return true
			}
		}
		return false
	}
}

// nameBegins: a word of a part of the name begins so, whatever its case and accents.
func nameBegins(text string) func(*fhir.Value) bool {
	want := plain(text)
	return func(v *fhir.Value) bool {
		for _, path := range []string{"name.family", "name.given", "name.prefix", "name.suffix", "name.text"} {
			for _, x := range v.All(path) {
				got := plain(x.Str())
				if strings.HasPrefix(got, want) || strings.Contains(got, " "+want) {
					return true
				}
			}
		}
		return false
	}
}

func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x300 && r < 0x370 {
			return -1
		}
		return r
	}, strings.ToLower(norm.NFD.String(s)))
}

// refers: the Reference there leads to the same resource.
func refers(element, ref string) func(*fhir.Value) bool {
	return func(v *fhir.Value) bool { return relative(v.StrAt(element+".reference")) == relative(ref) }
}

// ofFamily: the patient has that family name, so far as we know the patient.
func (p *Pool) ofFamily(family string) func(*fhir.Value) bool {
	fits := nameBegins(family)
	return func(v *fhir.Value) bool {
		patient := p.byID[idOf(v.StrAt("subject.reference"))]
		return patient == nil || fits(patient)
	}
}

func (p *Pool) hasStatus(status string) bool {
	return slices.ContainsFunc(p.conditions, hasCode("clinicalStatus", "", status))
}

// atLeast: the quantity is no smaller; code and unit "" = any.
func atLeast(code, unit, value string) func(*fhir.Value) bool {
	low, _, err := apd.NewFromString(value)
	return func(v *fhir.Value) bool {
		got, _, badly := apd.NewFromString(v.Path("valueQuantity.value").Text())
		if err != nil || badly != nil {
			return false
		}
		return got.Cmp(low) >= 0 && (unit == "" || v.StrAt("valueQuantity.code") == unit) && (code == "" || hasCode("code", "", code)(v))
	}
}

func dayOf(stamp string) time.Time {
	t, _ := time.Parse(time.DateOnly, stamp[:min(len(stamp), len(time.DateOnly))])
	return t
}

// overlaps: the period has a part in those days, with a day to spare for zones.
func overlaps(from, to time.Time) func(*fhir.Value) bool {
	return func(v *fhir.Value) bool {
		start, end := dayOf(v.StrAt("period.start")), dayOf(v.StrAt("period.end"))
		return !start.After(to.AddDate(0, 0, 1)) && (end.IsZero() || !end.Before(from.AddDate(0, 0, -1)))
	}
}

func updatedWithin(from, to time.Time) func(*fhir.Value) bool {
	return func(v *fhir.Value) bool {
		at, err := time.Parse(time.RFC3339Nano, v.StrAt("meta.lastUpdated"))
		return err == nil && !at.Before(from) && at.Before(to)
	}
}

// instant makes stamps of different zones comparable as text.
func instant(stamp string) string {
	if t, err := time.Parse(time.RFC3339Nano, stamp); err == nil {
		return t.UTC().Format("2006-01-02T15:04:05.000000000")
	}
	return stamp
}
