package pack

import (
	"strings"

	"concord/standard/fhir"
)

// Answer says whether a code is in a value set.
type Answer uint8

// The answers. Unknown means that the definitions at hand do not tell.
const (
	Unknown Answer = iota
	In
	Out
)

// valueSet is a value set read for look-ups.
type valueSet struct {
	include, exclude []part
}

// part is one include or exclude.
type part struct {
	system  string
	codes   map[string]bool // nil when the part lists none
	filters []filter
	sets    []string
}

type filter struct{ property, op, value string }

// What one look-up may cost: how deep value sets may include each other, and how
// many includes may be looked at.
const (
	maxImports = 16
	maxParts   = 10_000
)

// lookup is one question.
type lookup struct {
	p            *Pack
	system, code string
	parts        int
}

// AnySystem asks for a code alone, as an element of type code has it.
const AnySystem = "*"

// MemberOf tells whether a value set has a code
// (https://hl7.org/fhir/R4/valueset.html#compositions).
func (p *Pack) MemberOf(canonical, system, code string) Answer {
	l := lookup{p: p, system: system, code: code}
	return l.member(canonical, 0)
}

func (l *lookup) member(canonical string, depth int) Answer {
	e := l.p.find("ValueSet", canonical)
	if e == nil || depth > maxImports {
		return Unknown
	}
	e.coded.Do(func() { e.set = readSet(e.definition()) })
	if len(e.set.include) == 0 {
		return Unknown
	}
	answer := l.any(e.set.include, depth)
	if answer == Out {
		return Out
	}
	switch l.any(e.set.exclude, depth) {
	case In:
		return Out
	case Unknown:
		return Unknown
	}
	return answer
}

// any: one part that has the code is enough.
func (l *lookup) any(parts []part, depth int) Answer {
	answer := Out
	for i := range parts {
		switch l.in(&parts[i], depth) {
		case In:
			return In
		case Unknown:
			answer = Unknown
		}
	}
	return answer
}

// in: the system, the codes, every filter and every set must agree.
func (l *lookup) in(t *part, depth int) Answer {
	if l.parts++; l.parts > maxParts || t.system == "" && len(t.sets) == 0 {
		return Unknown
	}
	answer := In
	if t.system != "" {
		if l.system != AnySystem && l.system != t.system {
			return Out
		}
		answer = l.p.inSystem(t, l.code)
	}
	for _, s := range t.sets {
		if answer = both(answer, l.member(s, depth+1)); answer == Out {
			break
		}
	}
	return answer
}

func both(a, b Answer) Answer {
	switch {
	case a == Out || b == Out:
		return Out
	case a == Unknown || b == Unknown:
		return Unknown
	}
	return In
}

func (p *Pack) inSystem(t *part, code string) Answer {
	if t.codes != nil {
		if t.codes[code] {
			return In
		}
		return Out
	}
	s := p.systemOf(t.system)
	if s == nil {
		if answer := WellFormed(t.system, code); answer == Out || t.filters == nil {
			return answer
		}
		return Unknown
	}
	c := s.concept(code)
	if c == nil {
		if s.complete {
			return Out
		}
		return Unknown
	}
	answer := In
	for _, f := range t.filters {
		answer = both(answer, s.passes(f, s.spelt(code), c))
	}
	return answer
}

// passes applies one filter
// (https://hl7.org/fhir/R4/valueset-filter-operator.html).
func (s *system) passes(f filter, code string, c *concept) Answer {
	if !s.complete {
		return Unknown
	}
	holds := false
	switch f.op {
	case "is-a":
		holds = s.below(code, s.spelt(f.value), true, 0)
	case "descendent-of":
		holds = s.below(code, s.spelt(f.value), false, 0)
	case "is-not-a":
		holds = !s.below(code, s.spelt(f.value), true, 0)
	case "=":
		holds = s.property(f.property, code, c) == f.value
	case "exists":
		holds = (s.property(f.property, code, c) != "") == (f.value == "true")
	case "in", "not-in":
		holds = f.op == "not-in"
		for _, v := range strings.Split(f.value, ",") {
			if v != "" && s.property(f.property, code, c) == v {
				holds = f.op == "in"
			}
		}
	default:
		return Unknown
	}
	if holds {
		return In
	}
	return Out
}

func (s *system) property(name, code string, c *concept) string {
	if name == "concept" || name == "code" {
		return code
	}
	return c.properties[name]
}

func readSet(v *fhir.Value) *valueSet {
	s := &valueSet{}
	for in := range v.Path("compose.include").Each() {
		s.include = append(s.include, readPart(in))
	}
	for out := range v.Path("compose.exclude").Each() {
		s.exclude = append(s.exclude, readPart(out))
	}
	if len(s.include) == 0 {
		s.include = expansion(v.Path("expansion.contains"), nil, 0)
	}
	return s
}

func readPart(v *fhir.Value) part {
	t := part{system: v.StrAt("system")}
	if list := v.Get("concept"); list.Len() > 0 {
		t.codes = make(map[string]bool, list.Len())
		for c := range list.Each() {
			t.codes[c.StrAt("code")] = true
		}
	}
	for f := range v.Get("filter").Each() {
		t.filters = append(t.filters, filter{f.StrAt("property"), f.StrAt("op"), f.StrAt("value")})
	}
	for u := range v.Get("valueSet").Each() {
		t.sets = append(t.sets, u.Str())
	}
	return t
}

// expansion makes a part per system of an expansion that stands alone.
func expansion(list *fhir.Value, parts []part, depth int) []part {
	if depth > maxHierarchy {
		return parts
	}
	for c := range list.Each() {
		parts = expansion(c.Get("contains"), listed(parts, c.StrAt("system"), c.StrAt("code")), depth+1)
	}
	return parts
}

func listed(parts []part, system, code string) []part {
	if code == "" {
		return parts
	}
	for i := range parts {
		if parts[i].system == system {
			parts[i].codes[code] = true
			return parts
		}
	}
	return append(parts, part{system: system, codes: map[string]bool{code: true}})
}
