package fhirpath

// Subsetting and combining (http://hl7.org/fhirpath/N1/#subsetting,
// http://hl7.org/fhirpath/N1/#combining).

func single(m *machine, c call) error {
	it, err := one(c.in(m))
	if err != nil || it == nil {
		return err
	}
	return m.push(*it)
}

func first(m *machine, c call) error {
	return m.pushAll(c.in(m)[:min(1, len(c.in(m)))])
}

func last(m *machine, c call) error {
	in := c.in(m)
	return m.pushAll(in[max(0, len(in)-1):])
}

func tail(m *machine, c call) error {
	in := c.in(m)
	return m.pushAll(in[min(1, len(in)):])
}

func skip(m *machine, c call) error {
	n, ok, err := integer(c.arg(m, 0))
	if err != nil || !ok {
		return err
	}
	in := c.in(m)
	return m.pushAll(in[min(max(n, 0), len(in)):])
}

func take(m *machine, c call) error {
	n, ok, err := integer(c.arg(m, 0))
	if err != nil || !ok {
		return err
	}
	in := c.in(m)
	return m.pushAll(in[:min(max(n, 0), len(in))])
}

func intersect(m *machine, c call) error {
	from := len(m.stack)
	for _, it := range c.in(m) {
		found, err := m.has(c.arg(m, 0), &it)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if found, err = m.has(m.stack[from:], &it); err != nil {
			return err
		}
		if !found {
			if err := m.push(it); err != nil {
				return err
			}
		}
	}
	return nil
}

func exclude(m *machine, c call) error {
	for _, it := range c.in(m) {
		found, err := m.has(c.arg(m, 0), &it)
		if err == nil && !found {
			err = m.push(it)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func combine(m *machine, c call) error {
	if err := m.pushAll(c.in(m)); err != nil {
		return err
	}
	return m.pushAll(c.arg(m, 0))
}

func union(m *machine, c call) error {
	from := len(m.stack)
	if err := combine(m, c); err != nil {
		return err
	}
	return m.distinct(from)
}

func distinct(m *machine, c call) error {
	from := len(m.stack)
	if err := m.pushAll(c.in(m)); err != nil {
		return err
	}
	return m.distinct(from)
}

func isDistinct(m *machine, c call) error {
	from, n := len(m.stack), len(c.in(m))
	if err := distinct(m, c); err != nil {
		return err
	}
	same := len(m.stack)-from == n
	m.stack = m.stack[:from]
	return m.push(booleanItem(same))
}

func subsetOf(m *machine, c call) error { return m.within(c.in(m), c.arg(m, 0)) }

func supersetOf(m *machine, c call) error { return m.within(c.arg(m, 0), c.in(m)) }

// within appends whether every item of a is one of b.
func (m *machine) within(a, b []Item) error {
	for i := range a {
		found, err := m.has(b, &a[i])
		if err != nil {
			return err
		}
		if !found {
			return m.push(booleanItem(false))
		}
	}
	return m.push(booleanItem(true))
}

// quantifier makes allTrue (wanted yes), anyFalse (wanted no, some) and so on.
func quantifier(wanted truth, some bool) func(*machine, call) error {
	return func(m *machine, c call) error {
		out := !some
		for i := range c.in(m) {
			it, ok := c.in(m)[i].system()
			if !ok || it.kind != booleanKind {
				return errType("the function works on booleans")
			}
			if (it.truth() == wanted) == some {
				out = some
			}
		}
		return m.push(booleanItem(out))
	}
}

func children(m *machine, c call) error {
	from := len(m.stack)
	if err := m.pushAll(c.in(m)); err != nil {
		return err
	}
	return m.children(from)
}

func descendants(m *machine, c call) error {
	from := len(m.stack)
	if err := m.pushAll(c.in(m)); err != nil {
		return err
	}
	return m.descendants(from)
}
