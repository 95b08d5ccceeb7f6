package fhir

// Links between Patients say that one goes on under another
// (https://hl7.org/fhir/R4/patient-definitions.html#Patient.link).

// HasLink tells whether a Patient links to a reference in a way: "replaced-by",
// "replaces" …
func HasLink(patient *Value, ref, kind string) bool {
	for l := range patient.Get("link").Each() {
		if isLink(l, ref, kind) {
			return true
		}
	}
	return false
}

// WithoutLink is the Patient without that link.
func WithoutLink(patient *Value, ref, kind string) *Value {
	var keep []*Value
	for l := range patient.Get("link").Each() {
		if !isLink(l, ref, kind) {
			keep = append(keep, l)
		}
	}
	return patient.With("link", keep)
}

// WithLink is the Patient with that link, once.
func WithLink(patient *Value, ref, kind string) *Value {
	if HasLink(patient, ref, kind) {
		return patient
	}
	return patient.With("link", append(patient.All("link"), Obj("other", Obj("reference", ref), "type", kind)))
}

func isLink(l *Value, ref, kind string) bool {
	return l.StrAt("other.reference") == ref && l.StrAt("type") == kind
}
