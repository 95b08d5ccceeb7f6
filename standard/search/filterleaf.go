package search

import (
	"strings"
)

// filterOps are the comparisons that a kind of parameter takes in a _filter.
var filterOps = map[Kind]string{
	String:    " eq ne co sw ew ",
	URI:       " eq ne co sw ew ",
	Token:     " eq ne co sw ew in ni ss sb ",
	Reference: " eq ne re ",
	Date:      " eq ne gt lt ge le ap sa eb po ",
	Number:    " eq ne gt lt ge le ap sa eb ",
	Quantity:  " eq ne gt lt ge le ap sa eb ",
}

// leaf makes the clause of one comparison.
func (p *filterParser) leaf(prm *Param, op, v string, quoted bool) (*Filter, error) {
	if op == "pr" {
		if v != "true" && v != "false" {
			return nil, p.fail("pr is followed by true or false")
		}
		return &Filter{Leaf: &Clause{Param: prm, Modifier: "missing", Values: []Value{{Missing: v == "false"}}}}, nil
	}
	if !strings.Contains(filterOps[prm.Kind], " "+op+" ") {
		return nil, p.fail("comparisons of a " + string(prm.Kind) + " parameter:" + filterOps[prm.Kind] + "pr")
	}
	if quoted && prm.Kind != Token {
		v = escaped(v)
	}
	c := &Clause{Param: prm, terms: p.r.table.terms}
	text, modifier := v, ""
	switch prm.Kind {
	case String, URI:
		modifier = stringOps[op]
	case Token:
		modifier = tokenOps[op]
	case Reference:
		modifier = map[string]string{"ne": unequal}[op]
	case Date, Number, Quantity:
		text = op + v
		if op == "po" {
			text = "ap" + v
		}
	}
	val, err := prm.value(text, modifier, p.r.loc)
	if err == nil {
		err = p.r.known(prm, modifier, val)
	}
	if err != nil {
		return nil, err
	}
	if op == "po" {
		val.Prefix = "po"
	}
	if modifier == "" {
		val = prm.plain(c.terms, val)
	}
	c.Modifier, c.Values = modifier, []Value{val}
	return &Filter{Leaf: c}, nil
}

// unequal is the modifier of what has an item other than the value.
const unequal = "=ne"

// stringOps and tokenOps name the comparison as a modifier. Those that begin
// with an equals sign exist in filters only.
var stringOps = map[string]string{"eq": "=eq", "ne": unequal, "co": "contains", "sw": "=sw", "ew": "=ew"}

var tokenOps = map[string]string{"eq": "", "ne": unequal, "co": "=co", "sw": "=sw", "ew": "=ew", "in": "in", "ni": "not-in", "ss": "above", "sb": "below"}

var escaping = strings.NewReplacer(`\`, `\\`, ",", `\,`, "|", `\|`, "$", `\$`)

// escaped writes a text so that reading it as a search value gives it back.
func escaped(s string) string { return escaping.Replace(s) }
