package search

import (
	"strings"

	"concord/standard/fhir"
)

// At is the extractor of a server that has, and had, these addresses
// ("https://concord.example/fhir"): what is looked for by a relative reference is also
// looked for as it is filed of a resource that was stored with the absolute one. What
// is filed of a resource does not change.
func (x *Extractor) At(homes ...string) *Extractor {
	out := *x
	out.homes = homes
	return &out
}

// spelled are the ways in which a reference may be filed.
func (x *Extractor) spelled(ref string) []string {
	if len(x.homes) == 0 || strings.Contains(ref, ":") || strings.HasPrefix(ref, "#") {
		return []string{ref}
	}
	if typ, _, ok := strings.Cut(ref, "/"); !ok || fhir.R4().Number(typ) == 0 {
		return []string{ref}
	}
	out := make([]string, 0, 1+len(x.homes))
	out = append(out, ref)
	for _, home := range x.homes {
		out = append(out, home+"/"+ref)
	}
	return out
}
