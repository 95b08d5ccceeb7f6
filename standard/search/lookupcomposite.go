package search

import "strings"

// implied are the clauses on the leading code and the leading value that a
// composite of both says beside how they belong together: what does not match
// them does not match it. nil = it says nothing of that.
func (p *plan) implied(c *Clause) (code, value *Clause) {
	if c.Param == nil || c.Chain != nil || c.Modifier != "" || p.code == nil || c.Param.Type != p.code.Type || !strings.HasPrefix(c.Param.Name, "code-value-") {
		return nil, nil
	}
	code = &Clause{Param: p.code, terms: c.terms}
	if p.value != nil && c.Param.Name == "code-value-quantity" {
		value = &Clause{Param: p.value, terms: c.terms}
	}
	for _, v := range c.Values {
		if len(v.Parts) != 2 {
			return nil, nil
		}
		code.Values = append(code.Values, v.Parts[0])
		if value != nil {
			value.Values = append(value.Values, v.Parts[1])
		}
	}
	return code, value
}

// composite narrows by the leading code that a composite names.
func (x *Extractor) composite(l *Lookup, p *plan, typ string, c *Clause) {
	if code, _ := p.implied(c); code != nil {
		decided := l.decided
		x.tokens(l, p, typ, p.code, code)
		l.decided = decided // the code is not all that the clause asks
	}
}
