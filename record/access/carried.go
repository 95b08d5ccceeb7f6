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
	var had []*fhir.Value
	for s := range former.Path("meta.security").Each() {
		had = append(had, s)
	}
	return with(resource, had)
}

// with adds labels that a resource lacks; one that has them is returned as it is.
func with(resource *fhir.Value, labels []*fhir.Value) *fhir.Value {
	var list []*fhir.Value
	for s := range resource.Path("meta.security").Each() {
		list = append(list, s)
	}
	had := len(list)
	for _, l := range labels {
		if !slices.ContainsFunc(list, func(s *fhir.Value) bool {
			return s.StrAt("system") == l.StrAt("system") && s.StrAt("code") == l.StrAt("code")
		}) {
			list = append(list, l)
		}
	}
	if len(list) == had {
		return resource
	}
	return resource.With("meta", fhir.Obj().Join(resource.Get("meta")).With("security", list))
}
