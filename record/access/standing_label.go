package access

import (
	"slices"

	"concord/standard/fhir"
)

// standingMark is an extension of a label that a standing seal has put on: the id of
// the Consent, so that the label goes when the seal does.
const standingMark = "urn:concord:standing-seal"

// Put gives a resource the seal's label, where it has none that is as strict, and its
// teams, where it has none: a label that it has of its own is never made wider.
func (s *StandingSeal) Put(resource *fhir.Value) *fhir.Value {
	bare := s.Take(resource)
	m := MarksOf(bare.Type(), bare.Path("meta.security"))
	list := LabelsOn(bare)
	if m.Label < s.Label {
		list = append(list, s.labelled(Confidentiality, map[Label]string{Sealed: "R", Locked: "V"}[s.Label]))
	}
	if m.Label <= s.Label && len(m.Teams) == 0 {
		for _, team := range s.Teams {
			list = append(list, s.labelled(TeamSystem, team))
		}
	}
	if had := LabelsOn(resource); slices.EqualFunc(had, list, SameSeal) {
		return resource
	}
	return SetLabels(bare, list)
}

// Take takes the labels away that the seal has put on; a resource without them is
// returned as it is.
func (s *StandingSeal) Take(resource *fhir.Value) *fhir.Value {
	had := LabelsOn(resource)
	list := slices.DeleteFunc(slices.Clone(had), func(l *fhir.Value) bool { return markOf(l) == s.ID })
	if len(list) == len(had) {
		return resource
	}
	return SetLabels(resource, list)
}

func (s *StandingSeal) labelled(system, code string) *fhir.Value {
	return fhir.Obj("system", system, "code", code, "extension", fhir.Arr(fhir.Obj("url", standingMark, "valueId", s.ID)))
}

// StandingOn are the ids of the standing seals whose labels a resource has.
func StandingOn(resource *fhir.Value) []string {
	var out []string
	for _, l := range LabelsOn(resource) {
		if id := markOf(l); id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// markOf is the standing seal that has put a label on, "" for any other label.
func markOf(label *fhir.Value) string { return fhir.Extension(label, standingMark).StrAt("valueId") }

// SameSeal compares two labels by system and code, and by the standing seal that has put
// them on.
func SameSeal(a, b *fhir.Value) bool { return SameLabel(a, b) && markOf(a) == markOf(b) }
