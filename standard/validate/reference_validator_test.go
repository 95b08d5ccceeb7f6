package validate_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"concord/standard/fhir"
	"concord/standard/validate"
)

// beyondBase lists the cases of the reference validator whose every error is of
// a kind that the base structure does not know.
var beyondBase = map[string]string{
	"attachment-with-wrong-size":           "Attachment.size against the data",
	"bad-bundle-reference-type-4":          "references between the entries of a bundle",
	"q-bp":                                 "unknown extensions",
	"message-empty-entry":                  "links of a narrative, references between entries",
	"patient-extension-complex-bad1":       "definitions of extensions",
	"patient-extension-complex-bad2":       "definitions of extensions",
	"dr-example-org":                       "example URLs",
	"capstmt":                              "search parameters",
	"questionnaire-enableWhen-dw":          "invariant que-12",
	"q-enablewhen-me-wrong":                "invariant que-12",
	"pat-security-bad-string":              "a policy on tags in strings",
	"pat-security-bad-string1":             "a policy on tags in strings",
	"sp-diff-base":                         "search parameters",
	"parameters-reference-bad":             "references that do not resolve",
	"bundle-duplicate-id":                  "fullUrl",
	"mni-patientOverview-bundle-example1b": "displays, references between entries",
	"bundle-duplicate-ids-not":             "displays",
	"qr-bad-ref2":                          "what a canonical leads to",
	"bundle-id-2":                          "links of a bundle",
	"bundle-id-3":                          "search results",
	"bundle-id-4":                          "search results",
	"bundle-id-5":                          "displays",
	"pat-example-extensions":               "unknown extensions",
	"uk-msg":                               "displays, SNOMED CT",
	"encounter-period":                     "invariant per-1",
	"document-css":                         "documents",
	"relative_reference_to_fullUrl.id_in_Composition": "fullUrl",
	"relative_reference_to_fullUrl.no_ids.PROBLEM":    "fullUrl",
	"relative_reference_to_TYPE_ID.all_fullUrl_UUID":  "references between the entries of a bundle",
	"ips-nz-pj":           "displays",
	"sp-composite":        "search parameters",
	"test-ndjson":         "invariant per-1; a file of several documents is no JSON",
	"json-comments-1-yes": "JSON5, which is not accepted",
	"json-comments-2-yes": "JSON5, which is not accepted",
}

type referenceCase struct {
	Name, File, Outcome string
	Errors              int
}

// TestReferenceValidator compares valid or invalid, and for the invalid that at
// least one of the elements named is the same.
func TestReferenceValidator(t *testing.T) {
	dir := corpus(t, "fhir/validator")
	var cases []referenceCase
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err == nil {
		err = json.Unmarshal(b, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	agreed := 0
	for _, c := range cases {
		if beyondBase[c.Name] != "" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, c.File))
		if err != nil {
			t.Fatal(err)
		}
		parse := fhir.ParseObject
		if filepath.Ext(c.File) == ".xml" {
			parse = fhir.ParseXML
		}
		v, err := parse(b)
		if err != nil {
			if c.Errors == 0 {
				t.Errorf("%s: %v", c.Name, err)
			}
			agreed++
			continue
		}
		issues := validate.Base().Check(v)
		switch {
		case (len(issues) > 0) != (c.Errors > 0):
			t.Errorf("%s: %d issues, the reference has %d: %v", c.Name, len(issues), c.Errors, issues)
		case len(issues) > 0 && !namesSame(t, filepath.Join(dir, c.Outcome), issues):
			t.Errorf("%s: no element is named by both: %v", c.Name, issues)
		default:
			agreed++
		}
	}
	t.Logf("%d of %d cases agree; %d are beyond the base structure", agreed, len(cases)-len(beyondBase), len(beyondBase))
}

var comment = regexp.MustCompile(`/\*.*?\*/`)

// namesSame tells whether an error of the outcome names an element of ours, or
// the parent of one that is missing.
func namesSame(t *testing.T, outcome string, issues []fhir.Issue) bool {
	t.Helper()
	b, err := os.ReadFile(outcome)
	if err != nil {
		t.Fatal(err)
	}
	v, err := fhir.ParseObject(b)
	if err != nil {
		t.Fatal(err)
	}
	for theirs := range v.Get("issue").Each() {
		at := comment.ReplaceAllString(theirs.Get("expression").At(0).Str(), "")
		for _, ours := range issues {
			if at != "" && (ours.Expression == at || ours.Expression[:max(0, strings.LastIndexByte(ours.Expression, '.'))] == at) {
				return true
			}
		}
	}
	return false
}
