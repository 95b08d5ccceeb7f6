package fhirpath

import (
	"strings"

	"concord/standard/fhir"
)

// typeSpec is the type that is, as and ofType name
// (http://hl7.org/fhirpath/N1/#types-and-reflection). A bare name may mean a
// FHIR type and a System type.
type typeSpec struct {
	name   string
	fhir   *fhir.Structure
	system kind // 0 for none
	known  bool
}

func newTypeSpec(name string) typeSpec {
	s := typeSpec{name: name}
	namespace, bare, qualified := strings.Cut(name, ".")
	if !qualified {
		namespace, bare = "", name
	}
	if namespace != "System" {
		s.fhir = fhir.StructureOf(bare)
	}
	if namespace != "FHIR" {
		s.system = systemKind(bare)
	}
	s.known = qualified || s.fhir != nil || s.system != 0
	return s
}

func systemKind(name string) kind {
	for k, n := range systemNames {
		if n == name && n != "" {
			return kind(k)
		}
	}
	return 0
}

func (s typeSpec) check() error {
	if s.known {
		return nil
	}
	return errType("the expression names a type that R4 does not have")
}

// holds tells whether an item is of the type or of one that derives from it.
func (s typeSpec) holds(it *Item) bool {
	if it.kind != nodeKind {
		return it.kind == s.system
	}
	return s.fhir != nil && derives(it.typ, s.fhir)
}

// selects is holds for as and ofType. By the R4 suite these take a primitive
// only by its own type: a code is no string to them.
func (s typeSpec) selects(it *Item) bool {
	if it.kind == nodeKind && s.fhir != nil && s.fhir.Form == fhir.PrimitiveType {
		return it.typ == s.fhir
	}
	return s.holds(it)
}

func derives(t, base *fhir.Structure) bool {
	for t != nil {
		if t == base || t.Base == base.Name {
			return true
		}
		t = parentOf(t)
	}
	return false
}

// parentOf is the type that a type specialises
// (https://hl7.org/fhir/R4/datatypes.html).
func parentOf(t *fhir.Structure) *fhir.Structure {
	if t.Form != fhir.PrimitiveType {
		return fhir.StructureOf(t.Base)
	}
	switch t.Name {
	case "code", "id", "markdown":
		return fhir.StructureOf("string")
	case "canonical", "url", "uuid", "oid":
		return fhir.StructureOf("uri")
	case "positiveInt", "unsignedInt":
		return fhir.StructureOf("integer")
	}
	return fhir.StructureOf("Element")
}

// typeName is what type() gives.
type typeName struct{ namespace, name string }

func (t typeName) String() string { return t.namespace + "." + t.name }

func typeOf(it *Item) (typeName, bool) {
	switch {
	case it.kind != nodeKind:
		return typeName{"System", systemNames[it.kind]}, true
	case it.typ == nil:
		return typeName{}, false
	case strings.Contains(it.typ.Name, "."):
		return typeName{"FHIR", it.typ.Base}, true
	}
	return typeName{"FHIR", it.typ.Name}, true
}

// compileType makes the code of "x is T", "x as T" and of the functions is, as
// and ofType.
func (c *compiler) compileType(op string, in code, spec typeSpec) code {
	if op == "is" {
		return testing(func(m *machine) (truth, error) {
			mark := len(m.stack)
			if err := in.push(m); err != nil {
				return unknown, err
			}
			it, ok, err := m.single(mark)
			if err == nil {
				err = spec.check()
			}
			if err != nil || !ok {
				return unknown, err
			}
			return truthOf(spec.holds(&it)), nil
		})
	}
	many := op == "ofType"
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return err
		}
		if err := spec.check(); err != nil {
			return err
		}
		if len(m.stack)-mark > 1 && !many && !m.manyAs {
			return errSingleton()
		}
		keep := mark
		for i := mark; i < len(m.stack); i++ {
			if spec.selects(&m.stack[i]) {
				m.stack[keep] = m.stack[i]
				keep++
			}
		}
		m.stack = m.stack[:keep]
		return nil
	})
}
