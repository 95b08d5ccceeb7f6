package fhirpath

import (
	"strconv"
	"strings"

	"concord/fault"
)

// compiler turns the tree into closures. What can be known from the source is
// worked out here, so that evaluation meets no names.
type compiler struct{}

func compile(t *tree) (code, error) { return (&compiler{}).compile(t) }

func (c *compiler) compile(t *tree) (code, error) {
	switch t.form {
	case literalForm:
		return constant(t.lit), nil
	case emptyForm:
		return pushing(func(*machine) error { return nil }), nil
	case thisForm:
		return this(), nil
	case indexForm:
		return pushing(func(m *machine) error { return m.push(integerItem(int64(m.index))) }), nil
	case totalForm:
		return pushing(func(m *machine) error { return m.pushAll(m.total) }), nil
	case variableForm:
		return compileVariable(t.name), nil
	case memberForm:
		return c.compileMember(t)
	case indexerForm:
		return c.compileIndexer(t)
	case binaryForm:
		return c.compileBinary(t)
	case callForm:
		return c.compileCall(t)
	}
	in, err := c.compile(t.args[0])
	if err != nil {
		return code{}, err
	}
	if t.form == signForm {
		return compileSign(t.name, in), nil
	}
	return c.compileType(t.name, in, t.spec), nil
}

func constant(it Item) code {
	return code{
		push: func(m *machine) error { return m.push(it) },
		test: func(*machine) (truth, error) { return it.truth(), nil },
	}
}

func this() code {
	return code{
		push: func(m *machine) error { return m.push(m.this) },
		test: func(m *machine) (truth, error) { return m.this.truth(), nil },
	}
}

// input is the code of what a call applies to: $this when nothing stands
// before it.
func (c *compiler) input(t *tree) (code, error) {
	if t.in == nil {
		return this(), nil
	}
	return c.compile(t.in)
}

func compileVariable(name string) code {
	switch name {
	case "sct":
		return constant(stringItem("http://snomed.info/sct"))
	case "loinc":
		return constant(stringItem("http://loinc.org"))
	case "ucum":
		return constant(stringItem("http://unitsofmeasure.org"))
	case "context":
		return pushing(func(m *machine) error { return m.push(m.focus) })
	case "resource":
		return pushing(func(m *machine) error { return m.push(m.resource()) })
	case "rootResource":
		return pushing(func(m *machine) error { return m.push(m.root()) })
	}
	if s, ok := strings.CutPrefix(name, "vs-"); ok {
		return constant(stringItem("http://hl7.org/fhir/ValueSet/" + s))
	}
	if s, ok := strings.CutPrefix(name, "ext-"); ok {
		return constant(stringItem("http://hl7.org/fhir/StructureDefinition/" + s))
	}
	return pushing(func(m *machine) error {
		items, ok := m.env.Variables[name]
		if !ok {
			return fault.New(fault.Invalid, "fhirpath.variable", "the expression uses a variable that is not set")
		}
		return m.pushAll(items)
	})
}

func (m *machine) resource() Item {
	if m.env.Resource != nil {
		return resourceItem(m.env.Resource)
	}
	return m.focus
}

func (m *machine) root() Item {
	if m.env.Root != nil {
		return resourceItem(m.env.Root)
	}
	return m.resource()
}

func (c *compiler) compileIndexer(t *tree) (code, error) {
	in, err := c.compile(t.in)
	if err != nil {
		return code{}, err
	}
	index, err := c.compile(t.args[0])
	if err != nil {
		return code{}, err
	}
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return err
		}
		from := len(m.stack)
		if err := index.push(m); err != nil {
			return err
		}
		it, ok, err := m.single(from)
		if err != nil {
			return err
		}
		n, whole := it.whole()
		if ok && !whole {
			return errType("an index is an integer")
		}
		if !ok || n < 0 || n >= int64(from-mark) {
			m.stack = m.stack[:mark]
			return nil
		}
		m.stack[mark] = m.stack[mark+int(n)]
		m.stack = m.stack[:mark+1]
		return nil
	}), nil
}

func (c *compiler) compileCall(t *tree) (code, error) {
	in, err := c.input(t)
	if err != nil {
		return code{}, err
	}
	if isTypeFunction(t.name) {
		return c.compileType(t.name, in, t.spec), nil
	}
	args := make([]code, len(t.args))
	for i, a := range t.args {
		if t.name == "sort" && isDownward(a) {
			a = a.args[0]
		}
		if args[i], err = c.compile(a); err != nil {
			return code{}, err
		}
	}
	for _, forms := range [...]func(*tree, code, []code) (code, bool){conditionForm, loopForm, textForm} {
		if out, ok := forms(t, in, args); ok {
			return out, nil
		}
	}
	b, ok := builtins[t.name]
	if !ok {
		return code{}, errFunction(t, "there is no such function")
	}
	if len(args) < b.least || len(args) > b.most {
		return code{}, errFunction(t, "the function takes another number of arguments")
	}
	return compileBuiltin(b, in, args), nil
}

func errFunction(t *tree, text string) error {
	return fault.New(fault.Invalid, "fhirpath.function", "%s", text).In("offset " + strconv.Itoa(t.at))
}
