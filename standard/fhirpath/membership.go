package fhirpath

// compileMembership makes the code of "item in list"
// (http://hl7.org/fhirpath/N1/#collections-2).
func (c *compiler) compileMembership(item, list *tree) (code, error) {
	one, err := c.compile(item)
	if err != nil {
		return code{}, err
	}
	parts, err := c.compileParts(list, nil)
	if err != nil {
		return code{}, err
	}
	return member(one, parts), nil
}

// compileParts takes a union apart. Whether a union holds an item does not
// depend on its doubles, whose search would cost the square of its size, and
// often its first part tells.
func (c *compiler) compileParts(t *tree, parts []code) ([]code, error) {
	if t.form != binaryForm || t.name != "|" {
		part, err := c.compile(t)
		return append(parts, part), err
	}
	for _, a := range t.args {
		var err error
		if parts, err = c.compileParts(a, parts); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

func member(item code, list []code) code {
	return testing(func(m *machine) (truth, error) {
		mark := len(m.stack)
		if err := item.push(m); err != nil {
			return unknown, err
		}
		it, ok, err := m.single(mark)
		if err != nil || !ok {
			return unknown, err
		}
		for _, part := range list {
			if err := part.push(m); err != nil {
				return unknown, err
			}
			found, err := m.has(m.stack[mark:], &it)
			m.stack = m.stack[:mark]
			if err != nil || found {
				return truthOf(found), err
			}
		}
		return no, nil
	})
}

// has tells whether one of the items equals it.
func (m *machine) has(items []Item, it *Item) (bool, error) {
	for i := range items {
		t, err := m.equalItems(&items[i], it)
		if err != nil || t == yes {
			return t == yes, err
		}
	}
	return false, nil
}

// compileUnion makes the code of a | b, without doubles.
func compileUnion(left, right code) code {
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := left.push(m); err != nil {
			return err
		}
		if err := right.push(m); err != nil {
			return err
		}
		return m.distinct(mark)
	})
}

// distinct drops from the region above mark what equals an item before it.
func (m *machine) distinct(mark int) error {
	keep := mark
	for i := mark; i < len(m.stack); i++ {
		found, err := m.has(m.stack[mark:keep], &m.stack[i])
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
