package access_test

import (
	"strings"
	"testing"

	"concord/fault"
	"concord/record/access"
)

// TestLabelledAnywhere: a sensitive code counts wherever it stands, and words
// about codes (meta, narrative, definitions) do not.
func TestLabelledAnywhere(t *testing.T) {
	const hiv = `{"system":"http://snomed.info/sct","code":"86406008"}`
	for text, want := range map[string]string{
		`{"resourceType":"Observation","valueCodeableConcept":{"coding":[CODE]}}`:                                                                                                                           "HIV",
		`{"resourceType":"Observation","component":[{"code":{"text":"x"}},{"code":{"coding":[{"code":"y"},CODE]}}]}`:                                                                                        "HIV",
		`{"resourceType":"Observation","component":[{"code":{"text":"x"},"valueCodeableConcept":{"coding":[CODE]}}]}`:                                                                                       "HIV",
		`{"resourceType":"DiagnosticReport","conclusionCode":[{"coding":[CODE]}]}`:                                                                                                                          "HIV",
		`{"resourceType":"Encounter","reasonCode":[{"text":"x"},{"coding":[CODE]}]}`:                                                                                                                        "HIV",
		`{"resourceType":"Encounter","contained":[{"resourceType":"Condition","id":"c","code":{"coding":[CODE]}}]}`:                                                                                         "HIV",
		`{"resourceType":"Observation","extension":[{"url":"urn:x","valueCoding":CODE}]}`:                                                                                                                   "HIV",
		`{"resourceType":"QuestionnaireResponse","item":[{"linkId":"1","item":[{"linkId":"2","answer":[{"valueCoding":CODE}]}]}]}`:                                                                          "HIV",
		`{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"56888-1"}]},"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"386639001"},CODE]}}`: "HIV SEX",
		`{"resourceType":"Observation","meta":{"tag":[CODE]}}`:                                                                                                                                              "",
		`{"resourceType":"HealthcareService","specialty":[{"coding":[CODE]}]}`:                                                                                                                              "",
		`{"resourceType":"ValueSet","expansion":{"contains":[CODE]}}`:                                                                                                                                       "",
		`{"resourceType":"Patient","extension":[{"url":"urn:x","valueCoding":CODE}]}`:                                                                                                                       "",
	} {
		v := parse(t, strings.ReplaceAll(text, "CODE", hiv))
		got := access.StandardSensitive().Labelled(v)
		var labels []string
		for s := range got.Path("meta.security").Each() {
			labels = append(labels, s.StrAt("code"))
		}
		if strings.Join(labels, " ") != want {
			t.Errorf("%s: %v, want %q", text, labels, want)
		}
		if want == "" && got != v {
			t.Errorf("%s is written anew", text)
		}
	}
}

// TestSensitiveSets: what the sets that ship cover, by system.
func TestSensitiveSets(t *testing.T) {
	for name, c := range map[string][3]string{
		"HIV positive":             {"http://snomed.info/sct", "165816005", "HIV"},
		"termination of pregnancy": {"http://snomed.info/sct", "386639001", "SEX"},
		"in vitro fertilisation":   {"http://snomed.info/sct", "52637005", "SEX"},
		"gender dysphoria":         {"http://snomed.info/sct", "93461009", "GDIS"},
		"viral load":               {"http://loinc.org", "20447-9", "HIV"},
		"gonorrhoea, test":         {"http://loinc.org", "43305-2", "STD"},
		"HIV in pregnancy":         {"http://hl7.org/fhir/sid/icd-10", "O98.7", "HIV"},
		"other STI in pregnancy":   {"http://hl7.org/fhir/sid/icd-10-uk", "O98.3", "STD"},
		"abortion":                 {"http://hl7.org/fhir/sid/icd-10", "O04.9", "SEX"},
		"of another chapter":       {"http://hl7.org/fhir/sid/icd-10", "O98.6", ""},
		"miscarriage":              {"http://hl7.org/fhir/sid/icd-10", "O03.9", ""},
		"oocyte recovery":          {"https://fhir.hl7.org.uk/CodeSystem/OPCS-4", "Q48.1", "SEX"},
		"asthma":                   {"http://snomed.info/sct", "195967001", ""},
		"of another system":        {"http://example.org", "165816005", ""},
	} {
		if got := access.StandardSensitive().Of(c[0], c[1]); got != c[2] {
			t.Errorf("%s: %q, want %q", name, got, c[2])
		}
	}
}

// TestSensitiveOfOnesOwn: an operator's set is added, or takes the place of ours
// by its name; what is wrong is told with its place.
func TestSensitiveOfOnesOwn(t *testing.T) {
	own, err := access.LoadSensitive([]byte(`
- {name: local-gum, label: STD, topic: sexual health clinic, systems: ["urn:trust:catalogue"], codes: [GUM1]}
- {name: gender-snomed, label: SENSITIVE, systems: ["http://snomed.info/sct"], codes: ["93461009"]}
`), "mine.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[[2]string]string{{"urn:trust:catalogue", "GUM1"}: "STD", {"http://snomed.info/sct", "93461009"}: "SENSITIVE",
		{"http://snomed.info/sct", "407376001"}: "", {"http://snomed.info/sct", "86406008"}: "HIV", {"http://hl7.org/fhir/sid/icd-10", "F64"}: "GDIS"} {
		if got := own.Of(code[0], code[1]); got != want {
			t.Errorf("%v: %q, want %q", code, got, want)
		}
	}
	if got := access.StandardSensitive().Of("http://snomed.info/sct", "93461009"); got != "GDIS" {
		t.Errorf("the sets that ship were changed: %q", got)
	}
	const set = "name: x, label: HIV, systems: ['urn:x'], codes: [a]"
	for text, says := range map[string]string{
		"":                                 "has no set",
		"- {" + set + "}\n- {" + set + "}": "set 2 (x): another set has this name",
		"- {name: x, label: AIDS, systems: ['urn:x'], codes: [a]}":                           "set 1 (x): \"label\" is one of HIV",
		"- {name: X y, label: HIV, systems: ['urn:x'], codes: [a]}":                          "set 1 (X y): \"name\"",
		"- {name: x, label: HIV, codes: [a]}":                                                "\"systems\"",
		"- {name: x, label: HIV, systems: [icd], codes: [a]}":                                "\"icd\" is not the URL",
		"- {name: x, label: HIV, systems: ['urn:x']}":                                        "\"codes\" or \"begins\"",
		"- {name: x, label: HIV, systems: ['urn:x'], begins: [B2, B21]}":                     "\"B2\" in \"begins\"",
		"- {name: x, label: HIV, systems: ['urn:x'], begins: [B20.1]}":                       "\"B20.1\" in \"begins\"",
		"- {name: x, label: HIV, systems: ['http://snomed.info/sct'], begins: [B20]}":        "given whole",
		"- {name: x, label: HIV, systems: ['urn:x'], codes: [' a']}":                         "\" a\" in \"codes\"",
		"- {name: x, label: HIV, systems: ['urn:x'], codes: [a], begin: [B20]}":              "unknown field \"begin\"",
		"- {name: x, label: HIV, systems: ['urn:x'], codes: [a]}\n- {name: y, label: [HIV]}": "[2:",
	} {
		_, err := access.LoadSensitive([]byte(text), "mine.yaml")
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "mine.yaml") {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
}
