package patch

import (
	"strconv"

	"concord/fault"
	"concord/standard/fhir"
)

// Limits of one patch: the number of its operations, and how many values they
// may copy and compare in all.
const (
	maxOperations = 10_000
	maxWork       = 2_000_000
)

// JSON applies a JSON Patch (RFC 6902): an array of operations.
//
// Errors are Invalid; At names the operation and its member, such as "[2].path":
// "patch.syntax" for a patch that is none, "patch.pointer" for a path that is
// no JSON Pointer, "patch.path" for one that leads nowhere, "patch.test" for a
// test that fails, "patch.depth" for an outcome that nests too deeply. A patch
// that copies or compares too much is TooCostly "patch.work".
func JSON(doc, patch *fhir.Value) (*fhir.Value, error) {
	if patch.Kind() != fhir.Array {
		return nil, fault.New(fault.Invalid, "patch.syntax", "a JSON Patch is an array of operations")
	}
	if patch.Len() > maxOperations {
		return nil, fault.New(fault.TooCostly, "patch.work", "the patch has more operations than are taken")
	}
	d := document{root: nodeOf(doc), left: maxWork}
	for i := range patch.Len() {
		if f := d.apply(patch.At(i)); f != nil {
			return nil, f.In("[" + strconv.Itoa(i) + "]" + f.At)
		}
	}
	return d.root.value()
}

// document is a document while a JSON Patch is applied to it.
type document struct {
	root *node
	left int // of maxWork
}

func errSyntax(text string) *fault.Fault { return fault.New(fault.Invalid, "patch.syntax", "%s", text) }

func (d *document) use(n int) *fault.Fault {
	if d.left -= n; d.left < 0 {
		return fault.New(fault.TooCostly, "patch.work", "the patch copies or compares more than it may")
	}
	return nil
}

// apply runs one operation. The fault's At is a member of it.
func (d *document) apply(op *fhir.Value) *fault.Fault {
	if op.Kind() != fhir.Object {
		return errSyntax("an operation is an object")
	}
	path, f := pointerAt(op, "path")
	if f != nil {
		return f
	}
	switch op.Get("op").Str() {
	case "add":
		return d.with(op, func(m *node) *fault.Fault { return d.add(path, m) })
	case "replace":
		return d.with(op, func(m *node) *fault.Fault { return d.replace(path, m) })
	case "test":
		return d.with(op, func(m *node) *fault.Fault { return d.test(path, m) })
	case "remove":
		_, f := d.remove(path)
		return at(f, ".path")
	case "move":
		return d.move(op, path)
	case "copy":
		return d.copy(op, path)
	}
	return errSyntax("the operation is none of add, remove, replace, move, copy, test").In(".op")
}

func at(f *fault.Fault, member string) *fault.Fault {
	if f == nil {
		return nil
	}
	return f.In(member)
}

func pointerAt(op *fhir.Value, member string) (pointer, *fault.Fault) {
	v := op.Get(member)
	if v.Kind() != fhir.String {
		return nil, errSyntax("the operation needs a JSON Pointer here").In("." + member)
	}
	p, ok := parsePointer(v.Str())
	if !ok {
		return nil, fault.New(fault.Invalid, "patch.pointer", "this is no JSON Pointer").In("." + member)
	}
	return p, nil
}

// with hands the value of the operation on; null is a value as any other.
func (d *document) with(op *fhir.Value, run func(*node) *fault.Fault) *fault.Fault {
	v := op.Get("value")
	if v == nil {
		return errSyntax("the operation needs a value").In(".value")
	}
	return at(run(nodeOf(v)), ".path")
}

func (d *document) add(p pointer, m *node) *fault.Fault {
	if len(p) == 0 {
		d.root = m
		return nil
	}
	return d.root.put(p, m)
}

func (d *document) replace(p pointer, m *node) *fault.Fault {
	if len(p) == 0 {
		d.root = m
		return nil
	}
	return d.root.exchange(p, m)
}

func (d *document) remove(p pointer) (*node, *fault.Fault) {
	if len(p) == 0 {
		return nil, errPath("the whole document cannot be removed")
	}
	return d.root.takeOut(p)
}

func (d *document) test(p pointer, m *node) *fault.Fault {
	found, f := d.root.walk(p)
	if f != nil {
		return f
	}
	same, f := d.equal(found, m)
	if f == nil && !same {
		f = fault.New(fault.Invalid, "patch.test", "the value at this path is another one")
	}
	return f
}

func (d *document) move(op *fhir.Value, to pointer) *fault.Fault {
	from, f := pointerAt(op, "from")
	if f != nil {
		return f
	}
	if to.within(from) {
		return errPath("a value cannot be moved into itself").In(".path")
	}
	if len(from) == 0 {
		// To its own place, since every other place lies within.
		return nil
	}
	m, f := d.root.takeOut(from)
	if f != nil {
		return f.In(".from")
	}
	return at(d.add(to, m), ".path")
}

func (d *document) copy(op *fhir.Value, to pointer) *fault.Fault {
	from, f := pointerAt(op, "from")
	if f != nil {
		return f
	}
	m, f := d.root.walk(from)
	if f != nil {
		return f.In(".from")
	}
	if f := d.use(m.count(d.left)); f != nil {
		return f
	}
	return at(d.add(to, m.clone()), ".path")
}
