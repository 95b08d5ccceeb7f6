package validate_test

import (
	"strings"
	"testing"

	"concord/standard/validate"
)

func TestSlicesByValue(t *testing.T) {
	v := guide(t, map[string]string{
		"closed " + core + "Patient Patient": elements(`
			Patient.identifier "slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"closed","ordered":true}
			Patient.identifier:nhs "min":1,"max":"1"
			Patient.identifier:nhs.system "min":1,"fixedUri":"http://x.example/nhs"
			Patient.identifier:nhs.value "min":1
			Patient.identifier:local "max":"2"
			Patient.identifier:local.system "patternUri":"http://x.example/local"`),
		"end " + core + "Patient Patient": elements(`
			Patient.identifier "slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"openAtEnd"}
			Patient.identifier:nhs
			Patient.identifier:nhs.system "fixedUri":"http://x.example/nhs"`),
		"derived http://x.example/closed Patient": elements(`
			Patient.identifier:local "min":1
			Patient.identifier:local.period "min":1`),
	})
	nhs, local := `{"system":"http://x.example/nhs","value":"1"}`, `{"system":"http://x.example/local"}`
	patient := func(ids ...string) string {
		return `{"resourceType":"Patient","identifier":[` + strings.Join(ids, ",") + `]}`
	}
	tryProfile(t, v, "closed", []profileCase{
		{"as they should be", patient(nhs, local, local), ""},
		{"minimum", patient(local), "error slice Patient.identifier"},
		{"maximum", patient(nhs, local, local, local), "error slice Patient.identifier"},
		{"order", patient(local, nhs), "error slice Patient.identifier[1]"},
		{"another", patient(nhs, `{"system":"http://x.example/other"}`), "error slice Patient.identifier[1]"},
		{"content of a slice", patient(`{"system":"http://x.example/nhs"}`), "error required Patient.identifier[0].value"},
	})
	tryProfile(t, v, "derived", []profileCase{
		{"base's slice", patient(local), "error slice Patient.identifier, error required Patient.identifier[0].period"},
		{"own minimum", patient(nhs), "error slice Patient.identifier"},
	})
	tryProfile(t, v, "end", []profileCase{
		{"the rest last", patient(nhs, local), ""},
		{"the rest first", patient(local, nhs), "error slice Patient.identifier[1]"},
	})
}

func TestSlicesByOtherMeans(t *testing.T) {
	v := guide(t, map[string]string{
		"pattern " + core + "Observation Observation": elements(`
			Observation.category "slicing":{"discriminator":[{"type":"pattern","path":"$this"}],"rules":"open"}
			Observation.category:lab "min":1,"patternCodeableConcept":{"coding":[{"system":"http://x.example/c","code":"lab"}]}
			Observation.category:lab.text "min":1
			Observation.component "slicing":{"discriminator":[{"type":"value","path":"code"}],"rules":"open"}
			Observation.component:a "min":1
			Observation.component:a.code.coding.system "fixedUri":"http://x.example/c"
			Observation.component:a.code.coding.code "fixedCode":"a"`),
		"type " + core + "Observation Observation": elements(`
			Observation.value[x] "slicing":{"discriminator":[{"type":"type","path":"$this"}],"rules":"closed"}
			Observation.value[x]:valueQuantity "type":[{"code":"Quantity"}]
			Observation.value[x]:valueQuantity.unit "min":1
			Observation.value[x]:text "type":[{"code":"string"}],"maxLength":3`),
		"short " + core + "Observation Observation": elements(`
			Observation.valueQuantity "min":1
			Observation.valueQuantity.code "patternCode":"kg"`),
		"exists " + core + "Patient Patient": elements(`
			Patient.name "slicing":{"discriminator":[{"type":"exists","path":"period"}],"rules":"open"}
			Patient.name:old "max":"1"
			Patient.name:old.period "min":1
			Patient.name:now "min":1,"max":"1"
			Patient.name:now.period "max":"0"`),
		"gp " + core + "Practitioner Practitioner": elements(`
			Practitioner.gender "min":1`),
		"profile " + core + "Patient Patient": elements(`
			Patient.generalPractitioner "slicing":{"discriminator":[{"type":"profile","path":"resolve()"}],"rules":"open"}
			Patient.generalPractitioner:person "min":1,"type":[{"code":"Reference","targetProfile":["http://x.example/gp"]}]`),
		"target " + core + "Patient Patient": elements(`
			Patient.generalPractitioner "slicing":{"discriminator":[{"type":"type","path":"resolve()"}],"rules":"open"}
			Patient.generalPractitioner:practice "max":"1","type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Organization"]}]`),
		"kind " + core + "Extension Extension": elements(`
			Extension.url "fixedUri":"http://x.example/kind"
			Extension.value[x] "type":[{"code":"code"}]`),
		"extension " + core + "Patient Patient": elements(`
			Patient.name "slicing":{"discriminator":[{"type":"value","path":"extension('http://x.example/kind').value"}],"rules":"open"}
			Patient.name:stage "min":1
			Patient.name:stage.extension:kind "type":[{"code":"Extension","profile":["http://x.example/kind"]}]
			Patient.name:stage.extension:kind.value[x] "fixedCode":"stage"
			Patient.name:stage.text "min":1`),
		"again " + core + "Patient Patient": elements(`
			Patient.telecom "slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"open"}
			Patient.telecom:phone "min":1
			Patient.telecom:phone.system "fixedCode":"phone"
			Patient.telecom:phone "slicing":{"discriminator":[{"type":"value","path":"use"}],"rules":"open"}
			Patient.telecom:phone/home "min":1
			Patient.telecom:phone/home.use "fixedCode":"home"`),
	})
	tryProfile(t, v, "pattern", []profileCase{
		{"there", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"category":[{"text":"x","coding":[{"system":"http://x.example/c","code":"lab","display":"x"}]}],"component":[{"code":{"coding":[{"system":"http://x.example/c","code":"a"}]}}]}`, ""},
		{"content", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"category":[{"coding":[{"system":"http://x.example/c","code":"lab"}]}],"component":[{"code":{"coding":[{"system":"http://x.example/c","code":"a"}]}}]}`, "error required Observation.category[0].text"},
		{"not there", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"category":[{"text":"lab"}],"component":[{"code":{"coding":[{"system":"http://x.example/c","code":"b"}]}}]}`, "error slice Observation.category, error slice Observation.component"},
	})
	tryProfile(t, v, "type", []profileCase{
		{"quantity", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1}}`, "error required Observation.value.ofType(Quantity).unit"},
		{"string", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueString":"abcd"}`, "error range Observation.value.ofType(string)"},
		{"neither", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueBoolean":true}`, "error slice Observation.value.ofType(boolean)"},
	})
	tryProfile(t, v, "short", []profileCase{
		{"missing", `{"resourceType":"Observation","status":"final","code":{"text":"x"}}`, "error slice Observation.value"},
		{"content", `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1,"system":"http://unitsofmeasure.org","code":"g"}}`, "error pattern Observation.value.ofType(Quantity).code"},
	})
	tryProfile(t, v, "exists", []profileCase{
		{"both", `{"resourceType":"Patient","name":[{"family":"x","period":{"end":"2020"}},{"family":"y"}]}`, ""},
		{"two of one", `{"resourceType":"Patient","name":[{"family":"x"},{"family":"y"}]}`, "error slice Patient.name"},
	})
	gp := `"contained":[{"resourceType":"Practitioner","id":"p",` + patientText + `,"gender":"male"}],"generalPractitioner":[{"reference":"#p"}]`
	tryProfile(t, v, "profile", []profileCase{
		{"meets it", `{"resourceType":"Patient",` + gp + `}`, ""},
		{"breaks it", `{"resourceType":"Patient",` + strings.Replace(gp, `,"gender":"male"`, "", 1) + `}`, "error slice Patient.generalPractitioner"},
	})
	tryProfile(t, v, "target", []profileCase{
		{"one each", `{"resourceType":"Patient","generalPractitioner":[{"reference":"Organization/1"},{"reference":"Practitioner/1"}]}`, ""},
		{"two", `{"resourceType":"Patient","generalPractitioner":[{"reference":"Organization/1"},{"reference":"Organization/2"}]}`, "error slice Patient.generalPractitioner"},
	})
	named := func(kind string) string {
		return `{"resourceType":"Patient","name":[{"family":"x","extension":[{"url":"http://x.example/kind","valueCode":"` + kind + `"}]}]}`
	}
	tryProfile(t, v, "extension", []profileCase{
		{"there", named("stage"), "error required Patient.name[0].text"},
		{"not there", named("birth"), "error slice Patient.name"},
	})
	tryProfile(t, v, "again", []profileCase{
		{"slice of a slice", `{"resourceType":"Patient","telecom":[{"system":"phone","use":"home","value":"1"}]}`, ""},
		{"not there", `{"resourceType":"Patient","telecom":[{"system":"phone","use":"work","value":"1"}]}`, "error slice Patient.telecom"},
	})
}

func TestExtensionsOfProfiles(t *testing.T) {
	v := guide(t, map[string]string{
		"colour " + core + "Extension Extension": elements(`
			Extension.url "fixedUri":"http://x.example/colour"
			Extension.value[x] "min":1,"type":[{"code":"code"}],"binding":{"strength":"required","valueSet":"http://x.example/colours"}`),
		"parts " + core + "Extension Extension": elements(`
			Extension.extension "slicing":{"discriminator":[{"type":"value","path":"url"}],"rules":"open"}
			Extension.extension:from "min":1,"max":"1"
			Extension.extension:from.url "fixedUri":"from"
			Extension.extension:from.value[x] "min":1,"type":[{"code":"date"}]
			Extension.extension:until "max":"1"
			Extension.extension:until.url "fixedUri":"until"
			Extension.url "fixedUri":"http://x.example/parts"
			Extension.value[x] "max":"0"`),
		"patient " + core + "Patient Patient": elements(`
			Patient.extension:colour "min":1,"type":[{"code":"Extension","profile":["http://x.example/colour"]}]
			Patient.extension:parts "type":[{"code":"Extension","profile":["http://x.example/parts"]}]
			Patient.extension:parts.extension:until "min":1`),
	}, `{"resourceType":"ValueSet","url":"http://x.example/colours","compose":{"include":[{"system":"http://x.example/c","concept":[{"code":"red"}]}]}}`)
	red, from := `{"url":"http://x.example/colour","valueCode":"red"}`, `{"url":"from","valueDate":"2020"}`
	patient := func(ext ...string) string {
		return `{"resourceType":"Patient","extension":[` + strings.Join(ext, ",") + `]}`
	}
	tryProfile(t, v, "patient", []profileCase{
		{"there", patient(red), ""},
		{"not there", patient(`{"url":"http://x.example/parts","extension":[` + from + `,{"url":"until","valueDate":"2021"}]}`), "error slice Patient.extension"},
		{"twice is allowed", patient(red, red), ""},
		{"value", patient(`{"url":"http://x.example/colour","valueCode":"blue"}`), "error binding Patient.extension[0].value.ofType(code)"},
		{"part of a part", patient(red, `{"url":"http://x.example/parts","extension":[`+from+`]}`), "error slice Patient.extension[1].extension"},
		{"type of a part", patient(red, `{"url":"http://x.example/parts","extension":[{"url":"from","valueString":"x"},{"url":"until","valueDate":"2021"}]}`), "error type Patient.extension[1].extension[0].value.ofType(string)"},
	})
	// Without the profile, definitions of extensions count all the same.
	bad := `{"resourceType":"Patient",` + patientText + `,"extension":[{"url":"http://x.example/parts","extension":[{"url":"until","valueDate":"2021"},{"url":"why","valueString":"x"}]}]}`
	if got, want := reported(v, t, bad, validate.Options{}), "error extension Patient.extension[0].extension[1], error slice Patient.extension[0].extension"; got != want {
		t.Errorf("found %q, not %q", got, want)
	}
}
