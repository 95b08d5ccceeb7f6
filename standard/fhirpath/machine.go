package fhirpath

import (
	"concord/fault"
	"concord/standard/fhir"
)

// machine is the state of one evaluation. Expressions append their result to
// the stack; who called them knows where it began.
type machine struct {
	env    *Env
	stack  []Item
	this   Item // $this
	focus  Item // %context
	index  int  // $index
	total  Collection
	below  []Item // %resource.descendants(), once it was asked for
	steps  int
	manyAs bool
}

// truth is a boolean of three values.
type truth int8

const (
	no      truth = -1
	unknown truth = 0 // the empty collection
	yes     truth = 1
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth { return -t }

// code is a compiled expression: two ways to run it.
type code struct {
	push func(m *machine) error          // appends the result to the stack
	test func(m *machine) (truth, error) // the result as a condition
}

// pushing makes code of a function that appends to the stack.
func pushing(push func(m *machine) error) code {
	return code{push: push, test: func(m *machine) (truth, error) {
		mark := len(m.stack)
		if err := push(m); err != nil {
			return unknown, err
		}
		return m.condition(mark)
	}}
}

// testing makes code of a condition.
func testing(test func(m *machine) (truth, error)) code {
	return code{test: test, push: func(m *machine) error {
		t, err := test(m)
		if err != nil || t == unknown {
			return err
		}
		return m.push(booleanItem(t == yes))
	}}
}

// condition takes what lies above mark from the stack and reads it as a
// condition (http://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections).
func (m *machine) condition(mark int) (truth, error) {
	region := m.stack[mark:]
	m.stack = m.stack[:mark]
	switch len(region) {
	case 0:
		return unknown, nil
	case 1:
		return region[0].truth(), nil
	}
	return unknown, errSingleton()
}

// truth reads one item as a condition: what is no boolean counts as true.
func (it *Item) truth() truth {
	switch {
	case it.kind == booleanKind:
		return truthOf(it.num != 0)
	case it.kind == nodeKind && it.value.Kind() == fhir.Bool:
		return truthOf(it.value.Bool())
	}
	return yes
}

func (m *machine) push(it Item) error {
	m.stack = append(m.stack, it)
	return m.step()
}

func (m *machine) pushAll(items []Item) error {
	m.stack = append(m.stack, items...)
	m.steps -= len(items)
	return m.step()
}

// step uses up one step of the budget.
func (m *machine) step() error {
	if m.steps--; m.steps < 0 {
		return errSteps()
	}
	return nil
}

// use uses up n steps.
func (m *machine) use(n int) error {
	if m.steps -= n; m.steps < 0 {
		return errSteps()
	}
	return nil
}

// settle moves what lies above from down to mark.
func (m *machine) settle(mark, from int) {
	n := copy(m.stack[mark:], m.stack[from:])
	m.stack = m.stack[:mark+n]
}

// single takes what lies above mark, which must be one item at most; ok is
// false when there is none.
func (m *machine) single(mark int) (it Item, ok bool, err error) {
	region := m.stack[mark:]
	m.stack = m.stack[:mark]
	switch len(region) {
	case 0:
		return it, false, nil
	case 1:
		return region[0], true, nil
	}
	return it, false, errSingleton()
}

// scope is what a loop changes and puts back.
type scope struct {
	this  Item
	index int
}

func (m *machine) enter() scope { return scope{m.this, m.index} }

func (m *machine) leave(s scope) { m.this, m.index = s.this, s.index }

func errSteps() error {
	return fault.New(fault.TooCostly, "fhirpath.steps", "the expression takes more steps than it may")
}

func errSize() error {
	return fault.New(fault.TooCostly, "fhirpath.size", "the expression makes a text that is too long")
}

func errSingleton() error {
	return fault.New(fault.Invalid, "fhirpath.singleton", "the expression meets several items where one at most is allowed")
}

func errType(what string) error {
	return fault.New(fault.Invalid, "fhirpath.type", "%s", what)
}
