package main

import (
	"bytes"
	"strings"
	"testing"

	"concord/test/load/fhirload"
)

// TestDocument: the document has a column for each store and a row for each
// figure.
func TestDocument(t *testing.T) {
	report := func(name string, p50 float64) *fhirload.Report {
		return &fhirload.Report{Scenario: name, PerSecond: 1234, Errors: 1, All: fhirload.Line{P50: p50},
			Lines: []fhirload.Line{{Name: "token", P50: p50, P95: 9}}}
	}
	reports := func(p50 float64) map[string]*fhirload.Report {
		out := map[string]*fhirload.Report{}
		for _, name := range fhirload.Scenarios()[1:] {
			out[name] = report(name, p50)
		}
		return out
	}
	var outcomes []*outcome
	for _, store := range []string{"sqlite", "postgres"} {
		outcomes = append(outcomes, &outcome{Store: store, Few: report("import", 1), Many: report("import", 1),
			Small: reports(2), Large: reports(3), SmallAlone: reports(4), LargeAlone: reports(5), LoadPeak: 300 << 20, LargeDisk: 456})
	}
	if n := outcomes[0].errors(); n != 18 {
		t.Errorf("%d errors, not 18", n)
	}
	var b bytes.Buffer
	writeDocument(&b, &settings{times: 16}, 100, outcomes)
	for _, want := range []string{"1600 in the large store", "| SQLite | PostgreSQL |", "| 1234/s | 1234/s |", "2.00 → 3.00 ms, 1.50 times",
		"| 300 MB | 300 MB |", "| 456 | 456 |", "| token | 4.00 → 5.00 ms | 9.00 ms | 4.00 → 5.00 ms | 9.00 ms |"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &b)
		}
	}
}
