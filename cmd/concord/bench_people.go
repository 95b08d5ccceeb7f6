package main

import (
	"fmt"
	"iter"
	"strings"

	"concord/demo"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// mostOfOne is how many resources a person of a population has at most; so
// many make about 40 of one person with another.
const mostOfOne = 44

// population streams a transaction for each of n people: those of the
// demonstration, with the beginning of long records alone.
func population(seed uint64, n int) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		i := 0
		for b := range demo.Bundles(seed, n) {
			name := fmt.Sprintf("person %d of seed %d", i, seed)
			if !yield(piece{file: name, bundle: shortened(b), text: []byte(name)}) {
				return
			}
			i++
		}
	}
}

// shortened leaves out what makes a record longer than most: the later
// encounters with what hangs on them. What hangs on none stands at the end, and
// stays. Entries refer to earlier ones only, so that no reference loses its
// target.
func shortened(b *fhir.Value) *fhir.Value {
	var entries []*fhir.Value
	for e := range b.Get("entry").Each() {
		entries = append(entries, e)
	}
	apart := len(entries)
	for apart > 1 && standsAlone(entries[apart-1].Get("resource").Type()) {
		apart--
	}
	first := min(apart, max(1, mostOfOne-(len(entries)-apart)))
	kept := append(entries[:first:first], entries[apart:]...)
	kept[0] = ofTestRange(kept[0])
	return b.With("entry", kept)
}

// standsAlone names what a made-up record ends with.
func standsAlone(typ string) bool {
	switch typ {
	case "AllergyIntolerance", "Immunization", "CarePlan", "Appointment":
		return true
	}
	return false
}

// ofTestRange takes an NHS number beyond the 999 range out of a Patient's
// entry: the range holds fewer than there may be people.
func ofTestRange(entry *fhir.Value) *fhir.Value {
	p := entry.Get("resource")
	var kept []*fhir.Value
	for id := range p.Get("identifier").Each() {
		if id.StrAt("system") != uk.NHSNumberSystem || strings.HasPrefix(id.StrAt("value"), "999") {
			kept = append(kept, id)
		}
	}
	return entry.With("resource", p.With("identifier", kept))
}
