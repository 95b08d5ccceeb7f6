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
	"ig-r4":   "required/ImplementationGuide", // a fragment for the publishing tool
	"package": "resource-type/Resource",       // no resource
	// valueCode and valueCodeableConcept in one extension
	"Extension-UKCore-ConditionEpisode-Example": "choice/Condition.extension[0].value",
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
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parse := fhir.ParseObject
	if filepath.Ext(file) == ".xml" {
		parse = fhir.ParseXML
	}
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	v, err := parse(b)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	issues := validate.Base().Check(v)
	want := wrongExamples[name]
	if want != "" && len(issues) == 0 {
		t.Errorf("%s: nothing is found, not %s", name, want)
	}
	for _, is := range issues {
		if want == "" || !strings.HasPrefix(is.Detail+"/"+is.Expression, want) {
			t.Errorf("%s: %s %s: %s", name, is.Expression, is.Detail, is.Text)
		}
	}
}
