package fhirpath

const (
	maxSource  = 64 << 10 // bytes of an expression
	maxNesting = 120      // brackets, signs and operators within each other
	maxNodes   = 20_000   // nodes of the syntax tree
)

// parser builds the syntax tree (http://hl7.org/fhirpath/N1/#grammar).
type parser struct {
	tokens []token
	i      int
	depth  int
	nodes  int
}

func parse(src string) (*tree, error) {
	if len(src) > maxSource {
		return nil, syntaxError(maxSource, "the expression is too long")
	}
	tokens, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := parser{tokens: tokens}
	t, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.peek().kind != endToken {
		return nil, syntaxError(p.peek().at, "the expression should end here")
	}
	return t, nil
}

func (p *parser) peek() token { return p.tokens[p.i] }

func (p *parser) take() token {
	t := p.tokens[p.i]
	if t.kind != endToken {
		p.i++
	}
	return t
}

func (p *parser) symbol(s string) bool {
	if t := p.peek(); t.kind == symbolToken && t.text == s {
		p.i++
		return true
	}
	return false
}

func (p *parser) expect(s string) error {
	if p.symbol(s) {
		return nil
	}
	return syntaxError(p.peek().at, "'"+s+"' is expected")
}

func (p *parser) node(f form, name string, at int) (*tree, error) {
	p.nodes++
	if p.nodes > maxNodes {
		return nil, syntaxError(at, "the expression is too large")
	}
	return &tree{form: f, name: name, at: at}, nil
}

// strength is the precedence of a binary operator, 0 for what is none
// (http://hl7.org/fhirpath/N1/#operator-precedence).
func strength(t token) int {
	switch t.kind {
	case symbolToken:
		switch t.text {
		case "*", "/":
			return 10
		case "+", "-", "&":
			return 9
		case "|":
			return 7
		case "<", "<=", ">", ">=":
			return 6
		case "=", "~", "!=", "!~":
			return 5
		}
	case nameToken:
		switch t.text {
		case "div", "mod":
			return 10
		case "is", "as":
			return 8
		case "in", "contains":
			return 4
		case "and":
			return 3
		case "or", "xor":
			return 2
		case "implies":
			return 1
		}
	}
	return 0
}

// expression reads operators that bind more strongly than above.
func (p *parser) expression(above int) (*tree, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxNesting {
		return nil, syntaxError(p.peek().at, "the expression nests too deeply")
	}
	left, err := p.signed()
	for err == nil {
		op := p.peek()
		s := strength(op)
		if s == 0 || s <= above {
			return left, nil
		}
		p.i++
		left, err = p.operator(op, s, left)
	}
	return nil, err
}

func (p *parser) operator(op token, s int, left *tree) (*tree, error) {
	if op.text == "is" || op.text == "as" {
		t, err := p.node(typeForm, op.text, op.at)
		if err != nil {
			return nil, err
		}
		t.args = []*tree{left}
		t.spec, err = p.typeSpec()
		return t, err
	}
	right, err := p.expression(s)
	if err != nil {
		return nil, err
	}
	t, err := p.node(binaryForm, op.text, op.at)
	if err != nil {
		return nil, err
	}
	t.args = []*tree{left, right}
	return t, nil
}

// signed reads + and -, which bind more strongly than every binary operator
// and more weakly than a path.
func (p *parser) signed() (*tree, error) {
	op := p.peek()
	if op.kind != symbolToken || op.text != "+" && op.text != "-" {
		return p.path()
	}
	p.i++
	in, err := p.expression(10)
	if err != nil {
		return nil, err
	}
	t, err := p.node(signForm, op.text, op.at)
	if err != nil {
		return nil, err
	}
	t.args = []*tree{in}
	return t, nil
}

// path reads a term and what follows it: .member, .function(…), [index].
func (p *parser) path() (*tree, error) {
	t, err := p.term()
	for err == nil {
		switch {
		case p.symbol("."):
			t, err = p.invocation(t)
		case p.symbol("["):
			t, err = p.indexer(t)
		default:
			return t, nil
		}
	}
	return nil, err
}

func (p *parser) indexer(in *tree) (*tree, error) {
	t, err := p.node(indexerForm, "[]", p.tokens[p.i-1].at)
	if err != nil {
		return nil, err
	}
	index, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	t.in, t.args = in, []*tree{index}
	return t, p.expect("]")
}

// invocation reads a member or a function call; in is nil at the start of a
// path.
func (p *parser) invocation(in *tree) (*tree, error) {
	name := p.take()
	if name.kind == symbolToken && name.text == "$" && in != nil {
		p.i--
		t, err := p.term()
		if err == nil && t.form == thisForm {
			return in, nil
		}
		return nil, syntaxError(name.at, "a name is expected")
	}
	if name.kind != nameToken && name.kind != quotedNameToken {
		return nil, syntaxError(name.at, "a name is expected")
	}
	if !p.symbol("(") {
		t, err := p.node(memberForm, name.text, name.at)
		if err != nil {
			return nil, err
		}
		t.in = in
		return t, nil
	}
	t, err := p.node(callForm, name.text, name.at)
	if err != nil {
		return nil, err
	}
	t.in = in
	if isTypeFunction(name.text) {
		if t.spec, err = p.typeSpec(); err != nil {
			return nil, err
		}
		return t, p.expect(")")
	}
	t.args, err = p.arguments()
	return t, err
}

func isTypeFunction(name string) bool { return name == "is" || name == "as" || name == "ofType" }

func (p *parser) arguments() ([]*tree, error) {
	if p.symbol(")") {
		return nil, nil
	}
	var args []*tree
	for {
		a, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		args = append(args, a)
		if p.symbol(")") {
			return args, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}
