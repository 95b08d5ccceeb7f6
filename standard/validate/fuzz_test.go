package validate_test

import (
	"testing"
	"testing/fstest"

	"concord/standard/fhir"
	"concord/standard/validate"
)

// FuzzValidate holds any JSON against a profile that uses every means.
func FuzzValidate(f *testing.F) {
	v := guide(f, map[string]string{
		"patient " + core + "Patient Patient": elements(`
			Patient "constraint":[{"key":"x-1","severity":"error","human":"x","expression":"descendants().count() < 100"}]
			Patient.identifier "slicing":{"discriminator":[{"type":"value","path":"system"},{"type":"exists","path":"period.start"}],"rules":"closed"}
			Patient.identifier:nhs "min":1,"patternIdentifier":{"system":"http://x.example/nhs"}
			Patient.identifier:nhs.period.start "min":1
			Patient.name.given "maxLength":3
			Patient.deceased[x] "type":[{"code":"dateTime"}],"minValueDateTime":"2000"
			Patient.contained "type":[{"code":"Patient","profile":["http://x.example/patient"]}]
			Patient.generalPractitioner "slicing":{"discriminator":[{"type":"profile","path":"resolve()"}],"rules":"open"}
			Patient.generalPractitioner:p "type":[{"code":"Reference","targetProfile":["http://x.example/patient"]}]
			Patient.maritalStatus "binding":{"strength":"required","valueSet":"http://hl7.org/fhir/ValueSet/marital-status"}`),
	})
	for _, seed := range []string{
		observation, `{"resourceType":"Patient"}`,
		`{"resourceType":"Patient","contained":[{"resourceType":"Patient","id":"a","generalPractitioner":[{"reference":"#"}]}],"generalPractitioner":[{"reference":"#a"},{"reference":"#"}]}`,
		`{"resourceType":"Patient","identifier":[{"system":"http://x.example/nhs","_value":{"extension":[{"url":"http://x.example/e","valueCode":"a"}]},"period":{"start":"2020"}}],"deceasedDateTime":"1999-01-01","maritalStatus":{"coding":[{"code":"M"}]}}`,
		`{"resourceType":"Bundle","type":"document","entry":[{"fullUrl":"http://x.example/Patient/1","resource":{"resourceType":"Patient","id":"2","meta":{"profile":["http://x.example/patient","x"]}}}]}`,
		`{"resourceType":"Patient","_name":[null],"name":[{"_given":[{"id":"a"}],"given":[null]}],"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-nationality","extension":[{"url":"code"}]}]}`,
		`{"resourceType":"Patient","meta":{"profile":[1,null,{}]},"contained":{"a":1},"identifier":[[{}]]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := fhir.Parse(b)
		if err != nil {
			return
		}
		issues := v.Validate(r, validate.Options{Profiles: []string{"http://x.example/patient"}})
		for _, is := range issues {
			if is.Severity == "" || is.Detail == "" || is.Code == "" || is.Expression == "" || is.Text == "" {
				t.Errorf("an issue is incomplete: %+v", is)
			}
		}
		if len(issues) > validate.MaxIssues {
			t.Errorf("%d issues", len(issues))
		}
	})
}

// FuzzLoad takes any file for a guide, and uses every profile that comes of it.
func FuzzLoad(f *testing.F) {
	head := `{"resourceType":"StructureDefinition","url":"http://x.example/p","type":"Patient","derivation":"constraint","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","differential":{"element":[`
	for _, seed := range []string{
		head + elements(`
			Patient.name:a/b.given "min":1,"max":"x"
			Patient.name:a "fixedHumanName":{"family":"x"}
			Patient.contact.name.extension:y.extension:z.value[x] "binding":{"strength":"required"}
			Patient.deceasedBoolean "patternBoolean":true`) + `]}}`,
		head + `{"path":"Patient.name","sliceName":"a"},{"path":"Patient.name.family","min":1},{"path":"Patient.x.y.z","max":"0"},{"id":"a:b","path":"Patient"}]}}`,
		head + `{"path":"Patient.contained","type":[{"code":"Patient","profile":["http://x.example/p"]}]},{"path":"Patient.contained.contained"}]}}`,
		`{"resourceType":"StructureDefinition","url":"http://x.example/p","type":"Patient","derivation":"constraint","baseDefinition":"http://x.example/p"}`,
		`{"resourceType":"ValueSet","url":"http://x.example/v","compose":{"include":[{"valueSet":["http://x.example/v"]}]}}`,
		`{"resourceType":"CodeSystem","url":"http://x.example/c","concept":[{"code":"a","concept":[{"code":"a"}]}]}`,
		`{"resourceType":"Bundle","entry":[{"resource":{}},{}]}`,
	} {
		f.Add([]byte(seed))
	}
	patient := parse(f, `{"resourceType":"Patient","name":[{"family":"x"}],"deceasedBoolean":true,"contact":[{"name":{"text":"x"}}],"contained":[{"resourceType":"Patient","id":"a"}]}`)
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := validate.Load(fstest.MapFS{"p.json": {Data: b}})
		if err != nil {
			t.Fatal(err)
		}
		p.Problems()
		v := validate.Base().With(p)
		for _, url := range p.Definitions().Own("StructureDefinition") {
			v.Validate(patient, validate.Options{Profiles: []string{url}})
		}
		for _, url := range p.Definitions().Own("ValueSet") {
			p.Definitions().MemberOf(url, "http://x.example/c", "a")
		}
	})
}
