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
	missing := slices.DeleteFunc(c.within(nil, resource), func(label string) bool { return says(resource, label) })
	if len(missing) == 0 {
		return resource
	}
	meta := resource.Get("meta")
	if meta == nil {
		meta = fhir.Obj()
	}
	var list []*fhir.Value
	for s := range meta.Get("security").Each() {
		list = append(list, s)
	}
	for _, l := range missing {
		list = append(list, fhir.Obj("system", ActCode, "code", l))
	}
	return resource.With("meta", meta.With("security", list))
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

func says(resource *fhir.Value, label string) bool {
	for s := range resource.Path("meta.security").Each() {
		if s.StrAt("system") == ActCode && s.StrAt("code") == label {
			return true
		}
	}
	return false
}
