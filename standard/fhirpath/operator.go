package fhirpath

// compileBinary makes the code of a binary operator
// (http://hl7.org/fhirpath/N1/#operations).
func (c *compiler) compileBinary(t *tree) (code, error) {
	switch t.name {
	case "in":
		return c.compileMembership(t.args[0], t.args[1])
	case "contains":
		return c.compileMembership(t.args[1], t.args[0])
	}
	left, err := c.compile(t.args[0])
	if err != nil {
		return code{}, err
	}
	right, err := c.compile(t.args[1])
	if err != nil {
		return code{}, err
	}
	switch t.name {
	case "and", "or", "xor", "implies":
		return compileLogic(t.name, left, right), nil
	case "=":
		return compileEqual(left, right), nil
	case "!=":
		return negated(compileEqual(left, right)), nil
	case "~":
		return compileEquivalent(left, right), nil
	case "!~":
		return negated(compileEquivalent(left, right)), nil
	case "<", "<=", ">", ">=":
		return compileCompare(t.name, left, right), nil
	case "|":
		return compileUnion(left, right), nil
	}
	return compileArithmetic(t.name, left, right), nil
}

// compileLogic: three-valued logic; the right side is not looked at when the
// left one decides (http://hl7.org/fhirpath/N1/#boolean-logic).
func compileLogic(op string, left, right code) code {
	var decides truth
	var combine func(a, b truth) truth
	switch op {
	case "and":
		decides, combine = no, func(a, b truth) truth { return min(a, b) }
	case "or":
		decides, combine = yes, func(a, b truth) truth { return max(a, b) }
	case "implies":
		decides, combine = no, func(a, b truth) truth { return max(a.not(), b) }
	default:
		decides, combine = unknown, func(a, b truth) truth { return -a * b }
	}
	out := yes
	if op == "and" {
		out = no
	}
	return testing(func(m *machine) (truth, error) {
		if err := m.step(); err != nil {
			return unknown, err
		}
		a, err := left.test(m)
		if err != nil {
			return unknown, err
		}
		if a == decides {
			if a == unknown {
				return unknown, nil
			}
			return out, nil
		}
		b, err := right.test(m)
		if err != nil {
			return unknown, err
		}
		return combine(a, b), nil
	})
}

func negated(c code) code {
	return testing(func(m *machine) (truth, error) {
		t, err := c.test(m)
		return t.not(), err
	})
}

// sides runs both operands and hands over what they gave.
func (m *machine) sides(left, right code) (a, b []Item, mark int, err error) {
	mark = len(m.stack)
	if err := left.push(m); err != nil {
		return nil, nil, mark, err
	}
	middle := len(m.stack)
	if err := right.push(m); err != nil {
		return nil, nil, mark, err
	}
	return m.stack[mark:middle], m.stack[middle:], mark, nil
}

func compileEqual(left, right code) code {
	return testing(func(m *machine) (truth, error) {
		a, b, mark, err := m.sides(left, right)
		if err != nil {
			return unknown, err
		}
		m.stack = m.stack[:mark]
		return m.equalCollections(a, b)
	})
}

// equalCollections: same number, same order, pairwise equal; empty when one
// side is.
func (m *machine) equalCollections(a, b []Item) (truth, error) {
	switch {
	case len(a) == 0 || len(b) == 0:
		return unknown, nil
	case len(a) != len(b):
		return no, nil
	}
	out := yes
	for i := range a {
		t, err := m.equalItems(&a[i], &b[i])
		if err != nil {
			return unknown, err
		}
		out = min(out, t)
	}
	return out, nil
}

func compileEquivalent(left, right code) code {
	return testing(func(m *machine) (truth, error) {
		a, b, mark, err := m.sides(left, right)
		if err != nil {
			return unknown, err
		}
		m.stack = m.stack[:mark]
		if len(a) != len(b) {
			return no, nil
		}
		return m.equivalentCollections(a, b)
	})
}

// equivalentCollections pairs the items whatever their order.
func (m *machine) equivalentCollections(a, b []Item) (truth, error) {
	var few [16]bool
	taken := few[:0]
	for range b {
		taken = append(taken, false)
	}
next:
	for i := range a {
		for j := range b {
			if taken[j] {
				continue
			}
			same, err := m.equivalentItems(&a[i], &b[j])
			if err != nil {
				return unknown, err
			}
			if same {
				taken[j] = true
				continue next
			}
		}
		return no, nil
	}
	return yes, nil
}
