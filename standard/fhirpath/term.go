package fhirpath

// term reads a literal, a variable, a bracketed expression or the start of a
// path.
func (p *parser) term() (*tree, error) {
	t := p.peek()
	switch t.kind {
	case stringToken:
		p.i++
		return p.literal(stringItem(t.text), t.at)
	case numberToken:
		return p.quantity()
	case dateToken:
		p.i++
		it, ok := literalMoment(t.text)
		if !ok {
			return nil, syntaxError(t.at, "this is no date or time")
		}
		return p.literal(it, t.at)
	case nameToken:
		if t.text == "true" || t.text == "false" {
			p.i++
			return p.literal(booleanItem(t.text == "true"), t.at)
		}
		return p.invocation(nil)
	case quotedNameToken:
		return p.invocation(nil)
	case symbolToken:
		p.i++
		return p.bracket(t)
	}
	return nil, syntaxError(t.at, "the expression ends too early")
}

func (p *parser) literal(it Item, at int) (*tree, error) {
	t, err := p.node(literalForm, "", at)
	if err != nil {
		return nil, err
	}
	t.lit = it
	return t, nil
}

func (p *parser) bracket(t token) (*tree, error) {
	switch t.text {
	case "(":
		in, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		return in, p.expect(")")
	case "{":
		out, err := p.node(emptyForm, "", t.at)
		if err != nil {
			return nil, err
		}
		return out, p.expect("}")
	case "%":
		return p.variable(t.at)
	case "$":
		return p.special(t.at)
	}
	return nil, syntaxError(t.at, "a value is expected")
}

func (p *parser) variable(at int) (*tree, error) {
	name := p.take()
	switch name.kind {
	case nameToken, quotedNameToken, stringToken:
		return p.node(variableForm, name.text, at)
	}
	return nil, syntaxError(name.at, "the name of a variable is expected")
}

func (p *parser) special(at int) (*tree, error) {
	name := p.take()
	if name.kind == nameToken {
		switch name.text {
		case "this":
			return p.node(thisForm, "", at)
		case "index":
			return p.node(indexForm, "", at)
		case "total":
			return p.node(totalForm, "", at)
		}
	}
	return nil, syntaxError(at, "$this, $index or $total is expected")
}

// quantity reads a number, and the unit if one follows.
func (p *parser) quantity() (*tree, error) {
	n := p.take()
	unit := p.peek()
	switch {
	case unit.kind == stringToken:
		p.i++
		return p.measured(n, unit.text, false)
	case unit.kind == nameToken && calendarUnit(unit.text) != "":
		p.i++
		return p.measured(n, unit.text, true)
	}
	it, ok := numberItem(n.text)
	if !ok {
		return nil, syntaxError(n.at, "the number is too large")
	}
	return p.literal(it, n.at)
}

func (p *parser) measured(n token, unit string, calendar bool) (*tree, error) {
	d, ok := parseDecimal(n.text)
	if !ok {
		return nil, syntaxError(n.at, "the number is too large")
	}
	return p.literal(quantityItem(newQuantity(d, unit, calendar)), n.at)
}
