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

// differs lists the cases of the reference validator that are judged otherwise
// here, with the reason.
var differs = map[string]string{
	// What R4 does not ask for, but that validator's own policies do.
	"q-bp":                     "extensions whose definition is not loaded are allowed (information)",
	"pat-example-extensions":   "extensions whose definition is not loaded are allowed (information)",
	"dr-example-org":           "example URLs are allowed",
	"pat-security-bad-string":  "what looks like tags in strings is allowed: pages escape it",
	"pat-security-bad-string1": "what looks like tags in strings is allowed: pages escape it",
	"bundle-id-2":              "a link relation may come twice",
	"parameters-reference-bad": "references between parameters need not resolve",
	"encounter-period":         "a day and a moment of that day have no order, so per-1 is not broken",
	// What needs more than R4's definitions.
	"uk-msg":      "SNOMED CT: displays and codes",
	"bundle-id-5": "displays of CVX",
	"ips-nz-pj":   "displays of LOINC",
	// What is not looked at.
	"capstmt":                     "the type of a search parameter against its definition",
	"sp-diff-base":                "the expression of a search parameter against its base",
	"qr-bad-ref2":                 "what a canonical leads to",
	"bad-bundle-reference-type-4": "a relative reference does not lead to a urn:uuid with the same id",
	"json-comments-1-yes":         "JSON5 is not accepted",
	"json-comments-2-yes":         "JSON5 is not accepted",
	// Both refuse, for different elements.
	"relative_reference_to_fullUrl.id_in_Composition": "the entry is named by its own number",
	"sp-composite": "a code of a work group that R4 does not know; not the number of components",
}

type referenceCase struct {
	Name, File, Outcome string
	Errors              int
}

// agree compares valid or invalid, and for the invalid that at least one of the
// elements named is the same.
func agree(t *testing.T, dir string, c referenceCase) (same bool, found string) {
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
		return c.Errors > 0, err.Error()
	}
	errors := errorsOf(validate.Base().Validate(v, validate.Options{}))
	if len(errors) > 0 {
		found = errors[0].Detail + " " + errors[0].Expression
	}
	if len(errors) == 0 || c.Errors == 0 {
		return len(errors) == 0 && c.Errors == 0, found
	}
	return namesSame(t, filepath.Join(dir, c.Outcome), errors), found
}

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
		same, found := agree(t, dir, c)
		t.Logf("%-50.50s reference %3d errors   agrees %-5v %s", c.Name, c.Errors, same, found)
		switch why := differs[c.Name]; {
		case same && why != "":
			t.Errorf("%s agrees now: take it off the list", c.Name)
		case !same && why == "":
			t.Errorf("%s: the reference has %d errors, here the first is %q", c.Name, c.Errors, found)
		case same:
			agreed++
		default:
			t.Logf("%s differs: %s", c.Name, why)
		}
	}
	if t.Logf("%d of %d cases agree", agreed, len(cases)); agreed != len(cases)-len(differs) {
		t.Errorf("%d cases agree, not %d", agreed, len(cases)-len(differs))
	}
}

func errorsOf(issues []fhir.Issue) []fhir.Issue {
	var out []fhir.Issue
	for _, is := range issues {
		if is.Severity == "error" {
			out = append(out, is)
		}
	}
	return out
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
