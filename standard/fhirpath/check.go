package fhirpath

import (
	"strconv"

	"concord/fault"
	"concord/standard/fhir"
)

// Check goes over the expression with the R4 types, as it would be evaluated on
// an element of the named type, and refuses what can never give anything: an
// element that no type on the way has, a value[x] by its JSON name, an
// order-bound function on children(), an iif whose criterion is no boolean.
// (http://hl7.org/fhirpath/N1/#type-safety-and-strict-evaluation)
//
// The error is Invalid "fhirpath.semantic"; At holds the offset. A type that R4
// does not have is not checked.
func (e *Expr) Check(typ string) error {
	s := fhir.StructureOf(typ)
	if s == nil {
		return nil
	}
	c := checker{this: shape{types: []*fhir.Structure{s}}}
	c.focus = c.this
	_, err := c.infer(e.tree)
	return err
}

// shape is what is known of a collection before it is evaluated.
type shape struct {
	types     []*fhir.Structure // FHIR types that its items may have
	system    kind              // or the System type that they all have
	open      bool              // nothing is known
	unordered bool              // the order of the items means nothing
}

type checker struct {
	this, focus shape
}

func errSemantic(t *tree, text string) error {
	return fault.New(fault.Invalid, "fhirpath.semantic", "%s", text).In("offset " + strconv.Itoa(t.at))
}

func (c *checker) infer(t *tree) (shape, error) {
	switch t.form {
	case literalForm:
		return shape{system: t.lit.kind}, nil
	case thisForm:
		return c.this, nil
	case indexForm:
		return shape{system: integerKind}, nil
	case variableForm:
		if t.name == "context" {
			return c.focus, nil
		}
		return shape{open: true}, nil
	case memberForm:
		return c.member(t)
	case callForm:
		return c.call(t)
	case indexerForm:
		return c.indexer(t)
	case binaryForm:
		return c.binary(t)
	case signForm:
		return c.infer(t.args[0])
	case typeForm:
		if _, err := c.infer(t.args[0]); err != nil {
			return shape{}, err
		}
		return typed(t.name, t.spec), nil
	}
	return shape{open: true}, nil
}

func (c *checker) input(t *tree) (shape, error) {
	if t.in == nil {
		return c.this, nil
	}
	return c.infer(t.in)
}

// typed is the shape of is, as and ofType.
func typed(op string, spec typeSpec) shape {
	switch {
	case op == "is":
		return shape{system: booleanKind}
	case spec.fhir != nil && spec.system == 0:
		return shape{types: []*fhir.Structure{spec.fhir}}
	}
	return shape{open: true}
}

func (c *checker) member(t *tree) (shape, error) {
	in, err := c.input(t)
	if err != nil || in.open {
		return shape{open: true}, err
	}
	if t.in == nil {
		if typ := fhir.StructureOf(t.name); typ != nil && in.may(typ) {
			return in, nil
		}
	}
	if in.system == quantityKind || in.system == typeKind {
		return shape{open: true}, nil
	}
	out := shape{unordered: in.unordered}
	for _, typ := range in.types {
		b := bindingOf(typ, t.name)
		switch {
		case isAbstract(typ), b.how == untypedMember:
			return shape{open: true}, nil
		case b.how == choiceMember:
			out.types = append(out.types, b.choice.Types...)
		case b.how != absent:
			out.types = append(out.types, b.typ)
		}
	}
	if len(out.types) == 0 {
		return shape{}, errSemantic(t, "R4 has no such element here")
	}
	return out, nil
}

func (s shape) may(typ *fhir.Structure) bool {
	for _, t := range s.types {
		if derives(t, typ) {
			return true
		}
	}
	return false
}

// isAbstract: the items are of types that derive from this one.
func isAbstract(t *fhir.Structure) bool {
	return t.Name == "Resource" || t.Name == "DomainResource" || isOpen(t)
}

func (c *checker) indexer(t *tree) (shape, error) {
	in, err := c.infer(t.in)
	if err != nil {
		return shape{}, err
	}
	if _, err := c.infer(t.args[0]); err != nil {
		return shape{}, err
	}
	return in, ordered(t, in)
}

func ordered(t *tree, in shape) error {
	if in.unordered {
		return errSemantic(t, "the items before it have no order")
	}
	return nil
}

func (c *checker) binary(t *tree) (shape, error) {
	left, err := c.infer(t.args[0])
	if err != nil {
		return shape{}, err
	}
	right, err := c.infer(t.args[1])
	if err != nil {
		return shape{}, err
	}
	switch t.name {
	case "|":
		return left.merge(right), nil
	case "+", "-", "*", "/", "div", "mod", "&":
		return shape{open: true}, nil
	}
	return shape{system: booleanKind}, nil
}

func (s shape) merge(o shape) shape {
	if s.open || o.open || s.system != o.system {
		return shape{open: true}
	}
	return shape{types: append(append([]*fhir.Structure(nil), s.types...), o.types...), system: s.system}
}
