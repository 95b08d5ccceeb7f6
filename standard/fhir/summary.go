package fhir

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed summary.txt
var summaryText string

var loadSummaries = sync.OnceValue(func() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for line := range strings.Lines(summaryText) {
		f := strings.Fields(line)
		names := make(map[string]bool, len(f))
		for _, n := range f[1:] {
			names[n] = true
		}
		out[f[0]] = names
	}
	return out
})

// InSummary tells whether an element of a resource type belongs to its summary
// (https://hl7.org/fhir/R4/search.html#summary).
func InSummary(typ, element string) bool { return loadSummaries()[typ][element] }
