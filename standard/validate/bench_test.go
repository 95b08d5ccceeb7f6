package validate_test

import (
	"os"
	"path/filepath"
	"testing"

	"concord/standard/fhir"
	"concord/standard/validate"
)

const observation = `{"resourceType":"Observation","id":"bp-1","meta":{"versionId":"3","lastUpdated":"2024-05-01T08:30:00.000Z","profile":["http://hl7.org/fhir/StructureDefinition/bp"]},"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"Vital signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"85354-9","display":"Blood pressure panel"}],"text":"Blood pressure panel"},"subject":{"reference":"Patient/p-1"},"encounter":{"reference":"Encounter/e-1"},"effectiveDateTime":"2024-05-01T09:29:00+01:00","issued":"2024-05-01T09:29:00.123+01:00","component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4","display":"Diastolic"}]},"valueQuantity":{"value":82.0,"unit":"mm[Hg]","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6","display":"Systolic"}]},"valueQuantity":{"value":121,"unit":"mm[Hg]","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}`

func BenchmarkCheckObservation(b *testing.B) {
	v, err := fhir.ParseObject([]byte(observation))
	if err != nil {
		b.Fatal(err)
	}
	base := validate.Base()
	b.SetBytes(int64(len(observation)))
	b.ReportAllocs()
	for b.Loop() {
		if is := base.Check(v); is != nil {
			b.Fatal(is)
		}
	}
}

// BenchmarkCheckSynthea checks the resources of one patient's bundle one by
// one, as an import does.
func BenchmarkCheckSynthea(b *testing.B) {
	files, err := filepath.Glob(filepath.Join(corpus(b, "fhir/synthea-r4"), "A*.json"))
	if err != nil || len(files) == 0 {
		b.Skip("no bundle")
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		b.Fatal(err)
	}
	bundle, err := fhir.ParseObject(text)
	if err != nil {
		b.Fatal(err)
	}
	list := bundle.All("entry.resource")
	size := 0
	for _, r := range list {
		size += len(r.JSON())
	}
	base := validate.Base()
	b.SetBytes(int64(size / len(list)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if is := base.Check(list[i%len(list)]); is != nil {
			b.Fatal(is)
		}
		i++
	}
}

// BenchmarkValidateUKCore holds a patient against UK Core.
func BenchmarkValidateUKCore(b *testing.B) {
	v := ukCore(b)
	r := readFile(b, filepath.Join(corpus(b, "nhs/ukcore-examples"), "examples/UKCore-Patient-RichardSmith-Example.xml"))
	o := validate.Options{Profiles: []string{ukCoreBase + "UKCore-Patient"}}
	b.ReportAllocs()
	for b.Loop() {
		if is := errorsOf(v.Validate(r, o)); is != nil {
			b.Fatal(is)
		}
	}
}

// BenchmarkLoadUKCore reads a guide of 374 definitions in XML.
func BenchmarkLoadUKCore(b *testing.B) {
	dir := os.DirFS(corpus(b, "nhs/ukcore-definitions"))
	for b.Loop() {
		if _, err := validate.Load(dir); err != nil {
			b.Fatal(err)
		}
	}
}
