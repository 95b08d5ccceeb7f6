package fhirpath

import (
	"slices"
)

// loopForm makes the code of the functions that evaluate an argument once an
// item, with $this and $index.
func loopForm(t *tree, in code, args []code) (code, bool) {
	switch {
	case t.name == "where" && len(args) == 1:
		return where(in, args[0]), true
	case t.name == "select" && len(args) == 1:
		return project(in, args[0]), true
	case t.name == "repeat" && len(args) == 1:
		return repeat(in, args[0]), true
	case t.name == "aggregate" && len(args) >= 1 && len(args) <= 2:
		return aggregate(in, args), true
	case t.name == "iif" && len(args) >= 2 && len(args) <= 3:
		return iif(t.in != nil, in, args), true
	case t.name == "sort":
		return sorting(t, in, args), true
	case t.name == "descendants" && len(args) == 0 && t.in != nil && t.in.form == variableForm && t.in.name == "resource":
		return pushing((*machine).pushBelow), true
	case t.name == "trace" && len(args) >= 1 && len(args) <= 2:
		return trace(in, args), true
	}
	return code{}, false
}

func where(in, criterion code) code {
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return err
		}
		end, keep := len(m.stack), mark
		s := m.enter()
		for i := mark; i < end; i++ {
			m.this, m.index = m.stack[i], i-mark
			t, err := criterion.test(m)
			if err == nil {
				err = m.step()
			}
			if err != nil {
				return err
			}
			if t == yes {
				m.stack[keep] = m.stack[i]
				keep++
			}
		}
		m.leave(s)
		m.stack = m.stack[:keep]
		return nil
	})
}

func project(in, projection code) code {
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return err
		}
		end := len(m.stack)
		if err := m.projectEach(projection, mark, end); err != nil {
			return err
		}
		m.settle(mark, end)
		return nil
	})
}

// projectEach appends the projection of each item from mark to end.
func (m *machine) projectEach(projection code, mark, end int) error {
	s := m.enter()
	for i := mark; i < end; i++ {
		m.this, m.index = m.stack[i], i-mark
		if err := projection.push(m); err != nil {
			return err
		}
	}
	m.leave(s)
	return m.use(end - mark)
}

// repeat projects what it finds again and again, keeping what is new
// (http://hl7.org/fhirpath/N1/#repeatprojection-expression-collection).
func repeat(in, projection code) code {
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return err
		}
		from := len(m.stack)
		s := m.enter()
		for i := mark; i < len(m.stack); i++ {
			m.this, m.index = m.stack[i], i-mark
			if err := m.step(); err != nil {
				return err
			}
			fresh := len(m.stack)
			if err := projection.push(m); err != nil {
				return err
			}
			if err := m.keepNew(from, fresh); err != nil {
				return err
			}
		}
		m.leave(s)
		m.settle(mark, from)
		return nil
	})
}

// keepNew drops from what lies above fresh the items that lie above from
// already.
func (m *machine) keepNew(from, fresh int) error {
	keep := fresh
	for i := fresh; i < len(m.stack); i++ {
		found, err := m.has(m.stack[from:keep], &m.stack[i])
		if err != nil {
			return err
		}
		if !found {
			m.stack[keep] = m.stack[i]
			keep++
		}
	}
	m.stack = m.stack[:keep]
	return nil
}

func aggregate(in code, args []code) code {
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return err
		}
		end := len(m.stack)
		outer := m.total
		m.total = nil
		if len(args) == 2 {
			if err := args[1].push(m); err != nil {
				return err
			}
			m.total = slices.Clone(m.stack[end:])
			m.stack = m.stack[:end]
		}
		s := m.enter()
		for i := mark; i < end; i++ {
			m.this, m.index = m.stack[i], i-mark
			if err := args[0].push(m); err != nil {
				return err
			}
			if err := m.step(); err != nil {
				return err
			}
			m.total = slices.Clone(m.stack[end:])
			m.stack = m.stack[:end]
		}
		m.leave(s)
		out := m.total
		m.total = outer
		m.stack = m.stack[:mark]
		return m.pushAll(out)
	})
}

// iif evaluates the branch that its criterion selects, and no other. $this is
// the item before the dot.
func iif(dotted bool, in code, args []code) code {
	return pushing(func(m *machine) error {
		s := m.enter()
		if dotted {
			mark := len(m.stack)
			if err := in.push(m); err != nil {
				return err
			}
			it, ok, err := m.single(mark)
			if err != nil {
				return err
			}
			if ok {
				m.this = it
			}
		}
		t, err := args[0].test(m)
		switch {
		case err != nil:
			return err
		case t == yes:
			err = args[1].push(m)
		case len(args) == 3:
			err = args[2].push(m)
		}
		m.leave(s)
		return err
	})
}

// trace hands the input, or its projection, to Env.Trace and passes it on.
func trace(in code, args []code) code {
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := in.push(m); err != nil || m.env.Trace == nil {
			return err
		}
		end := len(m.stack)
		if err := args[0].push(m); err != nil {
			return err
		}
		name, _, err := text(m.stack[end:])
		if err != nil {
			return err
		}
		m.stack = m.stack[:end]
		seen := slices.Clone(m.stack[mark:end])
		if len(args) == 2 {
			if err := m.projectEach(args[1], mark, end); err != nil {
				return err
			}
			seen = slices.Clone(m.stack[end:])
			m.stack = m.stack[:end]
		}
		m.env.Trace(name, seen)
		return nil
	})
}
