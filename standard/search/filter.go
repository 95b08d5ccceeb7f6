package search

import (
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// Filter is an expression of the _filter parameter
// (https://hl7.org/fhir/R4/search_filter.html).
type Filter struct {
	Op   string // "and", "or", "not"; "" for a leaf
	Kids []*Filter
	Leaf *Clause
}

// linked tells whether a leaf looks beyond the resource.
func (f *Filter) linked() bool {
	for _, k := range f.Kids {
		if k.linked() {
			return true
		}
	}
	return f.Leaf != nil && f.Leaf.Linked()
}

// Holds evaluates the expression with what its leaves give.
func (f *Filter) Holds(leaf func(*Clause) (bool, error)) (bool, error) {
	switch f.Op {
	case "":
		return leaf(f.Leaf)
	case "not":
		ok, err := f.Kids[0].Holds(leaf)
		return !ok && err == nil, err
	}
	for _, k := range f.Kids {
		ok, err := k.Holds(leaf)
		if err != nil {
			return false, err
		}
		if ok == (f.Op == "or") {
			return ok, nil
		}
	}
	return f.Op == "and", nil
}

const maxFilterDepth = 30

// filter reads a _filter. Its top-level conjunction becomes clauses of their
// own, so that they can be planned.
func (r *reading) filter(q *Query, text string) error {
	p := &filterParser{r: r, types: q.Types, s: text}
	f, err := p.whole()
	if err != nil {
		return err
	}
	for _, part := range conjuncts(f) {
		if part.Op == "" {
			q.Clauses = append(q.Clauses, *part.Leaf)
		} else {
			q.Clauses = append(q.Clauses, Clause{Filter: part})
		}
	}
	return nil
}

func conjuncts(f *Filter) []*Filter {
	if f.Op != "and" {
		return []*Filter{f}
	}
	var out []*Filter
	for _, k := range f.Kids {
		out = append(out, conjuncts(k)...)
	}
	return out
}

type filterParser struct {
	r     *reading
	types []string
	s     string
	i     int
	depth int
}

func (p *filterParser) fail(text string) error {
	return fault.New(fault.Invalid, "search.filter", "%s", text).In("_filter")
}

func (p *filterParser) whole() (*Filter, error) {
	f, err := p.series()
	if err != nil {
		return nil, err
	}
	if p.space(); p.i != len(p.s) {
		return nil, p.fail("something follows the end of the expression")
	}
	return f, nil
}

func (p *filterParser) space() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\t' || p.s[p.i] == '\n') {
		p.i++
	}
}

// word takes a word of letters if it is the one wanted.
func (p *filterParser) word(w string) bool {
	p.space()
	end := p.i + len(w)
	if end > len(p.s) || p.s[p.i:end] != w || end < len(p.s) && p.s[end] != ' ' && p.s[end] != '(' {
		return false
	}
	p.i = end
	return true
}

// series reads terms with "and" and "or" between them: from left to right, neither
// before the other.
func (p *filterParser) series() (*Filter, error) {
	f, err := p.term()
	if err != nil {
		return nil, err
	}
	for joined := false; ; joined = true {
		op := "and"
		if !p.word(op) {
			if op = "or"; !p.word(op) {
				return f, nil
			}
		}
		next, err := p.term()
		if err != nil {
			return nil, err
		}
		if joined && f.Op == op {
			f.Kids = append(f.Kids, next)
		} else {
			f = &Filter{Op: op, Kids: []*Filter{f, next}}
		}
	}
}

func (p *filterParser) term() (*Filter, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, fault.New(fault.TooCostly, "search.limit", "a filter may nest %d deep", maxFilterDepth).In("_filter")
	}
	defer func() { p.depth-- }()
	negated := p.word("not")
	p.space()
	if p.i < len(p.s) && p.s[p.i] == '(' {
		p.i++
		f, err := p.series()
		if err != nil {
			return nil, err
		}
		if p.space(); p.i >= len(p.s) || p.s[p.i] != ')' {
			return nil, p.fail("a bracket is not closed")
		}
		p.i++
		if negated {
			f = &Filter{Op: "not", Kids: []*Filter{f}}
		}
		return f, nil
	}
	if negated {
		return nil, p.fail("not is followed by a bracket")
	}
	return p.comparison(p.types)
}

// comparison reads "path op value" for the types that the path starts at.
func (p *filterParser) comparison(types []string) (*Filter, error) {
	name := p.name()
	prm := p.r.table.ofEvery(types, name)
	if prm == nil {
		return nil, fault.New(fault.Invalid, "search.parameter", "no such search parameter").In("_filter " + bounded(name))
	}
	if p.i < len(p.s) && (p.s[p.i] == '[' || p.s[p.i] == '.') {
		return p.beyond(prm)
	}
	op := p.token()
	v, quoted, err := p.operand()
	if err != nil {
		return nil, err
	}
	return p.leaf(prm, op, v, quoted)
}

// beyond reads the rest of a chained path, for each type that the reference
// may lead to: ".path" or "[filter].path".
func (p *filterParser) beyond(prm *Param) (*Filter, error) {
	if prm.Kind != Reference {
		return nil, p.fail("only a reference can be followed by a dot")
	}
	if p.depth++; p.depth > maxFilterDepth {
		return nil, fault.New(fault.TooCostly, "search.limit", "a filter may nest %d deep", maxFilterDepth).In("_filter")
	}
	defer func() { p.depth-- }()
	targets := prm.Targets
	if len(targets) == 0 || targets[0] == "*" {
		targets = fhir.R4().Names()
	}
	c := &Clause{Param: prm}
	start, end := p.i, 0
	var failure error
	for _, typ := range targets {
		p.i = start
		rest, err := p.at(typ)
		if err != nil {
			failure = err
			continue
		}
		end = p.i
		c.Chain = append(c.Chain, &Query{Type: typ, Types: []string{typ}, Count: -1, Clauses: []Clause{{Filter: rest}}})
	}
	if c.Chain == nil {
		return nil, failure
	}
	p.i = end
	return &Filter{Leaf: c}, nil
}

// at reads "[filter].path" or ".path" for one type.
func (p *filterParser) at(typ string) (*Filter, error) {
	types := []string{typ}
	var within *Filter
	if p.s[p.i] == '[' {
		inner := &filterParser{r: p.r, s: p.s, i: p.i + 1, depth: p.depth, types: types}
		var err error
		if within, err = inner.series(); err != nil {
			return nil, err
		}
		p.i = inner.i
		if p.space(); p.i >= len(p.s) || p.s[p.i] != ']' {
			return nil, p.fail("a square bracket is not closed")
		}
		p.i++
	}
	if p.i >= len(p.s) || p.s[p.i] != '.' {
		return nil, p.fail("a bracketed filter is followed by a dot and a parameter")
	}
	p.i++
	rest, err := p.comparison(types)
	if err != nil || within == nil {
		return rest, err
	}
	return &Filter{Op: "and", Kids: []*Filter{within, rest}}, nil
}

func (p *filterParser) name() string {
	p.space()
	start := p.i
	for p.i < len(p.s) && (p.s[p.i] >= 'a' && p.s[p.i] <= 'z' || p.s[p.i] >= 'A' && p.s[p.i] <= 'Z' || p.s[p.i] >= '0' && p.s[p.i] <= '9' || p.s[p.i] == '-' || p.s[p.i] == '_') {
		p.i++
	}
	return p.s[start:p.i]
}

func (p *filterParser) token() string {
	p.space()
	start := p.i
	for p.i < len(p.s) && p.s[p.i] != ' ' {
		p.i++
	}
	return p.s[start:p.i]
}

// operand reads a quoted string, or a word up to a space or a bracket.
func (p *filterParser) operand() (v string, quoted bool, err error) {
	p.space()
	if p.i < len(p.s) && p.s[p.i] == '"' {
		end := p.i + 1
		for end < len(p.s) && p.s[end] != '"' {
			if p.s[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(p.s) {
			return "", true, p.fail("a quoted text is not closed")
		}
		text, err := fhir.Parse([]byte(p.s[p.i : end+1]))
		if err != nil {
			return "", true, p.fail("a quoted text cannot be read")
		}
		p.i = end + 1
		return text.Str(), true, nil
	}
	start := p.i
	for p.i < len(p.s) && strings.IndexByte(" ()[]", p.s[p.i]) < 0 {
		p.i++
	}
	if start == p.i {
		return "", false, p.fail("a value is expected")
	}
	return p.s[start:p.i], false, nil
}
