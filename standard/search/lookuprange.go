package search

import (
	"math"
	"slices"
	"time"
)

// dates plans the clauses on the leading date together: "ge…" and "lt…" bound
// one stretch of time.
func (x *Extractor) dates(l *Lookup, p *plan, q *Query, typ string) {
	byParam := map[*Param]stretch{}
	for i := range q.Clauses {
		c := &q.Clauses[i]
		if c.Param == nil || c.Chain != nil || c.Modifier != "" || c.Param.Kind != Date || c.Param != p.date && !slices.Contains(p.spans, c.Param) {
			continue
		}
		s, known := byParam[c.Param]
		if !known {
			s = stretch{}
		}
		byParam[c.Param] = s.within(stretchOf(c.Values))
	}
	for prm, s := range byParam {
		if prm == p.date {
			x.bound(l, prm, s)
		}
		if terms := x.dateTerms(typ, prm.Name, s.from, s.to); terms != nil {
			l.Terms = append(l.Terms, terms)
			l.By["months "+prm.Name] = prm.Name
		}
	}
}

// bound narrows by the date column.
func (x *Extractor) bound(l *Lookup, prm *Param, s stretch) {
	if !s.from.IsZero() {
		l.From = DateValue(s.from.Add(-dayAtMost))
	}
	if !s.to.IsZero() {
		l.To = DateValue(s.to) + 1
	}
	l.Lasting = x.lasting(prm.Name)
}

// stretch is a stretch of time that a matching date touches; zero ends are
// open.
type stretch struct{ from, to time.Time }

func (s stretch) within(o stretch) stretch {
	if s.from.IsZero() || o.from.After(s.from) {
		s.from = o.from
	}
	if s.to.IsZero() || !o.to.IsZero() && o.to.Before(s.to) {
		s.to = o.to
	}
	return s
}

// stretchOf covers all alternatives of a clause.
func stretchOf(values []Value) stretch {
	var out stretch
	for i, v := range values {
		s := stretch{}
		switch v.Prefix {
		case "eq", "":
			s = stretch{v.When.from, v.When.to}
		case "ap", "po":
			w := widen(v.When)
			s = stretch(w)
		case "ge", "gt", "sa":
			s = stretch{from: v.When.from}
		case "le", "lt", "eb":
			s = stretch{to: v.When.to}
		}
		if i == 0 {
			out = s
			continue
		}
		if s.from.IsZero() || s.from.Before(out.from) {
			out.from = s.from
		}
		if s.to.IsZero() || s.to.After(out.to) && !out.to.IsZero() {
			out.to = s.to
		}
	}
	return out
}

// magnitude plans the clauses on the leading value.
func (x *Extractor) magnitude(l *Lookup, p *plan, q *Query, typ string) {
	if p.value == nil {
		return
	}
	for i := range q.Clauses {
		c := &q.Clauses[i]
		if _, value := p.implied(c); value != nil {
			c = value
		}
		if c.Param != p.value || c.Modifier != "" || c.Chain != nil {
			continue
		}
		names := []string{"any"}
		for _, v := range c.Values {
			low, high := bounds(v)
			some := octaves(low, high)
			if some == nil {
				return
			}
			names = append(names, some...)
		}
		tokens, terms := make([]uint32, len(names)), make([]uint64, len(names))
		for i, n := range names {
			tokens[i], terms[i] = x.hash.Token("octave", p.value.Name, n), x.term("octave", typ, p.value.Name, n)
		}
		l.Need = append(l.Need, tokens)
		if x.units(l, p, c, typ) {
			continue
		}
		l.Terms = append(l.Terms, terms)
		l.By["records octave"] = c.Name()
	}
}

// units plans the units of a clause on the leading value, when all its values
// name one: few records have all octaves of a unit, and few units are in all
// records, so that the octaves' terms add nothing.
func (x *Extractor) units(l *Lookup, p *plan, c *Clause, typ string) bool {
	var tokens []uint32
	var terms []uint64
	for _, v := range c.Values {
		if v.Code == "" {
			return false
		}
		tokens, terms = append(tokens, x.hash.Token("unit", p.value.Name, v.Code)), append(terms, x.term("unit", typ, p.value.Name, v.Code))
	}
	l.Need, l.Terms = append(l.Need, tokens), append(l.Terms, terms)
	l.By["records unit"] = c.Name()
	return true
}

// value plans a code together with a value: the composite code-value-quantity,
// or a code with system beside a value-quantity with unit.
func (x *Extractor) value(l *Lookup, p *plan, q *Query) {
	if p.value == nil || p.code == nil {
		return
	}
	var code, quantity *Value
	by := ""
	for i := range q.Clauses {
		c := &q.Clauses[i]
		if c.Param == nil || c.Chain != nil || c.Modifier != "" || len(c.Values) != 1 {
			continue
		}
		switch {
		case c.Param == p.code:
			code = &c.Values[0]
		case c.Param == p.value:
			quantity, by = &c.Values[0], c.Name()
		case c.Param.Name == "code-value-quantity" && c.Param.Type == p.code.Type:
			code, quantity, by = &c.Values[0].Parts[0], &c.Values[0].Parts[1], c.Name()
		}
	}
	if code == nil || quantity == nil || !code.HasSystem || code.Code == "" {
		return
	}
	low, high := bounds(*quantity)
	if low > high {
		return
	}
	// A store may keep the value in four bytes: look a little beyond.
	low, high = float64(math.Nextafter32(float32(low), float32(math.Inf(-1)))), float64(math.Nextafter32(float32(high), float32(math.Inf(1))))
	l.Value = &ValueRange{Name: x.unitHash(x.codeHash(code.System, code.Code)), Low: low, High: high, Unless: x.otherTerm(p.code.Type, code.Code)}
	l.By["value"] = by
}

// bounds is the stretch in which a single number that matches lies; low above
// high when that cannot be said.
func bounds(v Value) (low, high float64) {
	switch v.Prefix {
	case "gt", "ge", "sa":
		return v.Number, math.Inf(1)
	case "lt", "le", "eb":
		return math.Inf(-1), v.Number
	case "ne":
		return 1, 0
	}
	return v.Low, v.High
}
