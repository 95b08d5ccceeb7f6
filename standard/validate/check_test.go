package validate_test

import (
	"strings"
	"testing"

	"concord/standard/fhir"
	"concord/standard/validate"
)

func parse(t testing.TB, text string) *fhir.Value {
	t.Helper()
	v, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// found writes the issues as "rule expression", separated by commas.
func found(v *fhir.Value) string {
	var out []string
	for _, is := range validate.Base().Check(v) {
		out = append(out, is.Detail+" "+is.Expression)
	}
	return strings.Join(out, ", ")
}

const quantity = `{"value":1.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}`

func TestCheck(t *testing.T) {
	for _, c := range []struct{ name, resource, want string }{
		{"nothing wrong", observation, ""},
		{"only a type", `{"resourceType":"Patient"}`, ""},
		{"no object", `[1]`, "type Resource"},
		{"no type", `{"id":"a"}`, "resource-type Resource"},
		{"type of another kind", `{"resourceType":7}`, "resource-type Resource"},
		{"unknown type", `{"resourceType":"Doctor"}`, "resource-type Resource"},
		{"abstract type", `{"resourceType":"DomainResource"}`, "resource-type Resource"},
		{"data type", `{"resourceType":"HumanName"}`, "resource-type Resource"},
		{"id with an underscore", `{"resourceType":"Patient","id":"a_b"}`, "primitive Patient.id"},
		{"id too long", `{"resourceType":"Patient","id":"` + strings.Repeat("a", 65) + `"}`, "primitive Patient.id"},
		{"companion of the id", `{"resourceType":"Patient","_id":{"id":"a"}}`, "unknown-element Patient._id"},

		{"unknown element", `{"resourceType":"Patient","nickname":"x"}`, "unknown-element Patient.nickname"},
		{"unknown element that is no name", `{"resourceType":"Patient","Jane Doe":"x"}`, "unknown-element Patient"},
		{"unknown deep element", `{"resourceType":"Patient","contact":[{"name":{"given":["a"],"middle":"b"}}]}`, "unknown-element Patient.contact[0].name.middle"},
		{"choice without type", `{"resourceType":"Patient","deceased":true}`, "unknown-element Patient.deceased"},
		{"choice of a type it has not", `{"resourceType":"Patient","deceasedString":"no"}`, "unknown-element Patient.deceasedString"},
		{"companion of an object", `{"resourceType":"Patient","_maritalStatus":{"id":"a"}}`, "unknown-element Patient._maritalStatus"},
		{"resourceType inside an element", `{"resourceType":"Patient","name":[{"resourceType":"HumanName","family":"x"}]}`, "unknown-element Patient.name[0].resourceType"},

		{"required", `{"resourceType":"Observation","status":"final"}`, "required Observation.code"},
		{"required deep", `{"resourceType":"Patient","link":[{"type":"refer"}]}`, "required Patient.link[0].other"},
		{"required choice", `{"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"reference":"Patient/1"}}`, "required MedicationRequest.medication"},
		{"required, with a reason for its absence", `{"resourceType":"Observation","_status":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]},"code":{"text":"x"}}`, ""},

		{"array for one", `{"resourceType":"Patient","birthDate":["2001"]}`, "cardinality Patient.birthDate"},
		{"one for array", `{"resourceType":"Patient","name":{"family":"x"}}`, "cardinality Patient.name"},
		{"string for object", `{"resourceType":"Patient","name":["x"]}`, "type Patient.name[0]"},
		{"object for string", `{"resourceType":"Patient","gender":{"code":"male"}}`, "type Patient.gender"},
		{"string for boolean", `{"resourceType":"Patient","active":"true"}`, "type Patient.active"},
		{"string for number", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":"1.5"}}`, "type Observation.value.ofType(Quantity).value"},
		{"number for string", `{"resourceType":"Patient","name":[{"family":7}]}`, "type Patient.name[0].family"},
		{"null", `{"resourceType":"Patient","active":null}`, "type Patient.active"},
		{"null in an array of objects", `{"resourceType":"Patient","name":[null]}`, "type Patient.name[0]"},

		{"empty array", `{"resourceType":"Patient","name":[]}`, "empty Patient.name"},
		{"empty object", `{"resourceType":"Patient","name":[{}]}`, "empty Patient.name[0]"},
		{"only an id", `{"resourceType":"Patient","name":[{"id":"n1"}]}`, "empty Patient.name[0]"},
		{"empty string", `{"resourceType":"Patient","name":[{"family":""}]}`, "empty Patient.name[0].family"},
		{"empty companion", `{"resourceType":"Patient","_active":{}}`, "empty Patient.active"},
		{"companion with only an id", `{"resourceType":"Patient","_active":{"id":"a"}}`, "empty Patient.active"},
		{"value and id", `{"resourceType":"Patient","active":true,"_active":{"id":"a"}}`, ""},

		{"two types of a choice", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueString":"x","valueQuantity":` + quantity + `}`, "choice Observation.value"},
		{"choice with its companion", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueString":"x","_valueString":{"id":"v"}}`, ""},
		{"choice with another's companion", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueString":"x","_valueTime":{"extension":[{"url":"http://x.example/e","valueCode":"a"}]}}`, "choice Observation.value"},

		{"nulls in both arrays", `{"resourceType":"Patient","name":[{"given":["a",null],"_given":[null,{"extension":[{"url":"http://x.example/e","valueCode":"b"}]}]}]}`, ""},
		{"null without companion", `{"resourceType":"Patient","name":[{"given":["a",null]}]}`, "type Patient.name[0].given[1]"},
		{"both null", `{"resourceType":"Patient","name":[{"given":["a",null],"_given":[null,null]}]}`, "type Patient.name[0].given[1], type Patient.name[0].given[1]"},
		{"companion of a choice", `{"resourceType":"Patient","deceasedBoolean":true,"_deceasedBoolean":{"id":"a b"}}`, ""},
		{"extension of a primitive", `{"resourceType":"Patient","birthDate":"2001-02-03","_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"2001-02-03T04:05"}]}}`, "primitive Patient.birthDate.extension[0].value.ofType(dateTime)"},

		{"extension without url", `{"resourceType":"Patient","extension":[{"valueString":"x"}]}`, "required Patient.extension[0].url"},
		{"extension with a relative url", `{"resourceType":"Patient","extension":[{"url":"colour","valueString":"x"}]}`, "primitive Patient.extension[0].url"},
		{"relative url inside an extension", `{"resourceType":"Patient","extension":[{"url":"http://x.example/e","extension":[{"url":"colour","valueString":"x"}]}]}`, ""},

		{"code", `{"resourceType":"Patient","gender":"Male"}`, "code Patient.gender"},
		{"required CodeableConcept", `{"resourceType":"Condition","subject":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"ongoing"}]}}`, "code Condition.clinicalStatus"},
		{"required CodeableConcept of text", `{"resourceType":"Condition","subject":{"reference":"Patient/1"},"clinicalStatus":{"text":"active"}}`, "code Condition.clinicalStatus"},
		{"required CodeableConcept with a second coding", `{"resourceType":"Condition","subject":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"http://x.example","code":"A"},{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}`, ""},

		{"reference to another type", `{"resourceType":"Patient","generalPractitioner":[{"reference":"Organization/1"}],"managingOrganization":{"reference":"Patient/2"}}`, "reference-type Patient.managingOrganization"},
		{"absolute reference to another type", `{"resourceType":"Patient","managingOrganization":{"reference":"https://x.example/fhir/Patient/2/_history/1"}}`, "reference-type Patient.managingOrganization"},
		{"reference to no type", `{"resourceType":"Patient","managingOrganization":{"reference":"Hospital/2"}}`, "reference-type Patient.managingOrganization"},
		{"reference by identifier", `{"resourceType":"Patient","managingOrganization":{"type":"Practitioner","identifier":{"value":"x"}}}`, "reference-type Patient.managingOrganization"},
		{"two types in a reference", `{"resourceType":"Basic","code":{"text":"x"},"subject":{"type":"Device","reference":"Patient/1"}}`, "reference-type Basic.subject"},
		{"reference of any form", `{"resourceType":"Patient","managingOrganization":{"reference":"urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"}}`, ""},
		{"contained of another type", `{"resourceType":"Patient","contained":[{"resourceType":"Patient","id":"o"}],"managingOrganization":{"reference":"#o"}}`, "reference-type Patient.managingOrganization"},
		{"contained", `{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"x","telecom":[{"value":"1","system":"pigeon"}]}],"managingOrganization":{"reference":"#o"}}`, "code Patient.contained[0].telecom[0].system"},
		{"inside a bundle", `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","active":1}}]}`, "type Bundle.entry[0].resource.active"},
		{"contained in a bundle", `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","contained":[{"resourceType":"Device","id":"d"}],"managingOrganization":{"reference":"#d"}}}]}`, "reference-type Bundle.entry[0].resource.managingOrganization"},
		{"no resource in an entry", `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"active":1}}]}`, "resource-type Bundle.entry[0].resource"},

		{"several", `{"resourceType":"Patient","active":1,"birthDate":"2001-13-01","x":1}`, "type Patient.active, primitive Patient.birthDate, unknown-element Patient.x"},
	} {
		if got := found(parse(t, c.resource)); got != c.want {
			t.Errorf("%s: found %q, not %q", c.name, got, c.want)
		}
	}
}

func TestIssuesAreBounded(t *testing.T) {
	v := parse(t, `{"resourceType":"Patient","name":[`+strings.Repeat(`{"x":1},`, 5000)+`{"y":1}]}`)
	if n := len(validate.Base().Check(v)); n != validate.MaxIssues {
		t.Errorf("%d issues, not %d", n, validate.MaxIssues)
	}
}

// A Value that was built, not parsed, may nest deeper than any document.
func TestDepthIsBounded(t *testing.T) {
	ext := fhir.Obj("url", "http://x.example/e", "valueString", "x")
	for range 300 {
		ext = fhir.Obj("url", "http://x.example/e", "extension", fhir.Arr(ext))
	}
	got := found(fhir.Obj("resourceType", "Patient", "extension", fhir.Arr(ext)))
	if !strings.HasPrefix(got, validate.RuleDepth+" Patient.extension[0].extension[0]") || strings.Contains(got, ",") {
		t.Errorf("found %.200s", got)
	}
}

func TestNoValueInIssues(t *testing.T) {
	v := parse(t, `{"resourceType":"Patient","gender":"SECRET","birthDate":"SECRET","SECRET 1":1,"name":["SECRET"],
		"managingOrganization":{"reference":"Secret/SECRET"},"text":{"status":"SECRET","div":"<SECRET/>"},"deceasedDateTime":"SECRET"}`)
	issues := validate.Base().Check(v)
	if len(issues) != 8 {
		t.Errorf("%d issues, not 8: %v", len(issues), issues)
	}
	for _, is := range issues {
		if strings.Contains(strings.ToUpper(is.Text+is.Expression), "SECRET") {
			t.Errorf("an issue repeats a value: %+v", is)
		}
		if is.Severity != "error" || is.Code == "" || is.Detail == "" || is.Text == "" {
			t.Errorf("an issue is incomplete: %+v", is)
		}
	}
}

// TestNoValueInAdvice: nor does Validate, but for URLs of definitions.
func TestNoValueInAdvice(t *testing.T) {
	v := parse(t, `{"resourceType":"Patient","meta":{"profile":["SECRET ONE"]},"extension":[{"url":"SECRET TWO:x"},{"url":"urn:uuid:SECRET"}],
		"maritalStatus":{"coding":[{"system":"SECRET","code":"SECRET","display":"SECRET"}]},"photo":[{"data":"SECRET","size":3}]}`)
	issues := validate.Base().Validate(v, validate.Options{Profiles: []string{"http://hl7.org/fhir/StructureDefinition/Patient"}, Mode: validate.ModeUpdate})
	if len(issues) < 6 {
		t.Errorf("%d issues: %v", len(issues), issues)
	}
	for _, is := range issues {
		if strings.Contains(strings.ReplaceAll(is.Text, "urn:uuid:SECRET", ""), "SECRET") || strings.Contains(is.Expression, "SECRET") {
			t.Errorf("an issue repeats a value: %+v", is)
		}
	}
}

func TestValidResourceCostsNoAllocation(t *testing.T) {
	v, base := parse(t, observation), validate.Base()
	if n := testing.AllocsPerRun(100, func() { base.Check(v) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(observation))
	for _, seed := range []string{
		`{"resourceType":"Patient","name":[{"given":["a",null],"_given":[null,{"id":"x"}]}],"_active":{},"deceasedBoolean":[[]]}`,
		`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","contained":[{}],"managingOrganization":{"reference":"#"}}}]}`,
		`{"resourceType":"Basic","text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">&#x20;<!-- --><p title='a'>x</p></div>"}}`,
		`{"resourceType":"Parameters","parameter":[{"name":"\u0001","valueInstant":"2024-02-30T00:00:00Z"}]}`,
		`{"":{},"_":1,"__x":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := fhir.Parse(b)
		if err != nil {
			return
		}
		for _, is := range validate.Base().Check(v) {
			if is.Detail == "" || is.Code == "" || is.Expression == "" {
				t.Errorf("an issue is incomplete: %+v", is)
			}
		}
	})
}
