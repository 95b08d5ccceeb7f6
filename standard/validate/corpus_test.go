package validate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/standard/fhir"
	"concord/standard/validate"
)

// corpus is a folder of the test corpora, which are no part of the project.
func corpus(t testing.TB, folder string) string {
	t.Helper()
	root := os.Getenv("CONCORD_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	dir := filepath.Join(root, "corpora", folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("NOT TESTED: the corpora are missing: %s (set CONCORD_SHARED)", dir)
	}
	return dir
}

// wrongExamples lists the official examples that break the rules themselves,
// with the rule and, after a slash, where.
var wrongExamples = map[string]string{
	"DeviceMetric-example":                                       "reference-type/DeviceMetric.parent",                         // DeviceMetric
	"DeviceUseStatement-example":                                 "reference-type/DeviceUseStatement.reasonReference[0]",       // Procedure
	"MedicationRequest-medrx0301":                                "reference-type/MedicationRequest.dispenseRequest.performer", // Practitioner
	"EventDefinition-example":                                    "narrative/EventDefinition.text.div",                         // no content
	"Questionnaire-qs1":                                          "required/Questionnaire.item",                                // no linkId
	"SearchParameter-codesystem-extensions-CodeSystem-author":    "required/SearchParameter.base",
	"SearchParameter-codesystem-extensions-CodeSystem-effective": "required/SearchParameter.base",
	"SearchParameter-codesystem-extensions-CodeSystem-workflow":  "required/SearchParameter.base",
	"SearchParameter-valueset-extensions-ValueSet-effective":     "required/SearchParameter.base",
	"SearchParameter-valueset-extensions-ValueSet-end":           "required/SearchParameter.base",
	"SearchParameter-valueset-extensions-ValueSet-workflow":      "required/SearchParameter.base",
	"ig-r4":                          "required/ImplementationGuide", // a fragment for the publishing tool
	"package":                        "resource-type/Resource",       // no resource
	"StructureDefinition-Definition": "sdf-4/StructureDefinition",    // a logical model that is not abstract, without a base
	"StructureDefinition-FiveWs":     "sdf-4/StructureDefinition",    // the same
	"Bundle-lri-example":             "full-url/Bundle.entry",        // …/Observation/lri-gramstain1 has the id gramstain1
	// valueCode and valueCodeableConcept in one extension
	"Extension-UKCore-ConditionEpisode-Example": "choice/Condition.extension[0].value",
}

// wrongInFull lists those that Validate refuses besides, for what their
// extensions are defined to be.
var wrongInFull = map[string]string{
	"Bundle-hla-1": "extension/Bundle.entry[0].resource.extension[1].extension[1]", // the part is defined as url, here it is uri
}

func TestCorporaAreValid(t *testing.T) {
	for _, folder := range []string{"fhir/r4-examples/*.json", "fhir/synthea-r4/*.json",
		"fhir/synthea-r4-v3/*.json", "nhs/ukcore-examples/examples/*.xml"} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			dir := corpus(t, filepath.Dir(folder))
			files, err := filepath.Glob(filepath.Join(dir, filepath.Base(folder)))
			if err != nil || len(files) == 0 {
				t.Fatalf("no files in %s: %v", dir, err)
			}
			for _, f := range files {
				checkFile(t, f)
			}
		})
	}
}

func checkFile(t *testing.T, file string) {
	t.Helper()
	v := readFile(t, file)
	if v == nil {
		return
	}
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	expect(t, name, validate.Base().Check(v), wrongExamples[name], "")
	expect(t, name, errorsOf(validate.Base().Validate(v, validate.Options{})), wrongExamples[name], wrongInFull[name])
}

func readFile(t testing.TB, file string) *fhir.Value {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parse := fhir.ParseObject
	if filepath.Ext(file) == ".xml" {
		parse = fhir.ParseXML
	}
	v, err := parse(b)
	if err != nil {
		t.Errorf("%s: %v", filepath.Base(file), err)
	}
	return v
}

// expect compares issues with what is known to be wrong: rule/expression, each
// of them found and nothing else.
func expect(t *testing.T, name string, issues []fhir.Issue, known ...string) {
	t.Helper()
	for _, want := range known {
		found := want == ""
		for _, is := range issues {
			found = found || strings.HasPrefix(is.Detail+"/"+is.Expression, want)
		}
		if !found {
			t.Errorf("%s: %s is not found", name, want)
		}
	}
next:
	for _, is := range issues {
		for _, want := range known {
			if want != "" && strings.HasPrefix(is.Detail+"/"+is.Expression, want) {
				continue next
			}
		}
		t.Errorf("%s: %s %s: %s", name, is.Expression, is.Detail, is.Text)
	}
}
