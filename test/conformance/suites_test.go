package conformance

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// suite is a suite of others that a room of the standard district runs itself;
// the page takes the figures from its output.
type suite struct {
	section, what, room, test string
	count                     *regexp.Regexp // passed, tried
	rest                      *regexp.Regexp // what did not pass, and why
}

var suites = []suite{
	{"FHIRPath and patches: the official suites", "fhir/fhirpath (tests-fhir-r4.xml)", "./standard/fhirpath", "^TestSuite$", regexp.MustCompile(`official R4 suite: (\d+) of (\d+) pass`), nil},
	{"FHIRPath and patches: the official suites", "fhir/patch, JSON Patch", "./standard/patch", "^TestJSONSuite$", regexp.MustCompile(`JSON Patch: (\d+) of (\d+) pass`), nil},
	{"FHIRPath and patches: the official suites", "fhir/patch, FHIRPath Patch", "./standard/patch", "^TestFHIRPathSuite$", regexp.MustCompile(`FHIRPath Patch: (\d+) of (\d+) pass`), nil},
	{"Validation: the verdict and the element named, beside the reference validator's", "fhir/validator", "./standard/validate", "^TestReferenceValidator$", regexp.MustCompile(`(\d+) of (\d+) cases agree`), regexp.MustCompile(`: (\S.*) differs: (.*)`)},
	{"Validation: the verdict and the element named, beside the reference validator's", "nhs/ukcore-examples against nhs/ukcore-definitions", "./standard/validate", "^TestUKCoreExamples$", regexp.MustCompile(`(\d+) of (\d+) examples are valid`), nil},
}

// suiteRows runs the suites and notes their figures.
func suiteRows() error {
	for _, s := range suites {
		cmd := exec.Command("go", "test", "-count=1", "-v", "-run", s.test, s.room)
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s %s: %w\n%s", s.room, s.test, err, out)
		}
		m := s.count.FindSubmatch(out)
		if m == nil {
			return fmt.Errorf("%s %s prints no figures", s.room, s.test)
		}
		var rest []string
		if s.rest != nil {
			for _, r := range s.rest.FindAllSubmatch(out, -1) {
				rest = append(rest, string(r[1])+": "+strings.ReplaceAll(string(r[2]), "|", "\\|"))
			}
		}
		note(s.section, row{s.what, string(m[2]), string(m[1]), strings.Join(rest, "; ")})
	}
	return nil
}
