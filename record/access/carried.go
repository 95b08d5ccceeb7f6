package access

import "concord/standard/fhir"

// Carried adds to the new version of a resource the labels (meta.security) of the one
// before that it lacks. A feed does not know what a privacy officer has sealed or
// marked, and an update that does not say a label does not take it away; only
// $meta-delete and a patch do, which name what they change.
// https://hl7.org/fhir/R4/resource.html#tag-updates
func Carried(resource, former *fhir.Value) *fhir.Value {
	var list []any
	for s := range resource.Path("meta.security").Each() {
		list = append(list, s)
	}
	had := len(list)
	for s := range former.Path("meta.security").Each() {
		if !labels(list, s) {
			list = append(list, s)
		}
	}
	if len(list) == had {
		return resource
	}
	meta := resource.Get("meta")
	if meta == nil {
		meta = fhir.Obj()
	}
	return resource.With("meta", meta.With("security", fhir.Arr(list...)))
}

func labels(list []any, label *fhir.Value) bool {
	for _, l := range list {
		if l := l.(*fhir.Value); l.StrAt("system") == label.StrAt("system") && l.StrAt("code") == label.StrAt("code") {
			return true
		}
	}
	return false
}
