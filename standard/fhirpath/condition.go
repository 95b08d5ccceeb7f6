package fhirpath

import "concord/standard/fhir"

// conditionForm makes the code of the functions that invariants are made of,
// each as a condition that needs no collection.
func conditionForm(t *tree, in code, args []code) (code, bool) {
	switch {
	case t.name == "not" && len(args) == 0:
		return negated(in), true
	case t.name == "exists" && len(args) == 0:
		return existing(in, true), true
	case t.name == "empty" && len(args) == 0:
		return existing(in, false), true
	case t.name == "exists" && len(args) == 1:
		return existsWhere(in, args[0]), true
	case t.name == "all" && len(args) == 1:
		return all(in, args[0]), true
	case t.name == "hasValue" && len(args) == 0:
		if t.in == nil {
			return testing(func(m *machine) (truth, error) { return truthOf(hasValue(&m.this)), nil }), true
		}
		return hasValueOf(in), true
	case t.name == "count" && len(args) == 0:
		if t.in != nil && t.in.form == callForm && t.in.name == "children" && t.in.in == nil && len(t.in.args) == 0 {
			return pushing(func(m *machine) error {
				n, err := m.countChildren(&m.this)
				if err != nil {
					return err
				}
				return m.push(integerItem(int64(n)))
			}), true
		}
		return counting(in), true
	}
	return code{}, false
}

// existing tells whether in has items, or has none.
func existing(in code, some bool) code {
	return testing(func(m *machine) (truth, error) {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return unknown, err
		}
		found := len(m.stack) > mark
		m.stack = m.stack[:mark]
		return truthOf(found == some), nil
	})
}

func counting(in code) code {
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return err
		}
		n := len(m.stack) - mark
		m.stack = m.stack[:mark]
		return m.push(integerItem(int64(n)))
	})
}

// existsWhere: some item meets the criterion.
func existsWhere(in, criterion code) code {
	return search(in, criterion, func(t truth) bool { return t == yes }, yes, no)
}

// all: every item meets the criterion, for which an empty result is not enough
// (http://hl7.org/fhirpath/N1/#allcriteria-expression-boolean).
func all(in, criterion code) code {
	return search(in, criterion, func(t truth) bool { return t != yes }, no, yes)
}

// search gives found for the first item whose criterion stops it, else
// otherwise.
func search(in, criterion code, stops func(truth) bool, found, otherwise truth) code {
	return testing(func(m *machine) (truth, error) {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return unknown, err
		}
		end := len(m.stack)
		s := m.enter()
		out := otherwise
		for i := mark; i < end && out == otherwise; i++ {
			m.this, m.index = m.stack[i], i-mark
			t, err := criterion.test(m)
			if err == nil {
				err = m.step()
			}
			if err != nil {
				return unknown, err
			}
			if stops(t) {
				out = found
			}
		}
		m.leave(s)
		m.stack = m.stack[:mark]
		return out, nil
	})
}

// hasValue: the element is a primitive and has a value, not only extensions.
func hasValue(it *Item) bool { return it.kind == nodeKind && isScalar(it.value) }

func hasValueOf(in code) code {
	return testing(func(m *machine) (truth, error) {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return unknown, err
		}
		region := m.stack[mark:]
		m.stack = m.stack[:mark]
		return truthOf(len(region) == 1 && hasValue(&region[0])), nil
	})
}

// countChildren is children().count() for one item. Without companions of
// primitives, which are rare, it needs no list.
func (m *machine) countChildren(it *Item) (int, error) {
	if it.kind != nodeKind {
		return 0, nil
	}
	n := 0
	plain := it.value.Kind() == fhir.Object
	for name, v := range it.value.Members() {
		switch {
		case name[:min(1, len(name))] == "_":
			plain = false
		case name == "resourceType":
		case v.Kind() == fhir.Array:
			n += v.Len()
		case v.Kind() != fhir.Null:
			n++
		}
	}
	if plain {
		return n, m.use(n)
	}
	mark := len(m.stack)
	err := m.pushChildren(it)
	n = len(m.stack) - mark
	m.stack = m.stack[:mark]
	return n, err
}
