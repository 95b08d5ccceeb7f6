package search_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/standard/fhir"
	"concord/standard/search"
)

// notServed are parameters that are not in the table, and why.
var notServed = map[string]string{
	"Patient.age":               "R4 gives no expression",
	"Patient.birthOrderBoolean": "R4 gives no expression",
	"Patient._text":             "no parameter of elements: read by itself",
	"Patient._content":          "no parameter of elements: read by itself",
	"Patient._filter":           "no parameter of elements: read by itself",
	"Patient._query":            "there are no named queries",
}

// TestEveryParameterIsServed holds the table against the definitions of R4: each
// parameter of each type is there, of the kind that they say.
func TestEveryParameterIsServed(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t, "fhir/r4-definitions"), "SearchParameter-*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no definitions", err)
	}
	table, seen := search.R4(), 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			URL, Code, Type string
			Base            []string
		}
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(file, err)
		}
		if !strings.HasPrefix(d.URL, "http://hl7.org/fhir/SearchParameter/") || strings.Contains(d.URL, "/example") {
			continue
		}
		for _, base := range d.Base {
			if base == "Resource" || base == "DomainResource" {
				base = "Patient"
			}
			if fhir.R4().Number(base) == 0 {
				t.Errorf("%s: no such type %s", d.URL, base)
				continue
			}
			seen++
			p := table.Param(base, d.Code)
			switch why := notServed[base+"."+d.Code]; {
			case p == nil && why == "":
				t.Errorf("%s.%s (%s) is not served", base, d.Code, d.Type)
			case p != nil && why != "":
				t.Errorf("%s.%s is served: %s", base, d.Code, why)
			case p != nil && string(p.Kind) != d.Type:
				t.Errorf("%s.%s is a %s, not a %s", base, d.Code, p.Kind, d.Type)
			}
		}
	}
	if seen < 1400 {
		t.Errorf("only %d parameters of types", seen)
	}
}
