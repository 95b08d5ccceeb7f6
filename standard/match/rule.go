package match

import (
	"strings"

	"concord/fault"
)

// Rules are blocking rules made ready: what two records must share to be
// worth a comparison.
type Rules struct {
	parts [][]part
	Names []string // the rules as the model words them
}

type part func(*Subject) uint32

// parts by the names that the model uses. A part gives 0 when the record does
// not have it, and then the rule has no key.
func partNamed(name string) part {
	switch name {
	case "nhs":
		return func(s *Subject) uint32 {
			if s.flags&validNHS == 0 {
				return 0
			}
			return mark(string(s.nhs[:]))
		}
	case "born":
		return func(s *Subject) uint32 { return s.born }
	case "year":
		return func(s *Subject) uint32 { return s.born / 10000 }
	case "month":
		return func(s *Subject) uint32 { return s.born / 100 % 100 }
	case "day":
		return func(s *Subject) uint32 { return s.born % 100 }
	case "sex":
		return func(s *Subject) uint32 { return uint32(s.sex) }
	case "number":
		return func(s *Subject) uint32 { return s.number[0].scope ^ s.number[0].whole }
	case "phone":
		return func(s *Subject) uint32 { return uint32(s.phones[0]) ^ uint32(s.phones[0]>>32) }
	case "email":
		return func(s *Subject) uint32 { return mark(s.local.String()) }
	}
	if p := placePart(name); p != nil {
		return p
	}
	return namePart(name)
}

func placePart(name string) part {
	switch name {
	case "postcode":
		return func(s *Subject) uint32 { return uint32(s.post>>32)*31 ^ uint32(s.post) }
	case "sector":
		return func(s *Subject) uint32 { return uint32(s.post>>32)*31 ^ uint32(s.post)&0xff000000 }
	case "outcode":
		return func(s *Subject) uint32 { return uint32(s.post >> 32) }
	case "town":
		return func(s *Subject) uint32 { return mark(s.town.String()) }
	case "house":
		return func(s *Subject) uint32 { return s.house }
	case "street":
		return func(s *Subject) uint32 { return s.street[0] }
	}
	return nil
}

func namePart(name string) part {
	switch name {
	case "given":
		return func(s *Subject) uint32 { return mark(s.given.String()) }
	case "family":
		return func(s *Subject) uint32 { return mark(s.family.String()) }
	case "names": // given and family in either order
		return func(s *Subject) uint32 {
			if s.given.n == 0 || s.family.n == 0 {
				return 0
			}
			return s.letters
		}
	case "given-sound":
		return func(s *Subject) uint32 { return mark(Soundex(s.given.String())) }
	case "family-sound":
		return func(s *Subject) uint32 { return mark(Soundex(s.family.String())) }
	case "initial":
		return func(s *Subject) uint32 { return uint32(s.given.b[0]) }
	}
	return nil
}

// ParseRules reads rules such as "born+sex+outcode". without names parts that
// the data do not have at all: they are left out, and so is a rule of which
// nothing but one weak part is left. Code: "match.rule".
func ParseRules(rules []string, without ...string) (*Rules, error) {
	out := &Rules{}
	seen := map[string]bool{}
	for _, rule := range rules {
		var parts []part
		var names []string
		for _, n := range strings.Split(rule, "+") {
			p := partNamed(n)
			if p == nil {
				return nil, fault.New(fault.Invalid, "match.rule", "the blocking rule %q has an unknown part %q", rule, n)
			}
			if !contains(without, n) {
				parts, names = append(parts, p), append(names, n)
			}
		}
		name := strings.Join(names, "+")
		if len(names) == 0 || seen[name] || len(names) < strings.Count(rule, "+")+1 && len(names) == 1 && weak(name) {
			continue
		}
		seen[name] = true
		out.parts, out.Names = append(out.parts, parts), append(out.Names, name)
	}
	if len(out.parts) == 0 || len(out.parts) > MaxKeys {
		return nil, fault.New(fault.Invalid, "match.rule", "there are %d blocking rules, not 1 to %d", len(out.parts), MaxKeys)
	}
	return out, nil
}

// weak parts alone would pair too many.
func weak(part string) bool {
	switch part {
	case "year", "month", "day", "sex", "initial", "outcode", "town", "house", "given", "family", "given-sound", "family-sound":
		return true
	}
	return false
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// key fills the blocking keys of a subject.
func (r *Rules) key(s *Subject) {
	for i := range r.parts {
		s.keys[i] = r.keyOf(i, s)
	}
}

// keyOf is the key of one rule; 0 when the subject lacks a part of it.
func (r *Rules) keyOf(rule int, s *Subject) uint32 {
	h := uint32(rule + 1)
	for _, p := range r.parts[rule] {
		v := p(s)
		if v == 0 {
			return 0
		}
		h = (h ^ v) * 2654435761
		h ^= h >> 15
	}
	return h
}

// Shared are the comparisons of which a rule shares a part: within its blocks
// nothing is learned of them.
func (r *Rules) Shared(rule int) []Comparison {
	var out []Comparison
	for _, n := range strings.Split(r.Names[rule], "+") {
		switch n {
		case "nhs":
			out = append(out, NHS)
		case "number":
			out = append(out, Identifier)
		case "phone":
			out = append(out, Phone)
		case "email":
			out = append(out, Email)
		case "sex":
			out = append(out, Sex)
		case "born", "year", "month", "day":
			out = append(out, Birth)
		case "given", "family", "names", "given-sound", "family-sound", "initial":
			out = append(out, Name)
		default:
			out = append(out, Place)
		}
	}
	return out
}
