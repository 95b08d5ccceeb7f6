package fhir_test

import (
	"testing"

	"concord/standard/fhir"
)

func TestEveryResourceTypeHasAStructure(t *testing.T) {
	for _, name := range fhir.R4().Names() {
		s := fhir.StructureOf(name)
		if s == nil || s.Form != fhir.ResourceType {
			t.Errorf("%s has no structure of a resource", name)
		}
	}
}

func TestStructures(t *testing.T) {
	for _, c := range []struct {
		structure, member string
		element, typ      string
		many              bool
	}{
		{"Patient", "name", "name", "HumanName", true},
		{"Patient", "deceasedDateTime", "deceased", "dateTime", false},
		{"Patient", "contact", "contact", "Patient.contact", true},
		{"Patient", "contained", "contained", "Resource", true},
		{"Patient.contact", "modifierExtension", "modifierExtension", "Extension", true},
		{"Questionnaire.item", "item", "item", "Questionnaire.item", true},
		{"Extension", "valueMeta", "value", "Meta", false},
		{"Age", "comparator", "comparator", "code", false},
		{"code", "extension", "extension", "Extension", true},
		{"Binary", "data", "data", "base64Binary", false},
	} {
		slot, ok := fhir.StructureOf(c.structure).Slot(c.member)
		if !ok || slot.Element.Name != c.element || slot.Type.Name != c.typ || slot.Element.Many != c.many {
			t.Errorf("%s.%s: %+v", c.structure, c.member, slot)
		}
	}
	for _, c := range [][2]string{{"Patient", "value"}, {"Patient", "deceased"}, {"Binary", "text"}, {"Element", "modifierExtension"}} {
		if _, ok := fhir.StructureOf(c[0]).Slot(c[1]); ok {
			t.Errorf("%s has no member %s", c[0], c[1])
		}
	}
	obs := fhir.StructureOf("Observation")
	for _, name := range []string{"status", "code"} {
		if slot, _ := obs.Slot(name); obs.Required>>slot.Element.Index&1 != 1 {
			t.Errorf("Observation.%s is required", name)
		}
	}
	if slot, _ := obs.Slot("subject"); len(slot.Element.Targets) != 4 {
		t.Errorf("Observation.subject may point at %v", slot.Element.Targets)
	}
}

// Every element has its own number and a place below 64, and every type that
// is named exists.
func TestElementNumbers(t *testing.T) {
	seen := make([]bool, fhir.ElementCount())
	var visit func(s *fhir.Structure)
	done := map[*fhir.Structure]bool{}
	visit = func(s *fhir.Structure) {
		if s == nil {
			t.Fatal("an element names a type that does not exist")
		}
		if done[s] {
			return
		}
		done[s] = true
		for i := range s.Elements {
			e := &s.Elements[i]
			if e.Index != i || i > 63 || seen[e.Number] {
				t.Fatalf("%s.%s: index %d, number %d", s.Name, e.Name, e.Index, e.Number)
			}
			seen[e.Number] = true
			for _, typ := range e.Types {
				visit(typ)
			}
		}
	}
	for _, name := range fhir.R4().Names() {
		visit(fhir.StructureOf(name))
	}
}

func BenchmarkStructureOf(b *testing.B) {
	for b.Loop() {
		fhir.StructureOf("Patient")
	}
}
