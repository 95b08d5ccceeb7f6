package fhirpath

// compileMember makes the code of in.name; the first name of a path may also
// be the type of $this.
func (c *compiler) compileMember(t *tree) (code, error) {
	s := newSite(t.name)
	if t.in == nil {
		if t.name[:min(1, len(t.name))] >= "A" && t.name[:1] <= "Z" {
			return c.compileTypeName(s, t), nil
		}
		return pushing(func(m *machine) error { return s.push(m, &m.this) }), nil
	}
	in, err := c.compile(t.in)
	if err != nil {
		return code{}, err
	}
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return err
		}
		from := len(m.stack)
		for i := mark; i < from; i++ {
			it := m.stack[i]
			if err := s.push(m, &it); err != nil {
				return err
			}
		}
		m.settle(mark, from)
		return nil
	}), nil
}

// compileTypeName makes the code of Patient in Patient.name: the resource or
// element itself when it is of that type.
func (c *compiler) compileTypeName(s *site, t *tree) code {
	spec := newTypeSpec(t.name)
	return pushing(func(m *machine) error {
		if spec.fhir != nil && m.this.kind == nodeKind && derives(m.this.typ, spec.fhir) {
			return m.push(m.this)
		}
		return s.push(m, &m.this)
	})
}
