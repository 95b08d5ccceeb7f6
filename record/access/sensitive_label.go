package access

import (
	"slices"

	"concord/standard/fhir"
)

// Labelled adds to a resource the sensitivities that its codes ask for and its
// meta.security lacks. Every Coding counts, wherever it stands: in values,
// components, conclusions, extensions and contained resources too. A resource
// without such codes is returned as it is, and so are a Patient (whose labels say
// other things) and what speaks of no patient: definitions and the directory.
func (c *SensitiveCodes) Labelled(resource *fhir.Value) *fhir.Value {
	if KindOf(resource.Type()) != Clinical {
		return resource
	}
	var labels []*fhir.Value
	for _, l := range c.within(nil, resource) {
		labels = append(labels, fhir.Obj("system", ActCode, "code", l))
	}
	return AddLabels(resource, labels)
}

// within adds the labels that the codes within a value ask for, each once.
func (c *SensitiveCodes) within(found []string, v *fhir.Value) []string {
	switch v.Kind() {
	case fhir.Array:
		for one := range v.Each() {
			found = c.within(found, one)
		}
	case fhir.Object:
		if code := v.Get("code"); code.Kind() == fhir.String {
			if system := v.Get("system"); system != nil {
				if l := c.Of(system.Str(), code.Str()); l != "" && !slices.Contains(found, l) {
					found = append(found, l)
				}
			}
		}
		for name, member := range v.Members() {
			if k := member.Kind(); (k == fhir.Object || k == fhir.Array) && name != "meta" && name != "text" {
				found = c.within(found, member)
			}
		}
	}
	return found
}
