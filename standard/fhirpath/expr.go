package fhirpath

import (
	"strings"
	"sync"

	"concord/standard/fhir"
)

// Expr is a compiled expression. It is safe for concurrent use.
type Expr struct {
	src  string
	tree *tree
	code code
	idle sync.Pool // of *machine
}

// Compile reads an expression. The error is Invalid: "fhirpath.syntax", or
// "fhirpath.function" for an unknown function or a wrong number of arguments;
// At holds the offset ("offset 12").
func Compile(src string) (*Expr, error) {
	t, err := parse(src)
	if err != nil {
		return nil, err
	}
	c, err := compile(t)
	if err != nil {
		return nil, err
	}
	return &Expr{src: src, tree: t, code: c}, nil
}

// MustCompile is Compile for tables of known expressions; it panics on an
// error.
func MustCompile(src string) *Expr {
	e, err := Compile(src)
	if err != nil {
		panic("fhirpath: " + src + ": " + err.Error())
	}
	return e
}

// String is the source.
func (e *Expr) String() string { return e.src }

// Eval evaluates the expression on one element. Errors are Invalid with codes
// such as "fhirpath.singleton" and "fhirpath.type", Unsupported for what is not
// known here, and TooCostly "fhirpath.steps" or "fhirpath.size".
func (e *Expr) Eval(env *Env, focus Node) (Collection, error) {
	m := e.machine(env, focus)
	err := e.code.push(m)
	var out Collection
	if err == nil && m.steps < 0 {
		err = errSteps()
	}
	if err == nil && len(m.stack) > 0 {
		out = append(out, m.stack...)
	}
	e.release(m)
	return out, err
}

// Test tells whether the expression holds: true for one boolean true and for
// one item that is no boolean, false for one boolean false and for an empty
// result. Several items are an error.
func (e *Expr) Test(env *Env, focus Node) (bool, error) {
	t, err := e.truth(env, focus, false)
	return t == yes, err
}

// TestInvariant tells whether an invariant is kept. Other than with Test an
// empty result passes (a comparison of a day with a minute of that day says
// nothing), and as() may filter several items, as R4's own invariants need.
func (e *Expr) TestInvariant(env *Env, focus Node) (bool, error) {
	t, err := e.truth(env, focus, true)
	return t != no && err == nil, err
}

func (e *Expr) truth(env *Env, focus Node, invariant bool) (truth, error) {
	m := e.machine(env, focus)
	m.manyAs = m.manyAs || invariant
	t, err := e.code.test(m)
	if err == nil && m.steps < 0 {
		err = errSteps()
	}
	e.release(m)
	return t, err
}

// maxIdleStack is the largest stack, in items, that a machine keeps while it
// waits for its next use.
const maxIdleStack = 4096

func (e *Expr) machine(env *Env, focus Node) *machine {
	m, _ := e.idle.Get().(*machine)
	if m == nil {
		m = &machine{stack: make([]Item, 0, 32)}
	}
	if env == nil {
		env = &Env{}
	}
	m.env, m.manyAs, m.steps = env, env.ManyAs, env.Steps
	if m.steps == 0 {
		m.steps = DefaultSteps
	}
	m.this = nodeItem(focus)
	m.focus = m.this
	return m
}

func (e *Expr) release(m *machine) {
	if cap(m.stack)+cap(m.below) > maxIdleStack {
		return
	}
	*m = machine{stack: m.stack[:0], below: m.below[:0]}
	e.idle.Put(m)
}

func nodeItem(n Node) Item {
	it := Item{value: present(n.Value), extra: present(n.Extra), typ: n.Structure}
	if it.typ == nil && n.Type != "" {
		it.typ = fhir.StructureOf(n.Type)
	}
	return it
}

// resourceItem is the Item of a whole resource.
func resourceItem(v *fhir.Value) Item {
	return Item{value: v, typ: fhir.StructureOf(v.Type())}
}

// present makes JSON null absent.
func present(v *fhir.Value) *fhir.Value {
	if v.Kind() == fhir.Null {
		return nil
	}
	return v
}

// Split takes the last name off a path: "Patient.name.given" is "Patient.name"
// and "given". ok is false for an expression that does not end in a name.
func (e *Expr) Split() (home *Expr, member string, ok bool) {
	t := e.tree
	if t.form != memberForm || t.in == nil {
		return nil, "", false
	}
	c, err := compile(t.in)
	if err != nil {
		return nil, "", false
	}
	src := strings.TrimRight(e.src[:t.at], ". \t\r\n")
	return &Expr{src: src, tree: t.in, code: c}, t.name, true
}
