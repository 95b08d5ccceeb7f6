package validate

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"concord/standard/fhir"
)

//go:embed codes.txt
var codesText string

// codeSet is a value set that R4 enumerates: codes by system.
type codeSet struct {
	name    string
	all     map[string]bool // the codes of every system
	systems map[string]map[string]bool
	order   []string // of systems, sorted
}

var enumerated = sync.OnceValue(loadCodes)

// Meant is the code system that a code of a value set which R4 enumerates belongs to,
// by the set's name such as "observation-status"; "" when it is none of them. A code
// that two systems of the set have is of the first in order of their URLs.
func Meant(set, code string) string {
	s := enumerated()[set]
	if s == nil {
		return ""
	}
	for _, system := range s.order {
		if s.systems[system][code] {
			return system
		}
	}
	return ""
}

func loadCodes() map[string]*codeSet {
	sets := map[string]*codeSet{}
	var last *codeSet
	for line := range strings.Lines(codesText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case f[0] != "" && f[0][0] != '#':
			last = &codeSet{name: f[0], all: map[string]bool{}, systems: map[string]map[string]bool{}}
			sets[f[0]] = last
		case len(f) > 2:
			system := map[string]bool{}
			for _, code := range f[2:] {
				last.all[code], system[code] = true, true
			}
			last.systems[f[1]] = system
			last.order = append(last.order, f[1])
			slices.Sort(last.order)
		}
	}
	return sets
}

// bindings lays the sets out by the number of the element that requires them.
func bindings(sets map[string]*codeSet) []*codeSet {
	out := make([]*codeSet, fhir.ElementCount())
	for s := range fhir.Structures() {
		for i := range s.Elements {
			if e := &s.Elements[i]; e.Binding != "" {
				out[e.Number] = sets[e.Binding]
			}
		}
	}
	return out
}

// coded checks a Coding, CodeableConcept or Quantity whose code is required from
// a set. A CodeableConcept needs one coding of the set; without any coding, an
// extension has to say why (https://hl7.org/fhir/R4/terminologies.html#required).
func (c *check) coded(slot fhir.Slot, v *fhir.Value) {
	set := c.v.bindings[slot.Element.Number]
	switch {
	case v.Kind() != fhir.Object:
	case set == nil:
		c.bound(slot, v)
	case !set.allows(slot.Type.Name, v):
		c.report(RuleCode, "the value set "+set.name+" requires one of its codes")
	}
}

func (s *codeSet) allows(typ string, v *fhir.Value) bool {
	switch typ {
	case "Coding":
		return s.has(v)
	case "Quantity":
		return v.Get("code") == nil || s.has(v)
	case "CodeableConcept":
		codings := v.Get("coding")
		for coding := range codings.Each() {
			if s.has(coding) {
				return true
			}
		}
		return codings == nil && v.Get("extension") != nil
	}
	return true
}

func (s *codeSet) has(coding *fhir.Value) bool {
	return s.systems[coding.Get("system").Str()][coding.Get("code").Str()]
}
