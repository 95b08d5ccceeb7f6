package fhirapi

import (
	"strings"

	"concord/standard/fhir"
)

// summarised applies _elements and _summary
// (https://hl7.org/fhir/R4/search.html#summary, #elements); what is cut is
// tagged SUBSETTED. Elements that must be there stay, so that what is left is
// still a resource.
func summarised(res *fhir.Value, summary, elements string) *fhir.Value {
	s := fhir.StructureOf(res.Type())
	if res == nil || s == nil {
		return res
	}
	var keep func(name string) bool
	switch {
	case elements != "":
		wanted := wantedElements(res.Type(), elements)
		keep = func(n string) bool { return wanted[n] || mandatory(s, n) }
	case summary == "true":
		keep = func(n string) bool { return fhir.InSummary(s.Name, n) || mandatory(s, n) }
	case summary == "data":
		keep = func(n string) bool { return n != "text" }
	case summary == "text":
		keep = func(n string) bool { return n == "text" || mandatory(s, n) }
	default:
		return res
	}
	var drop []string
	for n := range res.Members() {
		base := strings.TrimPrefix(n, "_")
		if n != "resourceType" && n != "id" && n != "meta" && !keep(elementOf(s, base)) {
			drop = append(drop, n)
		}
	}
	out := res.Without(drop...)
	meta := out.Get("meta")
	tags := []any{}
	for t := range meta.Get("tag").Each() {
		tags = append(tags, t)
	}
	tags = append(tags, fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code", "SUBSETTED"))
	return out.With("meta", meta.With("tag", fhir.Arr(tags...)))
}

// wantedElements reads _elements; a name may carry the type that it is of.
func wantedElements(typ, elements string) map[string]bool {
	wanted := map[string]bool{}
	for _, e := range strings.Split(elements, ",") {
		e = strings.TrimSpace(e)
		if of, name, ok := strings.Cut(e, "."); ok && fhir.R4().Number(of) != 0 {
			if of != typ {
				continue
			}
			e = name
		}
		e, _, _ = strings.Cut(e, ".")
		wanted[e] = true
	}
	return wanted
}

// elementOf is the element that a member belongs to: "value" for
// "valueQuantity".
func elementOf(s *fhir.Structure, member string) string {
	if slot, ok := s.Slot(member); ok {
		return slot.Element.Name
	}
	return member
}

func mandatory(s *fhir.Structure, name string) bool {
	for i := range s.Elements {
		if s.Elements[i].Name == name {
			return s.Required&(1<<i) != 0
		}
	}
	return false
}
