package validate

import (
	"slices"
	"strings"

	"concord/standard/fhir"
)

// reference checks what a Reference points at against the types that its
// element allows (https://hl7.org/fhir/R4/references.html).
func (c *check) reference(e *fhir.Element, v *fhir.Value) {
	literal := v.Get("reference").Str()
	typ, relative := literalType(literal)
	if strings.HasPrefix(literal, "#") {
		typ = c.containedType(literal[1:])
	}
	if typ != "" && fhir.R4().Number(typ) == 0 {
		if relative {
			c.report(RuleReferenceType, "the reference names a type that FHIR R4 does not have")
		}
		typ = ""
	}
	if r := c.inBundle(literal); c.full && r.Type() != "" {
		if typ != "" && typ != r.Type() {
			c.report(RuleReferenceType, "the reference names another type than what it leads to in the bundle has")
			return
		}
		typ = r.Type()
	}
	c.documented(literal)
	said := v.Get("type").Str()
	if fhir.R4().Number(said) == 0 {
		said = ""
	}
	if typ != "" && said != "" && typ != said {
		c.report(RuleReferenceType, "Reference.type differs from the type in the reference")
		return
	}
	if typ == "" {
		typ = said
	}
	if typ != "" && len(e.Targets) > 0 && !slices.Contains(e.Targets, typ) {
		c.report(RuleReferenceType, "the reference may point at "+strings.Join(e.Targets, ", ")+" only")
	}
}

// documented: what the Composition of a document refers to is in the document
// (https://hl7.org/fhir/R4/documents.html#content).
func (c *check) documented(literal string) {
	if !c.full || literal == "" || literal[0] == '#' || c.bundleAt.StrAt("type") != "document" {
		return
	}
	if c.resourceAt == c.bundleAt.Path("entry.0.resource") && c.index().exact(literal, c.entryURL) == nil {
		c.report(RuleReference, "what the composition refers to is not in the document")
	}
}

// literalType is the type in a reference of the form [base/]Type/id
// [/_history/version], or "". Unlike fhir.ParseReference it does not allocate.
func literalType(s string) (typ string, relative bool) {
	if s == "" || s[0] == '#' || strings.HasPrefix(s, "urn:") {
		return "", false
	}
	rest, id, ok := cutLast(s)
	if before, h, _ := cutLast(rest); h == "_history" {
		rest, id, ok = cutLast(before)
	}
	if !ok || !fhir.ValidID(id) {
		return "", false
	}
	base, typ, absolute := cutLast(rest)
	if typ == "" || typ[0] < 'A' || typ[0] > 'Z' {
		return "", false
	}
	for i := 0; i < len(typ); i++ {
		if !isLetter(typ[i]) {
			return "", false
		}
	}
	return typ, !absolute || base == ""
}

// cutLast splits at the last slash; without one, all is the last part.
func cutLast(s string) (before, last string, found bool) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

func (c *check) containedType(id string) string {
	if id == "" {
		return c.container.Type()
	}
	c.listContained()
	return c.contained[id]
}

func (c *check) isContained(id string) bool {
	c.listContained()
	_, ok := c.contained[id]
	return ok
}

func (c *check) listContained() {
	if c.containedIn != c.container {
		c.containedIn, c.contained = c.container, map[string]string{}
		for r := range c.container.Get("contained").Each() {
			c.contained[r.ID()] = r.Type()
		}
	}
}
