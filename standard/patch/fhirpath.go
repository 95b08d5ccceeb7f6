package patch

import (
	"strconv"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

// Limits of one FHIRPath Patch: the number of its operations, and the steps
// that the path of each may take.
const (
	maxPathOperations = 1000
	maxPathSteps      = 200_000
)

// FHIRPath applies a FHIRPath Patch (https://hl7.org/fhir/R4/fhirpatch.html): a
// Parameters resource with parameters named "operation".
//
// Errors are Invalid; At names the operation: "Parameters.parameter[1]".
// "patch.syntax" means that a part is missing or wrong, "patch.expression" that
// the path is no FHIRPath, "patch.path" that it leads nowhere, "patch.many"
// that it leads to several elements, "patch.list" that it is no list,
// "patch.index" a place outside the list, "patch.name" an element that R4 does
// not have there, "patch.exists" one that is there already and may not repeat,
// "patch.value" a value that does not suit the element.
func FHIRPath(doc, parameters *fhir.Value) (*fhir.Value, error) {
	if parameters.Type() != "Parameters" {
		return nil, errSyntax("a FHIRPath Patch is a Parameters resource")
	}
	list := parameters.Get("parameter")
	if list.Len() > maxPathOperations {
		return nil, fault.New(fault.TooCostly, "patch.work", "the patch has more operations than are taken")
	}
	for i := range list.Len() {
		out, err := change(doc, list.At(i))
		if err != nil {
			return nil, fault.Of(err).In("Parameters.parameter[" + strconv.Itoa(i) + "]")
		}
		doc = out
	}
	return doc, nil
}

// change applies one operation and gives the new document.
func change(doc, parameter *fhir.Value) (*fhir.Value, error) {
	if parameter.StrAt("name") != "operation" {
		return nil, errSyntax("a parameter of a patch is an operation")
	}
	op := operation{doc: doc, root: nodeOf(doc)}
	if err := op.read(parameter); err != nil {
		return nil, err
	}
	var f *fault.Fault
	switch op.kind {
	case "add":
		f = op.add()
	case "insert":
		f = op.insert()
	case "delete":
		f = op.remove()
	case "replace":
		f = op.replace()
	case "move":
		f = op.move()
	default:
		f = errSyntax("the type of an operation is one of add, insert, delete, replace, move")
	}
	if f != nil {
		return nil, f
	}
	return op.root.value()
}

// operation is one operation and the document it works on.
type operation struct {
	doc  *fhir.Value
	root *node

	kind, name string
	path       *fhirpath.Expr
	value      *fhir.Value // the part named value
	numbers    map[string]int
}

// read takes the parts of the parameter.
func (op *operation) read(parameter *fhir.Value) error {
	op.numbers = map[string]int{}
	for p := range parameter.Get("part").Each() {
		switch name := p.StrAt("name"); name {
		case "type":
			op.kind = given(p).Str()
		case "name":
			op.name = given(p).Str()
		case "path":
			e, err := fhirpath.Compile(given(p).Str())
			if err != nil {
				return fault.Wrap(err, fault.Invalid, "patch.expression", "the path is no FHIRPath expression")
			}
			op.path = e
		case "value":
			op.value = p
		case "index", "source", "destination":
			n, err := strconv.Atoi(given(p).Raw())
			if err != nil {
				return errSyntax("a place in a list is an integer")
			}
			op.numbers[name] = n
		case "previousValue":
			// What a difference writes beside replace and delete, for the reader.
		default:
			return errSyntax("the operation has a part that is not known")
		}
	}
	if op.path == nil {
		return errSyntax("the operation needs a path")
	}
	if op.value == nil && (op.kind == "add" || op.kind == "insert" || op.kind == "replace") {
		return errSyntax("the operation needs a value")
	}
	return nil
}

// given is the value[x] of a part.
func given(part *fhir.Value) *fhir.Value {
	for name, v := range part.Members() {
		if len(name) > len("value") && name[:len("value")] == "value" {
			return v
		}
	}
	return nil
}

// eval finds the elements that an expression leads to.
func (op *operation) eval(e *fhirpath.Expr) ([]trail, *fault.Fault) {
	found, err := e.Eval(&fhirpath.Env{Steps: maxPathSteps}, fhirpath.Resource(op.doc))
	if err != nil {
		return nil, fault.Wrap(err, fault.Of(err).Kind, "patch.expression", "the path cannot be evaluated")
	}
	out := make([]trail, 0, len(found))
	for _, n := range found.Nodes() {
		t, ok := op.locate(n)
		if !ok {
			return nil, errPath("the path leads out of the resource")
		}
		out = append(out, t)
	}
	if len(out) != len(found) {
		return nil, errPath("the path leads to a value that is no element")
	}
	return out, nil
}

// target is the one element that the path leads to.
func (op *operation) target() (trail, *fault.Fault) {
	found, f := op.eval(op.path)
	switch {
	case f != nil:
		return nil, f
	case len(found) == 0:
		return nil, errPath("the path leads to no element")
	case len(found) > 1:
		return nil, fault.New(fault.Invalid, "patch.many", "the path leads to several elements")
	}
	return found[0], nil
}

// add puts the value into the element that the path leads to.
func (op *operation) add() *fault.Fault {
	if op.name == "" {
		return errSyntax("add needs a name")
	}
	t, f := op.target()
	if f != nil {
		return f
	}
	home, typ := op.object(t)
	return addMember(home, typ, op.name, op.value)
}

// remove takes the element away, and what it leaves empty. That nothing is
// there is no error.
func (op *operation) remove() *fault.Fault {
	found, f := op.eval(op.path)
	if f != nil || len(found) == 0 {
		return f
	}
	t, f := op.target()
	if f != nil {
		return f
	}
	if len(t) == 0 {
		return errPath("the whole resource cannot be deleted")
	}
	t[len(t)-1].remove()
	op.prune(t)
	return nil
}

func (op *operation) replace() *fault.Fault {
	t, f := op.target()
	if f != nil {
		return f
	}
	if len(t) == 0 {
		return errPath("the whole resource cannot be replaced")
	}
	return t[len(t)-1].replace(op.value)
}
