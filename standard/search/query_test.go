package search_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/search"
)

func london(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func parse(t testing.TB, typ, query string) (*search.Query, error) {
	t.Helper()
	form, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return search.R4().Parse(typ, form, london(t), false)
}

func resource(t testing.TB, text string) *fhir.Value {
	t.Helper()
	v, err := fhir.ParseObject([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func extractor(t testing.TB) *search.Extractor {
	return search.NewExtractor(search.R4(), search.NewHasher([]byte("0123456789abcdef")), london(t))
}

// matching holds queries against one resource: those that match it, those that
// do not.
type matching struct {
	name     string
	resource string
	yes, no  []string // query strings, not URL-encoded
}

func (m matching) run(t *testing.T) {
	res := resource(t, m.resource)
	x := extractor(t)
	s := search.Subject{Resource: res, ID: res.ID(), Updated: time.Date(2026, 11, 22, 9, 0, 0, 123_456_000, time.UTC)}
	for want, queries := range map[bool][]string{true: m.yes, false: m.no} {
		for _, text := range queries {
			q, err := parse(t, res.Type(), encode(text))
			if err != nil {
				t.Errorf("%s: %s: %v", m.name, text, err)
				continue
			}
			if got := q.Match(s, london(t)); got != want {
				t.Errorf("%s: %s matches: %v", m.name, text, got)
			}
			if why := lost(x, q, res); want && why != "" {
				t.Errorf("%s: %s matches and the index would not find it: %s", m.name, text, why)
			}
		}
	}
}

// encode makes a query string of one that is written as people read it.
func encode(text string) string {
	var out []string
	for _, part := range strings.Split(text, "&") {
		name, v, _ := strings.Cut(part, "=")
		out = append(out, url.QueryEscape(name)+"="+url.QueryEscape(v))
	}
	return strings.Join(out, "&")
}

// lost tells why a look-up would miss a resource that matches: "" when it
// would find it.
func lost(x *search.Extractor, q *search.Query, res *fhir.Value) string {
	return lostIn(x.Lookup(q), x.Extract(res, nil))
}

func lostIn(l search.Lookup, e search.Entries) string {
	if l.IDs != nil {
		return ""
	}
	for _, group := range l.Need {
		if !any(group, e.Tokens) {
			return "no token of a group"
		}
	}
	if l.Pin != nil && l.Pin.Refs != nil && !any(l.Pin.Terms, e.Terms) {
		return "no term of what is referred to"
	}
	if l.Idents != nil && !any(l.Idents, e.Idents) {
		return "no identifier hash"
	}
	if l.Strings != nil && !anyPrefix(l.Strings, e.Strings) {
		return "no string"
	}
	if v := l.Value; v != nil && !any([]uint64{v.Unless}, e.Terms) && (e.Unit != v.Name || e.Value < v.Low || e.Value > v.High) {
		return "not in the range of values"
	}
	if (l.From != 0 && e.Date < l.From || l.To != 0 && e.Date >= l.To) && !any([]uint32{l.Lasting}, e.Tokens) {
		return "not in the range of dates"
	}
	for _, group := range l.Terms {
		if !any(group, e.Terms) {
			return "no term of a group"
		}
	}
	return ""
}

func anyPrefix(wanted, have []search.StringEntry) bool {
	for _, w := range wanted {
		for _, h := range have {
			if h.Param == w.Param && strings.HasPrefix(h.Value, w.Value) {
				return true
			}
		}
	}
	return false
}

func any[T comparable](wanted, have []T) bool {
	for _, w := range wanted {
		for _, h := range have {
			if w == h {
				return true
			}
		}
	}
	return false
}

const hb = `{"resourceType":"Observation","id":"hb","status":"final",
 "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],
 "code":{"coding":[{"system":"http://loinc.org","code":"718-7"},{"system":"http://snomed.info/sct","code":"259695003"},{"code":"HB"}]},
 "subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"},"performer":[{"reference":"Organization/o1"}],
 "identifier":[{"system":"urn:lab|a","value":"a,b|c"},{"system":"urn:concord:source-key","value":"R1K|obs|1"}],
 "effectiveDateTime":"2026-11-01T10:00:00Z","valueQuantity":{"value":5.40,"unit":"mmol","system":"http://unitsofmeasure.org","code":"mmol/L"}}`

func TestTokens(t *testing.T) {
	matching{"observation", hb,
		[]string{"code=718-7", "code=http://loinc.org|718-7", "code=http://snomed.info/sct|259695003", "code=|HB", "code=http://loinc.org|",
			"code=x,718-7", "code=x|y,HB", "code=718-7&status=final", "status=final,amended", "category=laboratory",
			"code:not=x", "status:not=amended,entered-in-error", "code:missing=false", "value-concept:missing=true", "value-concept:not=x",
			`identifier=urn:lab\|a|a\,b\|c`, `identifier=a\,b\|c`, "identifier=urn:concord:source-key|R1K|obs|1"},
		[]string{"code=718", "code=http://loinc.org|HB", "code=|718-7", "code=x|", "status=amended", "code:not=718-7", "code:not=x,HB",
			"code:missing=true", "value-concept:missing=false", "value-concept=x", "code=HB&status=amended", "identifier=a", `identifier=a\,b`, "identifier=urn:lab|a|a"}}.run(t)
	matching{"patient", `{"resourceType":"Patient","id":"p1","active":true,"gender":"female","telecom":[{"system":"phone","value":"020 1"}],
	  "identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"},{"value":"55"}]}`,
		[]string{"active=true", "gender=female", "telecom=phone|020 1", "phone=020 1", "identifier=9990000018", "identifier=https://fhir.nhs.uk/Id/nhs-number|9990000018",
			"identifier=55", "identifier=|55", "identifier=https://fhir.nhs.uk/Id/nhs-number|", "_id=p1", "_id=x,p1", "_id:not=x", "_id:missing=false", "_lastUpdated:missing=false"},
		[]string{"active=false", "gender=male", "email=020 1", "identifier=999000001", "identifier=|9990000018", "identifier=x|55", "_id=x", "_id:not=p1", "_id:missing=true", "_lastUpdated:missing=true"}}.run(t)
}

func TestStrings(t *testing.T) {
	matching{"names", `{"resourceType":"Patient","id":"p1","name":[{"family":"O'Brien-Åström","given":["Zoë","Ngọc Anh"]},{"use":"nickname","text":"王小明"}],
	  "address":[{"line":["1 High St"],"city":"Harrow","postalCode":"HA1 3UJ"}]}`,
		[]string{"family=o'brien", "family=OBRIEN", "family=obrien astrom", "family=O’Brien", "family:exact=O'Brien-Åström", "family:contains=strom", "family:contains=Å",
			"given=zoe", "given=Zoë", "given=ngoc", "given=x,ng", "name=王小", "name=astrom,zo", "address=harrow", "address=HA1", "address-city=HARROW", "family:missing=false", "given:missing=false"},
		[]string{"family=astrom", "family:exact=o'brien-åström", "family:exact=O'Brien", "family:contains=brain", "given=oe", "given=anh", "family:missing=true", "name=小明", "address-city=row",
			"name=-", "name=%00", "name='", "family:contains=%20%20", "given=%2B,--"}}.run(t)
	matching{"a name without letters", `{"resourceType":"Patient","id":"p1","name":[{"family":"---"}]}`,
		[]string{"family:exact=---", "family=---"}, []string{"family:exact=--"}}.run(t)
	matching{"no name", `{"resourceType":"Patient","id":"p1"}`, []string{"family:missing=true"}, []string{"family=a", "family:contains=a", "family:exact=a", "family:missing=false"}}.run(t)
}

func TestReferences(t *testing.T) {
	matching{"observation", hb,
		[]string{"subject=Patient/p1", "subject=p1", "subject:Patient=p1", "patient=p1", "patient=Patient/p1", "encounter=e1", "encounter=Encounter/e1", "performer=o1", "performer=x,Organization/o1", "device:missing=true"},
		[]string{"subject=Group/p1", "subject:Group=p1", "encounter=e", "encounter=e2", "performer=Practitioner/o1", "encounter:missing=true"}}.run(t)
	matching{"elsewhere", `{"resourceType":"Observation","id":"o","status":"final","encounter":{"reference":"http://other.example/fhir/Encounter/e1"},"performer":[{"reference":"urn:uuid:11111111-1111-4111-8111-111111111111"}]}`,
		[]string{"encounter=http://other.example/fhir/Encounter/e1", "performer=urn:uuid:11111111-1111-4111-8111-111111111111"},
		[]string{"encounter=e1", "encounter=Encounter/e1"}}.run(t)
	matching{"canonical", `{"resourceType":"CarePlan","id":"c","status":"active","intent":"plan","subject":{"reference":"Patient/p1"},"instantiatesCanonical":["http://x.example/PlanDefinition/1","urn:oid:1.2.3"],"instantiatesUri":["http://x.example/plan"]}`,
		[]string{"instantiates-canonical=http://x.example/PlanDefinition/1", "instantiates-canonical=urn:oid:1.2.3", "instantiates-uri=http://x.example/plan", "instantiates-uri:below=http://x.example/"},
		[]string{"instantiates-canonical=http://x.example/PlanDefinition/2", "instantiates-uri=http://x.example/", "instantiates-uri=http://x.example/plans"}}.run(t)
}

func TestNumbersAndQuantities(t *testing.T) {
	matching{"quantity", hb,
		[]string{"value-quantity=5.4", "value-quantity=5.40", "value-quantity=5", "value-quantity=54e-1", "value-quantity=gt5.39", "value-quantity=ge5.4", "value-quantity=le5.4", "value-quantity=lt5.41",
			"value-quantity=ne5.5", "value-quantity=ap5", "value-quantity=ap5.9", "value-quantity=5.4|http://unitsofmeasure.org|mmol/L", "value-quantity=5.4||mmol", "value-quantity=5.4||mmol/L",
			"value-quantity=9,5.4", "value-quantity:missing=false"},
		[]string{"value-quantity=5.41", "value-quantity=5.400001", "value-quantity=6", "value-quantity=gt5.4", "value-quantity=lt5.4", "value-quantity=ne5.4", "value-quantity=ap6.1",
			"value-quantity=5.4|http://unitsofmeasure.org|g/L", "value-quantity=5.4|x|mmol/L", "value-quantity=-5.4", "value-quantity:missing=true"}}.run(t)
	matching{"precision", `{"resourceType":"RiskAssessment","id":"r","status":"final","subject":{"reference":"Patient/1"},"prediction":[{"probabilityDecimal":100}]}`,
		[]string{"probability=100", "probability=1e2", "probability=100.00", "probability=gt99", "probability=1.00e2"},
		[]string{"probability=101", "probability=99.4", "probability=99.5", "probability=gt100", "probability=eb100"}}.run(t)
	edge := `{"resourceType":"RiskAssessment","id":"r","status":"final","subject":{"reference":"Patient/1"},"prediction":[{"probabilityDecimal":5.35}]}`
	matching{"the lower end of a precision", edge, []string{"probability=5.4", "probability=5.35", "probability=ap5.35", "probability=ne5.3"}, []string{"probability=ne5.4", "probability=5.3", "probability=5.34"}}.run(t)
	matching{"a tenth", strings.Replace(edge, "5.35", "0.27", 1), []string{"probability=ap0.30", "probability=ap0.300", "probability=0.27"}, []string{"probability=ap0.301"}}.run(t)
}

func TestMistakes(t *testing.T) {
	for query, code := range map[string]string{
		"colour=red": "search.parameter", "code:exact=x": "search.modifier", "date:exact=2026": "search.modifier", "subject:Poem=1": "search.modifier",
		"subject.nome=x": "search.parameter", "code.name=x": "search.parameter", "_has:Observation:patient=1": "search.parameter", "_has:Encounter:patient:class=1": "search.parameter", "_filter=x": "search.parameter",
		"_filter=code eq 1 and": "search.parameter", "_filter=(code eq 1": "search.filter", "_filter=code eq": "search.filter", "_filter=code zz 1": "search.filter", "_filter=date eq tomorrow": "search.value", `_filter=code eq "1`: "search.filter",
		`_text="x`: "search.value", "_text=": "search.value", "_content=OR x": "search.value", "_list=$current-nothing": "search.value", "_list=$current-allergies": "search.value", "_sort=_score": "search.unsupported", "_query=x": "search.unsupported",
		"code-value-quantity=1": "search.value", "code-value-quantity=1$x": "search.value", "code:of-type=1": "search.value", "code:in=http://x": "search.value-set", "code:below=http://x|1": "search.code-system",
		"subject.general-practitioner.subject.x=1": "search.parameter", "_contained=maybe": "search.value",
		"date=yesterday": "search.value", "date=2026-02-30": "search.value", "date=gt": "search.value", "date=": "search.value",
		"value-quantity=much": "search.value", "value-quantity=NaN": "search.value", "value-quantity=1e999": "search.value", "value-quantity=0e99999999999999999999": "search.value",
		"value-quantity=0x10": "search.value", "code:missing=perhaps": "search.value", "code=": "search.value", "code=,": "search.value", "subject=a b": "search.value",
		"_count=x": "search.value", "_count=-1": "search.value", "_total=some": "search.value", "_summary=short": "search.value", "_sort=colour": "search.parameter", "_sort=": "search.parameter",
		"_include=Observation": "search.value", "_include=Observation:code": "search.parameter", "_include=Poem:x": "search.value", "_include:later=Observation:subject": "search.modifier",
		"_include:often=Observation:subject": "search.modifier",
	} {
		_, err := parse(t, "Observation", encode(query))
		if fault.Of(err) == nil || fault.Of(err).Code != code {
			t.Errorf("%s: %v, want %s", query, err, code)
		}
	}
	if _, err := parse(t, "Poem", "a=b"); fault.Of(err).Code != "search.type" {
		t.Errorf("a type that is none: %v", err)
	}
	q, err := search.R4().Parse("Patient", url.Values{"colour": {"red"}, "family": {"a"}}, london(t), true)
	if err != nil || len(q.Ignored) != 1 || q.Ignored[0] != "colour" || len(q.Clauses) != 1 {
		t.Errorf("lenient: %+v %v", q, err)
	}
}

// TestTrailingBackslash: an escape that escapes nothing loses no alternative.
func TestTrailingBackslash(t *testing.T) {
	q, err := parse(t, "Patient", encode(`family=smith,jones\`))
	if err != nil || len(q.Clauses[0].Values) != 2 {
		t.Errorf("%+v %v", q, err)
	}
}

// TestLookup: what the store is asked, cheapest first.
func TestLookup(t *testing.T) {
	x := extractor(t)
	for query, want := range map[string]string{
		"Observation?_id=a,b":                                        "ids terms:1",
		"Observation?patient=p1":                                     "pin terms:1",
		"Observation?patient=p1&code=718-7":                          "pin need:1 terms:2",
		"Observation?patient=p1&code=718-7&status=final,amended":     "pin need:2 terms:3",
		"Observation?patient=p1&code:not=718-7":                      "pin terms:1",
		"Observation?patient=p1&code:missing=false":                  "pin terms:1",
		"Observation?patient=p1&code=http://loinc.org|":              "pin terms:1",
		"Observation?subject=Group/g1":                               "pin terms:1",
		"Observation?subject=Patient/p1":                             "pin terms:1",
		"Observation?encounter=Encounter/e1":                         "pin need:1 terms:1",
		"Observation?identifier=urn:x|1":                             "idents terms:1",
		"Observation?identifier=1":                                   "terms:1",
		"Observation?code=718-7":                                     "need:1 terms:2",
		"Observation?date=2026-11-25":                                "terms:2",
		"Observation?date=ge2026-11-01&date=lt2026-12-01":            "terms:2",
		"Observation?date=lt2026":                                    "terms:1",
		"Observation?code=http://loinc.org|718-7&value-quantity=gt5": "need:2 value terms:3",
		"Observation?code-value-quantity=http://loinc.org|718-7$gt5": "need:2 value terms:3",
		"Observation?_filter=code eq 718-7 and status eq final":      "need:2 terms:3",
		"Observation?_filter=code eq 718-7 or status eq final":       "terms:1",
		"Patient?identifier=1":                                       "idents terms:1",
		"Patient?birthdate=1948-03-14":                               "idents terms:1",
		"Patient?birthdate=1948":                                     "terms:1",
		"Patient?birthdate=2026-03-29":                               "idents terms:1", // a day of 23 hours
		"Patient?birthdate=2026-10-25":                               "idents terms:1", // a day of 25 hours
		"Patient?family=smith":                                       "strings terms:1",
		"Patient?name=smith":                                         "strings terms:1",
		"Patient?address-city=harrow":                                "strings terms:1",
		"Patient?family:exact=Smith":                                 "strings terms:1",
		"Patient?family:contains=mit":                                "terms:1",
		"Patient?family=smith&birthdate=1948-03-14":                  "idents strings terms:1",
		"Patient?general-practitioner=Practitioner/1":                "need:1 terms:2",
		"Encounter?patient=p1&service-provider=Organization/o":       "pin need:1 terms:2",
		"ValueSet?url=http://x":                                      "idents terms:1",
	} {
		typ, text, _ := strings.Cut(query, "?")
		q, err := parse(t, typ, encode(text))
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if got := planText(x.Lookup(q)); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func planText(l search.Lookup) string {
	var out []string
	for name, there := range map[string]bool{"1ids": l.IDs != nil, "2pin": l.Pin != nil, "3idents": l.Idents != nil, "4strings": l.Strings != nil, "7value": l.Value != nil} {
		if there {
			out = append(out, name)
		}
	}
	if n := len(l.Need); n > 0 {
		out = append(out, "6need:"+string(rune('0'+n)))
	}
	out = append(out, "8terms:"+string(rune('0'+len(l.Terms))))
	sortText(out)
	for i := range out {
		out[i] = out[i][1:]
	}
	return strings.Join(out, " ")
}
