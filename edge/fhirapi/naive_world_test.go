package fhirapi_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"concord/standard/fhir"
)

// world is made-up data, as it was sent, by reference.
type world struct {
	rng  *rand.Rand
	all  map[string]*fhir.Value
	refs []string // in order
}

func (w *world) of(typ string) []string {
	var out []string
	for _, ref := range w.refs {
		if strings.HasPrefix(ref, typ+"/") {
			out = append(out, ref)
		}
	}
	return out
}

func (w *world) pick(list ...string) string { return list[w.rng.IntN(len(list))] }

func (w *world) maybe() bool { return w.rng.IntN(3) > 0 }

// What values there are: few, so that queries find something, and on the edges of each
// other.
var (
	someCodes  = []string{"http://x.example/a|one", "http://x.example/a|two", "http://x.example/b|one", "|one", "http://x.example/b|three"}
	partCodes  = []string{"http://x.example/c|one", "http://x.example/c|two", "http://x.example/d|one"} // of components: obs-7 has them other than the code
	someDates  = []string{"2026", "2026-03", "2026-03-29", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00+01:00", "2026-04-01", "2025-12-31T23:59:59Z", "2027", "2025-12-31", "2026-03-30T10:00:00Z"}
	someValues = []string{"5.35", "5.4", "5.40", "5.45", "100", "99.5", "100.5", "0", "-5.4", "0.8", "1", "110", "90", "0.75", "5.349", "200"}
	someUnits  = []string{"http://unitsofmeasure.org|mmol/L", "http://unitsofmeasure.org|mg/dL", "|mmol/L"}
	someNames  = []string{"Okonkwo", "O'Brien", "Smith-Jones", "Åström", "Okon", "smith"}
)

func (w *world) concept() string { return w.conceptOf(someCodes) }

func (w *world) conceptOf(codes []string) string {
	var codings []string
	for range 1 + w.rng.IntN(2) {
		codings = append(codings, coding(w.pick(codes...)))
	}
	return `{"coding":[` + strings.Join(codings, ",") + `]}`
}

func coding(c string) string {
	system, code, _ := strings.Cut(c, "|")
	if system == "" {
		return `{"code":"` + code + `"}`
	}
	return `{"system":"` + system + `","code":"` + code + `"}`
}

func (w *world) quantity() string {
	system, code, _ := strings.Cut(w.pick(someUnits...), "|")
	if system == "" {
		return `{"value":` + w.pick(someValues...) + `,"unit":"` + code + `"}`
	}
	return `{"value":` + w.pick(someValues...) + `,"system":"` + system + `","code":"` + code + `"}`
}

// period has ends that may be open, and in order.
func (w *world) period() string {
	dates := []string{"2024", "2025-06", "2026-01-01", "2026-03-29T00:30:00Z", "2026-03-30", "2026-12", "2028"}
	i, j := w.rng.IntN(len(dates)), w.rng.IntN(len(dates))
	if i > j {
		i, j = j, i
	}
	switch w.rng.IntN(4) {
	case 0:
		return `{"start":"` + dates[i] + `"}`
	case 1:
		return `{"end":"` + dates[j] + `"}`
	}
	return `{"start":"` + dates[i] + `","end":"` + dates[j] + `"}`
}

func (w *world) timing() string {
	if w.maybe() {
		return `{"repeat":{"boundsPeriod":` + w.period() + `}}`
	}
	return `{"event":["` + w.pick(someDates...) + `","` + w.pick(someDates...) + `"]}`
}

func (w *world) to(typ string, n int) string {
	return fmt.Sprintf(`{"reference":"%s/%s%d"}`, typ, short(typ), w.rng.IntN(n))
}

func short(typ string) string { return strings.ToLower(typ[:2]) + "-" }

// sizes: how many there are of each type, in the order in which they are written.
var sizes = []struct {
	typ string
	n   int
}{{"Organization", 6}, {"Patient", 8}, {"Encounter", 14}, {"Observation", 40}, {"RiskAssessment", 14}, {"CarePlan", 10}}

func newWorld(seed uint64) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 7)), all: map[string]*fhir.Value{}}
	for _, s := range sizes {
		for i := range s.n {
			id := fmt.Sprintf("%s%d", short(s.typ), i)
			text := `{"resourceType":"` + s.typ + `","id":"` + id + `",` + strings.Join(w.members(s.typ), ",") + `}`
			v, err := fhir.ParseObject([]byte(text))
			if err != nil {
				panic(text + err.Error())
			}
			w.all[s.typ+"/"+id] = v
			w.refs = append(w.refs, s.typ+"/"+id)
		}
	}
	return w
}

func (w *world) members(typ string) (out []string) {
	add := func(name, v string) { out = append(out, `"`+name+`":`+v) }
	some := func(name string, make func() string) {
		if w.maybe() {
			add(name, make())
		}
	}
	many := func(make func() string) func() string {
		return func() string {
			list := []string{make()}
			if w.maybe() {
				list = append(list, make())
			}
			return "[" + strings.Join(slices.Compact(list), ",") + "]"
		}
	}
	quoted := func(list ...string) func() string { return func() string { return `"` + w.pick(list...) + `"` } }
	to := func(typ string, n int) func() string { return func() string { return w.to(typ, n) } }
	switch typ {
	case "Organization":
		add("name", `"`+w.pick(someNames...)+`"`)
		some("alias", many(quoted(someNames...)))
		some("partOf", to("Organization", 6))
		some("active", func() string { return w.pick("true", "false") })
		some("address", many(func() string { return `{"city":"` + w.pick("London", "Leeds") + `"}` }))
	case "Patient":
		some("name", many(func() string {
			return `{"family":"` + w.pick(someNames...) + `","given":["` + w.pick(someNames...) + `"]}`
		}))
		some("gender", quoted("male", "female"))
		some("birthDate", quoted("1948-03-14", "1948", "1950-06"))
		some("managingOrganization", to("Organization", 6))
		some("generalPractitioner", many(to("Organization", 6)))
	case "Encounter":
		add("status", `"`+w.pick("finished", "in-progress")+`"`)
		add("class", coding(w.pick(someCodes...)))
		some("type", many(w.concept))
		some("period", w.period)
		some("length", w.quantity)
		some("subject", to("Patient", 8))
		some("partOf", to("Encounter", 14))
		some("serviceProvider", to("Organization", 6))
	case "Observation":
		add("status", `"`+w.pick("final", "amended")+`"`)
		add("code", w.concept())
		some("category", many(w.concept))
		some("subject", to("Patient", 8))
		some("encounter", to("Encounter", 14))
		some("performer", many(func() string { return w.pick(w.to("Organization", 6), w.to("Patient", 8)) }))
		some("hasMember", many(to("Observation", 40)))
		switch w.rng.IntN(5) {
		case 0, 1:
			add("effectiveDateTime", `"`+w.pick(someDates...)+`"`)
		case 2:
			add("effectivePeriod", w.period())
		case 3:
			add("effectiveTiming", w.timing())
		}
		switch w.rng.IntN(4) {
		case 0, 1:
			add("valueQuantity", w.quantity())
		case 2:
			add("valueCodeableConcept", w.concept())
		}
		some("component", many(func() string {
			if w.maybe() {
				return `{"code":` + w.conceptOf(partCodes) + `,"valueQuantity":` + w.quantity() + `}`
			}
			return `{"code":` + w.conceptOf(partCodes) + `}`
		}))
	case "RiskAssessment":
		add("status", `"final"`)
		add("subject", w.to("Patient", 8))
		some("occurrenceDateTime", quoted(someDates...))
		some("prediction", many(func() string {
			if w.maybe() {
				return `{"probabilityDecimal":` + w.pick("0.8", "0.75", "0.85", "1", "90", "99.5") + `}`
			}
			return `{"probabilityRange":{"low":{"value":` + w.pick("0.7", "0.75") + `,"system":"http://unitsofmeasure.org","code":"%"},"high":{"value":` + w.pick("0.8", "0.85") + `,"system":"http://unitsofmeasure.org","code":"%"}}}`
		}))
	case "CarePlan":
		add("status", `"active"`)
		add("intent", `"plan"`)
		add("subject", w.to("Patient", 8))
		some("period", w.period)
		some("category", many(w.concept))
		some("activity", many(func() string {
			if w.maybe() {
				return `{"detail":{"status":"scheduled","scheduledTiming":` + w.timing() + `}}`
			}
			return `{"detail":{"status":"scheduled","scheduledPeriod":` + w.period() + `}}`
		}))
	}
	return out
}
