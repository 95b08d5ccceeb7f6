package fhirapi_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	costLine = regexp.MustCompile(`^cost: looked at (\d+) resources of at most \d+, (\d+) on this page, \d+ brought along; (\d+) statements, (\d+) rows, (\S+) in the store, (\S+) in all$`)
	stepLine = regexp.MustCompile(`^ *plan: .* — looked at (\d+), (\d+) statements, (\d+) rows, (\S+) in the store, (\S+) in all$`)
	sqlLine  = regexp.MustCompile(`^ *sql: .* — (\d+) rows, (\S+)$`)
)

// TestExplainedInNumbers: each step says what it cost, and the steps and statements add
// up to what the whole did.
func TestExplainedInNumbers(t *testing.T) {
	s := newStage(t)
	s.play(givenWard())
	for _, query := range []string{"Observation?code=718-7", "Observation?patient={p}&_sort=-date", "Observation?subject:Patient.family=okonkwo", "Patient?_has:Observation:patient:code=718-7", "Observation?value-quantity=gt103", "Patient?family=okonkwo&_count=1"} {
		b := s.step(call{name: query, path: query + "&_explain=true", status: 200, audit: trail{"search": 1}})
		var rows, statements, looked, ran, steps, parsed int
		var told []string
		for e := range b.Get("entry").Each() {
			for is := range e.Get("resource").Get("issue").Each() {
				if is.StrAt("details.coding.0.code") != "search.plan" {
					continue
				}
				line := is.StrAt("diagnostics")
				told = append(told, line)
				number := func(s string) int {
					n, err := strconv.Atoi(s)
					if err != nil {
						t.Error(err)
					}
					return n
				}
				switch {
				case strings.HasPrefix(line, "parse: "):
					parsed++
				case sqlLine.MatchString(line):
					rows += number(sqlLine.FindStringSubmatch(line)[1])
					statements++
				case stepLine.MatchString(line):
					m := stepLine.FindStringSubmatch(line)
					looked, steps = looked+number(m[1]), steps+1
				case costLine.MatchString(line):
					m := costLine.FindStringSubmatch(line)
					if number(m[1]) != looked || number(m[3]) != statements || number(m[4]) != rows {
						t.Errorf("%s: %d looked at, %d statements and %d rows are told: %s", query, looked, statements, rows, line)
					}
					for _, d := range m[5:] {
						if took, err := time.ParseDuration(d); err != nil || took <= 0 {
							t.Errorf("%s: %q is no time that it took", query, d)
						}
					}
					ran++
				default:
					t.Errorf("%s: an odd line: %s", query, line)
				}
			}
		}
		if parsed != 1 || steps == 0 || ran != 1 || statements == 0 || looked == 0 {
			t.Errorf("%s: %d parsed, %d steps, %d costs, %d statements, %d looked at:\n%s", query, parsed, steps, ran, statements, looked, strings.Join(told, "\n"))
		}
	}
}
