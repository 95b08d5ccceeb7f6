package validate

import (
	"slices"
	"strings"

	"concord/standard/fhir"
	"concord/standard/validate/profile"
)

// allowedType holds a value against the types that are left of an element, and
// their profiles: of those named for its type, one has to be met.
func (c *check) allowedType(n *profile.Node, in instance) bool {
	var names, profiles, targets []string
	found, free, anyTarget := false, false, false
	for _, t := range n.Types {
		names = append(names, t.Code)
		if !isA(in.typ, t.Code) {
			continue
		}
		found = true
		free = free || t.Profiles == nil
		anyTarget = anyTarget || t.Targets == nil
		profiles, targets = append(profiles, t.Profiles...), append(targets, t.Targets...)
	}
	if !found {
		c.report(RuleType, "the profile allows "+strings.Join(names, ", ")+" only")
		return false
	}
	if !free {
		c.oneOf(profiles, in)
	}
	if !anyTarget && in.typ.Name == "Reference" {
		c.target(targets, in.value)
	}
	return true
}

// oneOf: the value meets one of the profiles at least.
func (c *check) oneOf(profiles []string, in instance) {
	if in.typ.Name == "Extension" {
		// Its url names the definition, which the walk holds it against.
		if url := in.value.StrAt("url"); !slices.ContainsFunc(profiles, func(p string) bool { return unversioned(p) == url }) {
			c.report(RuleExtension, "the profile has another extension here")
		}
		return
	}
	library := c.v.profiles.shelf().library
	unknown := false
	for _, url := range profiles {
		p, err := library.Profile(url)
		if err != nil {
			unknown = true
			continue
		}
		if len(profiles) == 1 {
			c.conform(p.Root, in)
			return
		}
		if isA(in.typ, p.Type) && c.quietly(func() { c.conform(p.Root, in) }) {
			return
		}
	}
	if unknown {
		c.note("warning", RuleProfile, "one of "+strings.Join(profiles, ", ")+" cannot be checked: its definition is not loaded")
		return
	}
	c.report(RuleProfile, "none of "+strings.Join(profiles, ", ")+" is met")
}

func unversioned(canonical string) string {
	url, _, _ := strings.Cut(canonical, "|")
	return url
}

// target checks what a reference leads to by type; what it is made of is its
// own business.
func (c *check) target(profiles []string, v *fhir.Value) {
	typ := c.leadsTo(v)
	if typ == "" {
		return
	}
	library := c.v.profiles.shelf().library
	var types []string
	for _, url := range profiles {
		p, err := library.Profile(url)
		if err != nil {
			return
		}
		if isA(fhir.StructureOf(typ), p.Type) {
			return
		}
		types = append(types, p.Type)
	}
	slices.Sort(types)
	c.report(RuleReferenceType, "the profile allows a reference to "+strings.Join(slices.Compact(types), ", ")+" only")
}

// leadsTo is the type of what a reference leads to, or "".
func (c *check) leadsTo(v *fhir.Value) string {
	ref := v.Get("reference").Str()
	if r := c.resolve(ref); r != nil {
		return r.Type()
	}
	if typ, _ := literalType(ref); fhir.R4().Number(typ) != 0 {
		return typ
	}
	if typ := v.Get("type").Str(); fhir.R4().Number(typ) != 0 {
		return typ
	}
	return ""
}
