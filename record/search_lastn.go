package record

import (
	"slices"

	"concord/standard/fhir"
	"concord/standard/search"
)

// lastN keeps the newest n observations of each code, newest first. Codes are
// the same when they share a coding; what has no coding goes by its text
// (https://hl7.org/fhir/R4/observation-operation-lastn.html).
func lastN(hits []*Item, n int) []*Item {
	hits = slices.Clone(hits)
	slices.SortStableFunc(hits, func(a, b *Item) int { return b.Date.Compare(a.Date) })
	group := map[string]int{} // coding → group
	counts := []int{}
	var out []*Item
	for _, it := range hits {
		at := -1
		names := codeNames(it.Resource)
		for _, name := range names {
			if g, known := group[name]; known {
				at = g
				break
			}
		}
		if at < 0 {
			at = len(counts)
			counts = append(counts, 0)
		}
		for _, name := range names {
			if _, known := group[name]; !known {
				group[name] = at
			}
		}
		if counts[at]++; counts[at] <= n {
			out = append(out, it)
		}
	}
	return out
}

func codeNames(observation *fhir.Value) []string {
	var out []string
	for _, c := range fhir.Codings(observation.Get("code")) {
		out = append(out, c.System+"|"+c.Code)
	}
	if out == nil {
		out = []string{search.Fold(observation.StrAt("code.text"))}
	}
	return out
}
