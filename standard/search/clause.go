package search

import (
	"slices"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

func (r *reading) clause(p *Param, modifier, v string) (Clause, error) {
	c := Clause{Param: p, Modifier: modifier, terms: r.table.terms}
	if modifier != "" && !slices.Contains(Modifiers(p.Kind), modifier) {
		if p.Kind != Reference || fhir.R4().Number(modifier) == 0 {
			return c, fault.New(fault.Unsupported, "search.modifier", "modifiers served for a %s parameter:%s", p.Kind, strings.TrimRight(modifiers[p.Kind], " ")).In(p.Name)
		}
	}
	for _, alt := range splitEscaped(v, ',') {
		val, err := p.value(alt, modifier, r.loc)
		if err == nil {
			err = r.known(p, modifier, val)
		}
		if modifier == "" || modifier == "not" {
			val = p.plain(c.terms, val)
		}
		if err != nil {
			return c, err
		}
		if c.Values = append(c.Values, val); len(c.Values) > maxValues {
			return c, fault.New(fault.TooCostly, "search.limit", "a parameter may have %d alternatives", maxValues).In(p.Name)
		}
	}
	if len(c.Values) == 0 {
		return c, fault.New(fault.Invalid, "search.value", "a value is needed").In(p.Name)
	}
	return c, nil
}

// known refuses what only a terminology could answer that is not here: a
// search that cannot be answered must not look like one without matches.
func (r *reading) known(p *Param, modifier string, v Value) error {
	switch {
	case p.Kind != Token:
		return nil
	case modifier == "in" || modifier == "not-in":
		if r.table.terms == nil || !r.table.terms.Knows(v.Text) {
			return fault.New(fault.Unsupported, "search.value-set", "the value set is not known here").In(p.Name)
		}
	case modifier == "above" || modifier == "below":
		if r.table.terms == nil {
			return fault.New(fault.Unsupported, "search.code-system", "no code systems are known here").In(p.Name)
		}
		if _, known := r.table.terms.Subsumes(v.System, v.Code, v.Code); !known {
			return fault.New(fault.Unsupported, "search.code-system", "the code is not of a code system whose hierarchy is known here; write it as system|code").In(p.Name)
		}
	}
	return nil
}

// splitEscaped splits at a separator that no backslash escapes; empty parts
// are dropped (https://hl7.org/fhir/R4/search.html#escaping).
func splitEscaped(s string, sep byte) []string {
	var out []string
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s)-1 && s[i] == '\\' {
			i++
			continue
		}
		if i >= len(s) || s[i] == sep {
			if part := s[start:min(i, len(s))]; part != "" {
				out = append(out, part)
			}
			start = i + 1
		}
	}
	return out
}

var unescaper = strings.NewReplacer(`\,`, ",", `\|`, "|", `\$`, "$", `\\`, `\`)

func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return unescaper.Replace(s)
}
