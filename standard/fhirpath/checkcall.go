package fhirpath

import "concord/standard/fhir"

// call infers what a function gives.
func (c *checker) call(t *tree) (shape, error) {
	in, err := c.input(t)
	if err != nil {
		return shape{}, err
	}
	args, err := c.arguments(t, in)
	if err != nil {
		return shape{}, err
	}
	if isTypeFunction(t.name) {
		return typed(t.name, t.spec), nil
	}
	switch t.name {
	case "first", "last", "tail", "skip", "take":
		return in, ordered(t, in)
	case "where", "single", "distinct", "exclude", "intersect", "trace", "checkModifiers":
		return in, nil
	case "sort":
		in.unordered = false
		return in, nil
	case "select":
		return args[0], nil
	case "union", "combine":
		return in.merge(args[0]), nil
	case "children", "descendants":
		return shape{open: true, unordered: true}, nil
	case "extension":
		return shape{types: []*fhir.Structure{fhir.StructureOf("Extension")}}, nil
	case "iif":
		if k := args[0].system; k != 0 && k != booleanKind {
			return shape{}, errSemantic(t, "the criterion of iif is no boolean")
		}
		return shape{open: true}, nil
	}
	if k := resultKind(t.name); k != 0 {
		return shape{system: k}, nil
	}
	return shape{open: true}, nil
}

// arguments infers the arguments; those of loops see the items as $this.
func (c *checker) arguments(t *tree, in shape) ([]shape, error) {
	inner := *c
	switch t.name {
	case "where", "select", "all", "exists", "sort", "trace", "iif":
		inner.this = in
		inner.this.unordered = false
	case "repeat", "aggregate":
		inner.this = shape{open: true}
	}
	var out []shape
	for _, a := range t.args {
		s, err := inner.infer(a)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// resultKind is the System type that a function always gives, 0 for others.
func resultKind(name string) kind {
	switch name {
	case "not", "exists", "empty", "all", "allTrue", "anyTrue", "allFalse", "anyFalse", "subsetOf", "supersetOf",
		"isDistinct", "hasValue", "startsWith", "endsWith", "contains", "matches", "matchesFull", "memberOf", "conformsTo",
		"htmlChecks", "htmlChecks2", "comparable", "convertsToBoolean", "convertsToInteger", "convertsToDecimal",
		"convertsToString", "convertsToDate", "convertsToDateTime", "convertsToTime", "convertsToQuantity", "toBoolean":
		return booleanKind
	case "count", "length", "indexOf", "lastIndexOf", "toInteger", "ceiling", "floor", "truncate", "precision":
		return integerKind
	case "toString", "substring", "upper", "lower", "trim", "replace", "replaceMatches", "join", "toChars", "split",
		"encode", "decode", "escape", "unescape":
		return stringKind
	case "toQuantity":
		return quantityKind
	case "type":
		return typeKind
	}
	return 0
}
