package validate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/standard/fhir"
	"concord/standard/validate"
)

// ukCore is a validator that knows the UK Core profiles.
func ukCore(t testing.TB) *validate.Validator {
	t.Helper()
	p, err := validate.Load(os.DirFS(corpus(t, "nhs/ukcore-definitions")))
	if err != nil {
		t.Fatal(err)
	}
	return validate.Base().With(p)
}

const ukCoreBase = "https://fhir.hl7.org.uk/StructureDefinition/"

// profileOf is the profile that an example's name tells: the longest that the
// name begins with, or that of the resource's type.
func profileOf(v *validate.Validator, file, typ string) string {
	best := ukCoreBase + "UKCore-" + typ
	for _, url := range v.Profiles().Of(typ) {
		if strings.HasPrefix(file, url[len(ukCoreBase):]+"-") && len(url) > len(best) {
			best = url
		}
	}
	return best
}

// TestUKCoreDefinitions: every profile and extension can be used. One file is
// published broken.
func TestUKCoreDefinitions(t *testing.T) {
	p := ukCore(t).Profiles()
	for _, err := range p.Definitions().Problems() {
		if !strings.Contains(err.Error(), "CodeSystem-UKCore-EthnicCategoryScotland.xml") { // a stray c after an element
			t.Error(err)
		}
	}
	for url, err := range p.Problems() {
		t.Errorf("%s: %v", url, err)
	}
	t.Logf("%d definitions", p.Definitions().Len())
}

// wrongUKCore lists the examples that break the profile that they are of.
var wrongUKCore = map[string][]string{
	// valueCode and valueCodeableConcept in one extension, of which the definition has the second.
	"Extension-UKCore-ConditionEpisode-Example": {"choice/Condition.extension[0].value", "type/Condition.extension[0].value.ofType(code)"},
}

func TestUKCoreExamples(t *testing.T) {
	v := ukCore(t)
	files, err := filepath.Glob(filepath.Join(corpus(t, "nhs/ukcore-examples"), "examples/*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no examples")
	}
	valid := 0
	for _, f := range files {
		r := readFile(t, f)
		name := strings.TrimSuffix(filepath.Base(f), ".xml")
		profile := profileOf(v, name, r.Type())
		issues := v.Validate(r, validate.Options{Profiles: []string{profile}})
		for _, is := range issues {
			t.Logf("%s: %s %s %s: %s", name, is.Severity, is.Expression, is.Detail, is.Text)
			if is.Detail == validate.RuleProfile && is.Severity != "error" {
				t.Errorf("%s: %s", name, is.Text)
			}
		}
		expect(t, name, errorsOf(issues), wrongUKCore[name]...)
		if len(errorsOf(issues)) == 0 {
			valid++
		}
	}
	t.Logf("%d of %d examples are valid", valid, len(files))
}

// TestBrokenUKCore spoils examples, one thing at a time.
func TestBrokenUKCore(t *testing.T) {
	v := ukCore(t)
	dir := filepath.Join(corpus(t, "nhs/ukcore-examples"), "examples")
	for _, c := range []struct{ name, example, from, to, want string }{
		{"NHS number without a value", "UKCore-Patient-BabyPatient-Example", `,"value":"9912003890"`, ``, "required Patient.identifier[0].value"},
		{"two NHS numbers", "UKCore-Patient-BabyPatient-Example", `"identifier":[{`, `"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9912003890"},{`, "slice Patient.identifier"},
		{"status of the NHS number", "UKCore-Patient-BabyPatient-Example", `"code":"01"`, `"code":"99"`, "binding Patient.identifier[0].extension[0].value.ofType(CodeableConcept)"},
		{"ethnic category as a string", "UKCore-Patient-BabyPatient-Example", `"valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland","code":"A","display":"White - British"}]}`, `"valueString":"A"`, "type Patient.extension[0].value.ofType(string)"},
		{"extension at the wrong place", "UKCore-Patient-BabyPatient-Example", `"name":[{`, `"name":[{"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory","valueCodeableConcept":{"text":"x"}}],`, "extension Patient.name[0].extension[0]"},
		{"component that is neither", "UKCore-Observation-VitalSigns-BloodPressure-Example", `"text":"Diastolic blood pressure"`, `"text":"Pulse"`, "slice Observation.component[1]"},
		{"no systolic component", "UKCore-Observation-VitalSigns-BloodPressure-Example", `"text":"Systolic blood pressure"`, `"text":"Diastolic blood pressure"`, "slice Observation.component"},
		{"unit", "UKCore-Observation-VitalSigns-BloodPressure-Example", `"code":"mm[Hg]"`, `"code":"kPa"`, "fixed Observation.component[0].value.ofType(Quantity).code"},
		{"LOINC code of the whole", "UKCore-Observation-VitalSigns-BloodPressure-Example", `"code":"85354-9"`, `"code":"8302-2"`, "fixed Observation.code.coding[1].code"},
		{"a value of the whole", "UKCore-Observation-VitalSigns-BloodPressure-Example", `,"component":[`, `,"valueString":"x","component":[`, "cardinality Observation.value"},
		{"category", "UKCore-Observation-VitalSigns-BloodPressure-Example", `"code":"vital-signs"`, `"code":"laboratory"`, "Observation.category"},
	} {
		r := readFile(t, filepath.Join(dir, c.example+".xml"))
		text := string(r.JSON())
		if !strings.Contains(text, c.from) {
			t.Errorf("%s: the example has no %s in %s", c.name, c.from, text)
			continue
		}
		broken, err := fhir.ParseObject([]byte(strings.Replace(text, c.from, c.to, 1)))
		if err != nil {
			t.Fatal(c.name, err)
		}
		var found []string
		for _, is := range errorsOf(v.Validate(broken, validate.Options{Profiles: []string{profileOf(v, c.example, r.Type())}})) {
			found = append(found, is.Detail+" "+is.Expression)
		}
		if !strings.Contains(strings.Join(found, ", "), c.want) {
			t.Errorf("%s: found %q, not %q", c.name, found, c.want)
		}
	}
}
