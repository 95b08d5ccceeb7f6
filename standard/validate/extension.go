package validate

import (
	"strings"

	"concord/standard/fhir"
	"concord/standard/validate/profile"
)

// defined holds an extension against its definition: where it may stand, and
// what it may hold. One whose definition is not loaded is allowed
// (https://hl7.org/fhir/R4/extensibility.html#extension).
func (c *check) defined(v *fhir.Value) {
	url := v.Get("url").Str()
	if strings.IndexByte(url, ':') <= 0 {
		return // a part of the extension around it
	}
	p, err := c.v.profiles.shelf().library.Profile(url)
	if err != nil {
		c.note("information", RuleExtension, "the definition of the extension "+shown(unversioned(url))+" is not loaded")
		return
	}
	if p.Type != "Extension" {
		c.reportAt("url", RuleExtension, "the url is not that of an extension")
		return
	}
	member := c.path[c.depth-1].name
	switch {
	case p.Modifier && member == "extension":
		c.report(RuleExtension, "this extension changes the meaning, so it stands in modifierExtension")
	case !p.Modifier && member == "modifierExtension":
		c.report(RuleExtension, "this extension does not change the meaning, so it stands in extension")
	}
	if !misplaced(url) && !c.inContext(p.Contexts) {
		c.report(RuleExtension, "this extension may stand at "+contextList(p.Contexts)+" only")
	}
	c.conform(p.Root, instance{value: v, typ: fhir.StructureOf("Extension"), index: -1})
}

// misplaced tells of the extensions that R4 itself uses against their own
// contexts: those of definitions stand at value sets, code systems and types
// too, and regex at ElementDefinition.type.
func misplaced(url string) bool {
	name, ok := strings.CutPrefix(url, "http://hl7.org/fhir/StructureDefinition/")
	return ok && (strings.HasPrefix(name, "structuredefinition-") || name == "regex")
}

func contextList(list []profile.Context) string {
	var out []string
	for _, k := range list {
		out = append(out, k.Expression)
	}
	return strings.Join(out, ", ")
}

// inContext tells whether the extension at hand stands where it may
// (https://hl7.org/fhir/R4/defining-extensions.html#context).
func (c *check) inContext(list []profile.Context) bool {
	if len(list) == 0 || c.depth < 2 {
		return true
	}
	for _, k := range list {
		switch k.Type {
		case "element":
			if c.standsAt(k.Expression) {
				return true
			}
		case "extension":
			around := c.path[c.depth-1].holder
			if around.Get("url").Str() == k.Expression {
				return true
			}
		default:
			return true // a condition in FHIRPath: not evaluated
		}
	}
	return false
}

// standsAt tells whether the element that has the extension is the one named:
// by its type ("HumanName", "Element", "Resource"), by its path in a type
// ("Patient.contact.name", "HumanName.family"), or by a profile, which is taken
// for the type that it may be of.
func (c *check) standsAt(expression string) bool {
	if strings.Contains(expression, "/") {
		return true
	}
	at := c.depth - 2 // the element that has the extension
	named := strings.TrimSuffix(expression, "[x]")
	if ownType := c.path[at].of; ownType != nil && isA(ownType, named) && named != "Element" || named == "Element" || named == "*" {
		return true
	}
	if named == "CanonicalResource" || named == "MetadataResource" {
		return c.path[at].of != nil && c.path[at].of.Form == fhir.ResourceType
	}
	// Walk upwards: the path may begin at any type on the way.
	path := ""
	for i := at; i > 0; i-- {
		s := &c.path[i]
		name := s.name
		if path == "" && s.typ != "" && named == pathIn(c.path[i-1].of, name+strings.ToUpper(s.typ[:1])+s.typ[1:]) {
			return true
		}
		if path = "." + name + path; c.path[i-1].of == nil {
			return false
		}
		for t := c.path[i-1].of; t != nil; t = baseOf(t) {
			if named == t.Name+path {
				return true
			}
		}
		if c.path[i-1].of.Form == fhir.ResourceType {
			return false
		}
	}
	return false
}

func pathIn(s *fhir.Structure, name string) string {
	if s == nil {
		return ""
	}
	return s.Name + "." + name
}
