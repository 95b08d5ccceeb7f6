package fhirpath_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

const patient = `{"resourceType":"Patient","id":"p","extension":[{"url":"http://x.example/b","valueBoolean":true}],
	"contained":[{"resourceType":"Organization","id":"o","name":"Org"}],
	"name":[{"use":"official","family":"Peach","given":["Ann",null,"May"],"_given":[null,{"extension":[{"url":"http://x.example/e","valueCode":"m"}]},{"id":"g3"}]},{"use":"old","family":"Plum"}],
	"gender":"female","birthDate":"1980-02-29","_birthDate":{"id":"b","extension":[{"url":"http://x.example/t","valueTime":"10:20:30"}]},
	"_deceasedBoolean":{"extension":[{"url":"http://x.example/why","valueString":"unknown"}]},
	"multipleBirthInteger":2,"managingOrganization":{"reference":"#o"},"generalPractitioner":[{"reference":"Practitioner/9"}]}`

const observation = `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"a"}]},
	"effectivePeriod":{"start":"2020-01-01","end":"2020-01-01T10:00:00Z"},
	"valueQuantity":{"value":1.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"},
	"component":[{"code":{"text":"x"},"valueString":"s"},{"code":{"text":"y"},"valueInteger":7}]}`

func parse(t testing.TB, text string) *fhir.Value {
	t.Helper()
	v, err := fhir.ParseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var noon = time.Date(2024, 2, 29, 12, 30, 15, 250e6, time.UTC)

// eval gives the result as "type text" separated by bars.
func eval(t testing.TB, src string, focus *fhir.Value) string {
	t.Helper()
	e, err := fhirpath.Compile(src)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	got, err := e.Eval(&fhirpath.Env{Now: noon}, fhirpath.Resource(focus))
	if err != nil {
		return fault.Of(err).Code
	}
	return strings.Join(texts(got), " | ")
}

func TestElements(t *testing.T) {
	p, o := parse(t, patient), parse(t, observation)
	for _, c := range []struct {
		focus     *fhir.Value
		src, want string
	}{
		{p, "name.given", "FHIR.string Ann | FHIR.string  | FHIR.string May"},
		{p, "name.given.where(hasValue())", "FHIR.string Ann | FHIR.string May"},
		{p, "name.given[1].extension.value", "FHIR.code m"},
		{p, "name.given.id", "FHIR.string g3"},
		{p, "birthDate.extension('http://x.example/t').value", "FHIR.time 10:20:30"},
		{p, "birthDate.id", "FHIR.string b"},
		{p, "deceased.exists()", "System.Boolean true"},
		{p, "deceased.hasValue()", "System.Boolean false"},
		{p, "deceased.extension.value", "FHIR.string unknown"},
		{p, "deceased is boolean", "System.Boolean true"},
		{p, "multipleBirth", "FHIR.integer 2"},
		{p, "multipleBirth + 1", "System.Integer 3"},
		{p, "multipleBirthInteger", ""},
		{p, "birthDate.getValue()", "System.Date 1980-02-29"},
		{p, "birthDate.children().count()", "System.Integer 2"},
		{p, "name[0].children().count()", "System.Integer 5"},
		{p, "children().count()", "System.Integer 11"},
		{p, "contained.children()", "FHIR.id o | FHIR.string Org"},
		{p, "contained.type().name", "System.String Organization"},
		{p, "contained is DomainResource", "System.Boolean true"},
		{p, "name.first() is Element", "System.Boolean true"},
		{p, "managingOrganization.resolve().name", "FHIR.string Org"},
		{p, "generalPractitioner.resolve()", ""},
		{p, "Resource.id", "FHIR.id p"},
		{p, "Observation.id", ""},
		{p, "nothing.nowhere", ""},
		{o, "value.value", "FHIR.decimal 1.50"},
		{o, "component.value", "FHIR.string s | FHIR.integer 7"},
		{o, "component.value.ofType(integer)", "FHIR.integer 7"},
		{o, "component.value as integer", "fhirpath.singleton"},
		{o, "effective.start <= effective.end", ""},
		{o, "component[0].type().name", "System.String BackboneElement"},
		{o, "value > 1400 'g'", "System.Boolean true"},
		{o, "value + 500 'g'", "System.Quantity 2.00 'kg'"},
		{o, "value * 2", "System.Quantity 3.00 'kg'"},
		{o, "(value | 1500 'g').count()", "System.Integer 1"},
		{o, "descendants().where($this is code)", "FHIR.code final | FHIR.code kg | FHIR.code a"},
	} {
		if got := eval(t, c.src, c.focus); got != c.want {
			t.Errorf("%s: %s, not %s", c.src, got, c.want)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct{ src, code, at string }{
		{"", "fhirpath.syntax", "offset 0"},
		{"1 +", "fhirpath.syntax", "offset 3"},
		{"name.", "fhirpath.syntax", "offset 5"},
		{"(1", "fhirpath.syntax", "offset 2"},
		{"1)", "fhirpath.syntax", "offset 1"},
		{"'a", "fhirpath.syntax", "offset 0"},
		{"'\\u12'", "fhirpath.syntax", "offset 1"},
		{"a ? b", "fhirpath.syntax", "offset 2"},
		{"@", "fhirpath.syntax", "offset 0"},
		{"@2014-02-30", "fhirpath.syntax", "offset 0"},
		{"@2020-13", "fhirpath.syntax", "offset 0"},
		{"$that", "fhirpath.syntax", "offset 0"},
		{"%1", "fhirpath.syntax", "offset 1"},
		{"a is 1", "fhirpath.syntax", "offset 5"},
		{"/* a", "fhirpath.syntax", "offset 0"},
		{"a.foo()", "fhirpath.function", "offset 2"},
		{"a.skip()", "fhirpath.function", "offset 2"},
		{"a.first(1)", "fhirpath.function", "offset 2"},
		{"where()", "fhirpath.function", "offset 0"},
		{strings.Repeat("(", 500), "fhirpath.syntax", "offset 120"},
		{strings.Repeat("- ", 500) + "1", "fhirpath.syntax", "offset 240"},
		{strings.Repeat("a.", 40_000) + "a", "fhirpath.syntax", "offset 65536"},
	} {
		_, err := fhirpath.Compile(c.src)
		if f := fault.Of(err); f == nil || f.Kind != fault.Invalid || f.Code != c.code || f.At != c.at {
			t.Errorf("%.40s: %v, not %s at %s", c.src, err, c.code, c.at)
		}
	}
}

// TestCompileOnce: what stands inside is compiled once, however deep.
func TestCompileOnce(t *testing.T) {
	for _, c := range [][2]string{{"1 in (2 | ", ")"}, {"(2 | 3) contains (", ")"}, {"name.sort(-", ")"}, {"iif(a, ", ")"}} {
		src := strings.Repeat(c[0], 30) + "1" + strings.Repeat(c[1], 30)
		if _, err := fhirpath.Compile(src); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct{ typ, src, at string }{
		{"Patient", "name.given", ""},
		{"Patient", "name.first().given.where($this.length() > 1)", ""},
		{"Patient", "contained.name", ""},
		{"Patient", "name.given1", "offset 5"},
		{"Patient", "deceasedBoolean", "offset 0"},
		{"Patient", "name.where(colour = 'red')", "offset 11"},
		{"Patient", "name.select(given).family", "offset 19"},
		{"Patient", "descendants()[0]", "offset 13"},
		{"Patient", "iif(1, 2, 3)", "offset 0"},
		{"Patient.contact", "relationship.coding.code", ""},
		{"Patient.contact", "birthDate", "offset 0"},
		{"Observation", "value.as(Period).unit", "offset 17"},
		{"Observation", "component.value.unit", ""},
		{"Nonsense", "whatever", ""},
	} {
		err := fhirpath.MustCompile(c.src).Check(c.typ)
		switch f := fault.Of(err); {
		case c.at == "" && err != nil:
			t.Errorf("%s: %v", c.src, err)
		case c.at != "" && (f == nil || f.Code != "fhirpath.semantic" || f.At != c.at):
			t.Errorf("%s: %v, not at %s", c.src, err, c.at)
		}
	}
}

// TestCheckR4Invariants: the types find no fault with R4's own invariants, but
// for cid-0, which asks a ChargeItemDefinition for a name that it does not have.
func TestCheckR4Invariants(t *testing.T) {
	for path, rules := range r4Invariants(t) {
		for _, r := range rules {
			if err := r.expr.Check(path); err != nil && r.key != "cid-0" {
				t.Errorf("%s on %s: %v", r.key, path, err)
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	p := parse(t, patient)
	e := fhirpath.MustCompile("name.where(use = 'official').given.first() & descendants().count().toString()")
	want := eval(t, e.String(), p)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				got, err := e.Eval(nil, fhirpath.Resource(p))
				if s := strings.Join(texts(got), " | "); err != nil || s != want {
					t.Errorf("%s, %v, not %s", s, err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}
