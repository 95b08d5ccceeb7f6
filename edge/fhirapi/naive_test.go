package fhirapi_test

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"concord/standard/fhir"
)

// What a search finds, told from https://hl7.org/fhir/R4/search.html by itself: every
// resource is looked at, and nothing of package search is used.

// parameter is a search parameter of the naive evaluator.
type parameter struct {
	kind    string
	paths   []string // of its elements; "" = the resource itself
	targets []string // of a reference
	parts   []parameter
}

var parameters = map[string]map[string]parameter{
	"Observation": {
		"code": {kind: "token", paths: []string{"code"}}, "status": {kind: "token", paths: []string{"status"}}, "category": {kind: "token", paths: []string{"category"}},
		"identifier": {kind: "token", paths: []string{"identifier"}}, "value-concept": {kind: "token", paths: []string{"valueCodeableConcept"}},
		"date":           {kind: "date", paths: []string{"effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming"}},
		"value-quantity": {kind: "quantity", paths: []string{"valueQuantity"}},
		"subject":        {kind: "reference", paths: []string{"subject"}, targets: []string{"Patient"}}, "encounter": {kind: "reference", paths: []string{"encounter"}, targets: []string{"Encounter"}},
		"performer":           {kind: "reference", paths: []string{"performer"}, targets: []string{"Organization", "Patient"}},
		"has-member":          {kind: "reference", paths: []string{"hasMember"}, targets: []string{"Observation"}},
		"code-value-quantity": {kind: "composite", paths: []string{""}, parts: []parameter{{kind: "token", paths: []string{"code"}}, {kind: "quantity", paths: []string{"valueQuantity"}}}},
		"code-value-concept":  {kind: "composite", paths: []string{""}, parts: []parameter{{kind: "token", paths: []string{"code"}}, {kind: "token", paths: []string{"valueCodeableConcept"}}}},
		"component-code-value-quantity": {kind: "composite", paths: []string{"component"}, parts: []parameter{
			{kind: "token", paths: []string{"code"}}, {kind: "quantity", paths: []string{"valueQuantity"}}}},
		"combo-code-value-quantity": {kind: "composite", paths: []string{"", "component"}, parts: []parameter{
			{kind: "token", paths: []string{"code"}}, {kind: "quantity", paths: []string{"valueQuantity"}}}},
	},
	"Encounter": {
		"status": {kind: "token", paths: []string{"status"}}, "class": {kind: "token", paths: []string{"class"}}, "type": {kind: "token", paths: []string{"type"}},
		"date": {kind: "date", paths: []string{"period"}}, "length": {kind: "quantity", paths: []string{"length"}},
		"subject": {kind: "reference", paths: []string{"subject"}, targets: []string{"Patient"}}, "part-of": {kind: "reference", paths: []string{"partOf"}, targets: []string{"Encounter"}},
		"service-provider": {kind: "reference", paths: []string{"serviceProvider"}, targets: []string{"Organization"}},
	},
	"Organization": {
		"name": {kind: "string", paths: []string{"name", "alias"}}, "partof": {kind: "reference", paths: []string{"partOf"}, targets: []string{"Organization"}},
		"active": {kind: "token", paths: []string{"active"}}, "address-city": {kind: "string", paths: []string{"address.city"}},
	},
	"RiskAssessment": {
		"probability": {kind: "number", paths: []string{"prediction.probabilityDecimal", "prediction.probabilityRange"}},
		"subject":     {kind: "reference", paths: []string{"subject"}, targets: []string{"Patient"}}, "date": {kind: "date", paths: []string{"occurrenceDateTime"}},
	},
	"CarePlan": {
		"activity-date": {kind: "date", paths: []string{"activity.detail.scheduledTiming", "activity.detail.scheduledPeriod"}},
		"date":          {kind: "date", paths: []string{"period"}}, "subject": {kind: "reference", paths: []string{"subject"}, targets: []string{"Patient"}},
		"category": {kind: "token", paths: []string{"category"}},
	},
	"Patient": {
		"family": {kind: "string", paths: []string{"name.family"}}, "given": {kind: "string", paths: []string{"name.given"}}, "gender": {kind: "token", paths: []string{"gender"}},
		"birthdate": {kind: "date", paths: []string{"birthDate"}}, "organization": {kind: "reference", paths: []string{"managingOrganization"}, targets: []string{"Organization"}},
		"general-practitioner": {kind: "reference", paths: []string{"generalPractitioner"}, targets: []string{"Organization"}}, "active": {kind: "token", paths: []string{"active"}},
	},
}

func (p parameter) values(v *fhir.Value) []*fhir.Value {
	var out []*fhir.Value
	for _, path := range p.paths {
		if path == "" {
			out = append(out, v)
			continue
		}
		out = append(out, v.All(path)...)
	}
	return out
}

// present are the values of which something can be said: of a composite, the elements
// that have each part.
func (p parameter) present(v *fhir.Value) []*fhir.Value {
	return slices.DeleteFunc(p.values(v), func(e *fhir.Value) bool {
		return slices.ContainsFunc(p.parts, func(part parameter) bool { return len(part.values(e)) == 0 })
	})
}

// holds tells whether one of the values is as asked ("ge2026", "http://x|a" …).
func (p parameter) holds(v *fhir.Value, asked string) bool {
	return slices.ContainsFunc(p.present(v), func(e *fhir.Value) bool {
		switch p.kind {
		case "token":
			return tokenHolds(e, asked)
		case "date":
			return dateHolds(e, asked)
		case "number", "quantity":
			return numberHolds(e, asked)
		case "string":
			return strings.HasPrefix(plain(e.Str()), plain(asked))
		case "reference":
			ref := e.StrAt("reference")
			return ref == asked || !strings.Contains(asked, "/") && slices.ContainsFunc(p.targets, func(t string) bool { return ref == t+"/"+asked })
		case "composite":
			one, other, _ := strings.Cut(asked, "$")
			return p.parts[0].holds(e, one) && p.parts[1].holds(e, other)
		}
		panic(p.kind)
	})
}

func plain(s string) string {
	return strings.NewReplacer("å", "a", "ö", "o", "'", "", "-", " ").Replace(strings.ToLower(s))
}

func tokenHolds(e *fhir.Value, asked string) bool {
	system, code, named := strings.Cut(asked, "|")
	if !named {
		system, code = "", asked
	}
	is := func(s, c string) bool { return (code == "" || c == code) && (!named || s == system) }
	switch {
	case e.Kind() != fhir.Object:
		return is("", e.Text())
	case e.Get("coding") != nil:
		return slices.ContainsFunc(e.All("coding"), func(c *fhir.Value) bool { return is(c.StrAt("system"), c.StrAt("code")) })
	case e.Get("value") != nil:
		return is(e.StrAt("system"), e.StrAt("value"))
	case e.Get("code") != nil:
		return is(e.StrAt("system"), e.StrAt("code"))
	}
	return false
}

// reach is a stretch of time; what is not bounded goes as far as can be.
type reach struct{ from, to time.Time }

var (
	ever   = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	always = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	london = func() *time.Location {
		l, err := time.LoadLocation("Europe/London")
		if err != nil {
			panic(err)
		}
		return l
	}()
)

func reachOf(s string) (reach, bool) {
	for _, l := range []struct {
		layout              string
		years, months, days int
		long                time.Duration
	}{{"2006", 1, 0, 0, 0}, {"2006-01", 0, 1, 0, 0}, {"2006-01-02", 0, 0, 1, 0}, {"2006-01-02T15:04", 0, 0, 0, time.Minute}, {"2006-01-02T15:04:05Z07:00", 0, 0, 0, time.Second}} {
		if t, err := time.ParseInLocation(l.layout, s, london); err == nil {
			return reach{t, t.AddDate(l.years, l.months, l.days).Add(l.long)}, true
		}
	}
	return reach{}, false
}

func reachOfElement(e *fhir.Value) (reach, bool) {
	if e.Kind() == fhir.String {
		return reachOf(e.Str())
	}
	start, end := e.StrAt("start"), e.StrAt("end")
	if bounds := e.Path("repeat.boundsPeriod"); bounds != nil {
		start, end = bounds.StrAt("start"), bounds.StrAt("end")
	}
	out := reach{ever, always}
	first, started := reachOf(start)
	last, ended := reachOf(end)
	if started {
		out.from = first.from
	}
	if ended {
		out.to = last.to
	}
	for _, at := range e.All("event") {
		r, ok := reachOf(at.Str())
		if !ok {
			continue
		}
		if !started && !ended {
			out, started = r, true
			continue
		}
		if r.from.Before(out.from) {
			out.from = r.from
		}
		if r.to.After(out.to) {
			out.to = r.to
		}
	}
	return out, started || ended
}

func cutPrefix(asked string) (prefix, rest string) {
	if len(asked) > 2 && slices.Contains([]string{"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"}, asked[:2]) {
		return asked[:2], asked[2:]
	}
	return "eq", asked
}

func dateHolds(e *fhir.Value, asked string) bool {
	prefix, rest := cutPrefix(asked)
	want, ok := reachOf(rest)
	has, dated := reachOfElement(e)
	if !ok || !dated {
		return false
	}
	within := !has.from.Before(want.from) && !has.to.After(want.to)
	switch prefix {
	case "ne":
		return !within
	case "gt":
		return has.to.After(want.to)
	case "lt":
		return has.from.Before(want.from)
	case "ge":
		return has.to.After(want.to) || within
	case "le":
		return has.from.Before(want.from) || within
	case "sa":
		return !has.from.Before(want.to)
	case "eb":
		return !has.to.After(want.from)
	case "ap": // a day either way (docs/spec-clarifications.md)
		return has.from.Before(want.to.AddDate(0, 0, 1)) && has.to.After(want.from.AddDate(0, 0, -1))
	}
	return within
}

// numberHolds compares exactly, as decimals.
func numberHolds(e *fhir.Value, asked string) bool {
	parts := strings.Split(asked, "|")
	prefix, digits := cutPrefix(parts[0])
	unit := e
	var low, high *big.Rat // nil = open
	switch {
	case e.Kind() == fhir.Number:
		low = rat(e.Raw())
		high = low
	case e.Get("value") != nil:
		low = rat(e.Get("value").Raw())
		high = low
	default:
		if l := e.Path("low.value"); l != nil {
			low = rat(l.Raw())
		}
		if h := e.Path("high.value"); h != nil {
			high = rat(h.Raw())
		}
	}
	if len(parts) == 3 && (parts[1] != "" && unit.StrAt("system") != parts[1] || unit.StrAt("code") != parts[2] && unit.StrAt("unit") != parts[2]) {
		return false
	}
	_, frac, _ := strings.Cut(digits, ".")
	half := new(big.Rat).SetFrac(big.NewInt(5), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(frac)+1)), nil))
	number := rat(digits)
	if tenth := new(big.Rat).Mul(new(big.Rat).Abs(number), big.NewRat(1, 10)); prefix == "ap" && tenth.Cmp(half) > 0 {
		half = tenth
	}
	from, to := new(big.Rat).Sub(number, half), new(big.Rat).Add(number, half)
	under := func(limit *big.Rat) bool { return low == nil || low.Cmp(limit) < 0 }
	over := func(limit *big.Rat) bool { return high == nil || high.Cmp(limit) > 0 }
	reaches := func(limit *big.Rat) bool { return high == nil || high.Cmp(limit) >= 0 }
	within := low != nil && high != nil && low.Cmp(from) >= 0 && high.Cmp(to) < 0
	switch prefix {
	case "ne":
		return !within
	case "gt":
		return over(number)
	case "lt":
		return under(number)
	case "ge":
		return reaches(number)
	case "le":
		return low == nil || low.Cmp(number) <= 0
	case "sa":
		return low != nil && low.Cmp(number) > 0
	case "eb":
		return high != nil && high.Cmp(number) < 0
	case "ap":
		return under(to) && reaches(from)
	}
	return within
}

func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return r
}
