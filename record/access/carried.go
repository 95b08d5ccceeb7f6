package access

import (
	"slices"

	"concord/standard/fhir"
)

// Carried adds to the new version of a resource the labels (meta.security) of the one
// before that it lacks. A feed does not know what a privacy officer has sealed or
// marked, and an update that does not say a label does not take it away; only
// $meta-delete and a patch do, which name what they change.
// https://hl7.org/fhir/R4/resource.html#tag-updates
func Carried(resource, former *fhir.Value) *fhir.Value {
	return AddLabels(resource, LabelsOn(former))
}

// LabelsOn are the labels of a resource, each a Coding of meta.security.
func LabelsOn(resource *fhir.Value) []*fhir.Value {
	var list []*fhir.Value
	for s := range resource.Path("meta.security").Each() {
		list = append(list, s)
	}
	return list
}

// AddLabels adds labels that a resource lacks; one that has them is returned as it is.
func AddLabels(resource *fhir.Value, labels []*fhir.Value) *fhir.Value {
	list := LabelsOn(resource)
	had := len(list)
	for _, l := range labels {
		if !slices.ContainsFunc(list, func(s *fhir.Value) bool { return SameLabel(s, l) }) {
			list = append(list, l)
		}
	}
	if len(list) == had {
		return resource
	}
	return SetLabels(resource, list)
}

// SetLabels puts labels in the place of those that a resource has; none takes them
// away.
func SetLabels(resource *fhir.Value, labels []*fhir.Value) *fhir.Value {
	meta := fhir.Obj().Join(resource.Get("meta"))
	if len(labels) == 0 {
		return resource.With("meta", meta.Without("security"))
	}
	return resource.With("meta", meta.With("security", labels))
}

// SameLabel compares two labels by system and code.
func SameLabel(a, b *fhir.Value) bool {
	return a.StrAt("system") == b.StrAt("system") && a.StrAt("code") == b.StrAt("code")
}
