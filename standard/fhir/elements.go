package fhir

import (
	_ "embed"
	"iter"
	"maps"
	"strings"
	"sync"
)

//go:embed elements.txt
var elementsText string

// Structure is what R4 says about one type: a resource, a data type, a
// primitive type or a backbone element ("Patient.contact").
// (https://hl7.org/fhir/R4/structuredefinition.html)
type Structure struct {
	Name     string
	Base     string    // "DomainResource", "BackboneElement", …; "" for Element and Resource
	Form     Form      // what kind of type it is
	JSON     Kind      // the JSON kind of a value of this type
	Elements []Element // in the order of the specification, inherited ones first
	Required uint64    // bit i is set when Elements[i] has a minimum of one

	members map[string]Slot
}

// Form tells what kind of type a Structure is.
type Form uint8

// The forms of type.
const (
	PrimitiveType Form = iota + 1
	ComplexType
	ResourceType
)

// Element is one element of a Structure.
type Element struct {
	Number  int    // counts every element of every structure from 0, for side tables
	Index   int    // place in Structure.Elements, below 64
	Name    string // without the [x] of a choice
	Many    bool   // may repeat: an array in JSON
	Choice  bool   // value[x]: the member name tells the type
	Types   []*Structure
	Targets []string // resource types that a Reference may point at; empty for any
	Binding string   // value set whose codes are required, when R4 enumerates it
}

// Slot is where a JSON member or an XML element belongs: the element and, for
// a choice, the type that its name tells.
type Slot struct {
	Element *Element
	Type    *Structure
}

// Slot finds the element for a member name such as "name" or "valueQuantity".
// It does not know the companions of primitives ("_birthDate").
func (s *Structure) Slot(name string) (Slot, bool) {
	slot, ok := s.members[name]
	return slot, ok
}

// StructureOf is the R4 type of that name, such as "Patient", "HumanName",
// "code" or "Patient.contact"; nil when there is none.
func StructureOf(name string) *Structure { return loadStructures().byName[name] }

// ElementCount is one more than the highest Element.Number.
func ElementCount() int { return loadStructures().elements }

type structures struct {
	byName   map[string]*Structure
	elements int
}

var loadStructures = sync.OnceValue(func() structures {
	t := structures{byName: make(map[string]*Structure, 700)}
	own := map[string][]string{} // the lines of a block
	var order []*Structure
	for line := range strings.Lines(elementsText) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == ' ':
			last := order[len(order)-1]
			own[last.Name] = append(own[last.Name], line[1:])
		default:
			name, base, _ := strings.Cut(line, " : ")
			s := &Structure{Name: name, Base: base}
			t.byName[name] = s
			order = append(order, s)
		}
	}
	for _, s := range order {
		t.resolve(s, own)
	}
	for _, s := range order {
		s.index()
	}
	return t
})

// resolve fills in what the block says, after what the base says.
func (t *structures) resolve(s *Structure, own map[string][]string) {
	if s.Form != 0 {
		return
	}
	s.Form, s.JSON = ComplexType, Object
	home := s.Base
	switch {
	case s.Base == "primitive":
		// A primitive value carries an id and extensions beside it, as any Element.
		s.Form, s.JSON, home = PrimitiveType, jsonKind(s.Name), "Element"
	case s.Name == "Resource":
		s.Form = ResourceType
	}
	if base := t.byName[home]; base != nil {
		t.resolve(base, own)
		if base.Form == ResourceType {
			s.Form = ResourceType
		}
		s.Elements = append(s.Elements, base.Elements...)
	}
	for _, line := range own[s.Name] {
		s.Elements = append(s.Elements, t.element(line, s))
	}
	for i := range s.Elements {
		e := &s.Elements[i]
		e.Index, e.Number = i, t.elements
		t.elements++
	}
}

// element reads "name cardinality types binding".
func (t *structures) element(line string, s *Structure) Element {
	f := strings.Split(line, " ")
	e := Element{Many: f[1] == "*" || f[1] == "+"}
	if f[1] == "1" || f[1] == "+" {
		s.Required |= 1 << len(s.Elements)
	}
	e.Name, e.Choice = strings.CutSuffix(f[0], "[x]")
	for _, name := range strings.Split(f[2], ",") {
		if open := strings.IndexByte(name, '('); open > 0 {
			e.Targets = strings.Split(name[open+1:len(name)-1], "|")
			name = name[:open]
		}
		e.Types = append(e.Types, t.byName[name])
	}
	if len(f) > 3 {
		e.Binding = f[3]
	}
	return e
}

func (s *Structure) index() {
	s.members = make(map[string]Slot, len(s.Elements))
	for i := range s.Elements {
		e := &s.Elements[i]
		for _, typ := range e.Types {
			name := e.Name
			if e.Choice {
				name += strings.ToUpper(typ.Name[:1]) + typ.Name[1:]
			}
			s.members[name] = Slot{e, typ}
		}
	}
}

func jsonKind(primitive string) Kind {
	switch primitive {
	case "boolean":
		return Bool
	case "integer", "positiveInt", "unsignedInt", "decimal":
		return Number
	}
	return String
}

// Structures iterates over every structure, in no particular order.
func Structures() iter.Seq[*Structure] { return maps.Values(loadStructures().byName) }
