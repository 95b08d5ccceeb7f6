package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"concord/test/load/fhirload"
)

// measuredAs is a run whose every rate is so large.
func measuredAs(server string, rate float64) *outcome {
	report := func(name string) *fhirload.Report {
		return &fhirload.Report{Scenario: name, PerSecond: rate, All: fhirload.Line{P50: 1000 / rate},
			Lines: []fhirload.Line{{Name: "token", P50: 1000 / rate}}}
	}
	o := &outcome{Server: server, Few: report("few"), Many: report("many"), Scenarios: map[string]*fhirload.Report{}, LoadPeak: 300 << 20, Peak: 400 << 20, Disk: 500}
	for _, name := range scenarios() {
		o.Scenarios[name] = report(name)
	}
	return o
}

// TestDocument: each server has a column with the span of its runs, the ratio
// is of the medians on the same database, and what is refused is named.
func TestDocument(t *testing.T) {
	peer := measuredAs("hapi", 100)
	peer.Refused = map[string]string{"compartment": "400"}
	peer.Many.Errors = 3
	all := []*outcome{measuredAs("sqlite", 900), peer, measuredAs("postgres", 400), measuredAs("hapi", 300), measuredAs("postgres", 600)}
	var b bytes.Buffer
	writeDocument(&b, all)
	for _, want := range []string{"| what | HAPI FHIR, PostgreSQL | Concord, PostgreSQL | Concord, SQLite | Concord to HAPI",
		"| CRUD-36, requests | 100–300/s | 400–600/s | 900/s | 2.50 times |", "| answers that were wrong | 0–3 | 0 | 0 |",
		"| token | 3.33–10 ms | 1.67–2.50 ms |", "Not answered by HAPI FHIR, PostgreSQL, and so asked of none: compartment."} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &b)
		}
	}
	b.Reset()
	writeDocument(&b, all[:1])
	if text := b.String(); strings.Contains(text, "HAPI") || !strings.Contains(text, "| search, requests | 900/s |\n") {
		t.Errorf("of one server alone:\n%s", text)
	}
}

// TestKept: a run is added to those of the file.
func TestKept(t *testing.T) {
	s := settings{json: filepath.Join(t.TempDir(), "runs.json")}
	if all, err := s.kept(); err != nil || all != nil {
		t.Fatalf("%v, %v", all, err)
	}
	if err := s.keep([]*outcome{measuredAs("hapi", 5)}); err != nil {
		t.Fatal(err)
	}
	all, err := s.kept()
	if err != nil || len(all) != 1 || all[0].Scenarios["chart"].PerSecond != 5 {
		t.Errorf("%v, %v", all, err)
	}
}
