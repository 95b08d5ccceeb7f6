package validate

import (
	_ "embed"
	"strings"
	"sync"

	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

//go:embed invariants.txt
var invariantsText string

// rule is a constraint: a condition in FHIRPath that holds for every value of a
// type or element (https://hl7.org/fhir/R4/conformance-rules.html#constraints).
type rule struct {
	key, severity string
	text          string // for people
	name          string // key and FHIRPath: two rules have one key, and one rule may be said twice
	native        nativeRule
	expr          func() (*fhirpath.Expr, error)
}

func newRule(key, severity, source, text string) *rule {
	r := &rule{key: key, severity: severity, text: text, name: key + " " + strings.Join(strings.Fields(source), " ")}
	r.expr = sync.OnceValues(func() (*fhirpath.Expr, error) { return fhirpath.Compile(source) })
	return r
}

// ruleBook holds the constraints of R4 where they apply.
type ruleBook struct {
	types    map[*fhir.Structure][]*rule // inherited ones included
	elements [][]*rule                   // by fhir.Element.Number
	known    map[string]bool             // by name: a profile may repeat them
	stated   map[string][]*rule          // by path, where they are first said
}

// walked are rules that the walk itself sees to: an element has content
// (RuleEmpty), a narrative is fit to be shown (RuleNarrative).
var walked = map[string]bool{"ele-1": true, "txt-1": true, "txt-2": true}

func loadRules() *ruleBook {
	stated, known := map[string][]*rule{}, map[string]bool{}
	for line := range strings.Lines(invariantsText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) < 5 {
			continue
		}
		path := strings.TrimSuffix(f[0], "[x]")
		r := newRule(f[1], f[2], f[3], f[4])
		known[r.name] = true
		if walked[r.key] {
			continue
		}
		r.native = nativeRules[path+" "+r.key]
		stated[path] = append(stated[path], r)
	}
	b := &ruleBook{
		types: map[*fhir.Structure][]*rule{}, elements: make([][]*rule, fhir.ElementCount()),
		known: known, stated: stated,
	}
	for s := range fhir.Structures() {
		if all := ofType(s, stated); all != nil {
			b.types[s] = all
		}
		for i := range s.Elements {
			if e := &s.Elements[i]; fhir.StructureOf(s.Name+"."+e.Name) == nil {
				b.elements[e.Number] = ofElement(s, e.Name, stated)
			}
		}
	}
	return b
}

// ofType collects the rules of a type and of those it derives from.
func ofType(s *fhir.Structure, stated map[string][]*rule) []*rule {
	var out []*rule
	if base := baseOf(s); base != nil {
		out = append(out, ofType(base, stated)...)
	}
	return append(out, stated[s.Name]...)
}

// ofElement finds the rules of an element in the type that states it.
func ofElement[T any](s *fhir.Structure, name string, stated map[string]T) T {
	for ; s != nil; s = baseOf(s) {
		if found, ok := stated[s.Name+"."+name]; ok {
			return found
		}
	}
	var none T
	return none
}

func baseOf(s *fhir.Structure) *fhir.Structure {
	if s.Form == fhir.PrimitiveType {
		return nil
	}
	return fhir.StructureOf(s.Base)
}

// rulesOf holds a value against the constraints of its type.
func (c *check) rulesOf(s *fhir.Structure, v *fhir.Value) {
	for _, r := range c.v.rules.types[s] {
		c.rule(r, fhirpath.Node{Value: v, Type: s.Name})
	}
}

// rule holds a value against one constraint.
func (c *check) rule(r *rule, n fhirpath.Node) {
	if c.done() || r.severity != "error" && !c.full {
		return
	}
	if r.native != nil {
		if !r.native(c, n.Value) {
			c.broken(r)
		}
		return
	}
	holds, err := c.holds(r, n)
	switch {
	case err != nil:
		c.note("warning", RuleUnchecked, "the rule "+r.key+" could not be evaluated")
	case !holds:
		c.broken(r)
	}
}

// holds evaluates a rule. A rule is not broken by what cannot be told (dates of
// different precision), which FHIRPath answers with nothing at all.
func (c *check) holds(r *rule, n fhirpath.Node) (bool, error) {
	expr, err := r.expr()
	if err != nil {
		return false, err
	}
	return expr.TestInvariant(c.environment(), n)
}

func (c *check) broken(r *rule) {
	c.addAs(r.severity, "invariant", r.key, r.text)
}

// maxEvaluation bounds what evaluating one rule may cost.
const maxEvaluation = 2_000_000

// environment is what expressions see around them: %resource is the resource
// at hand, %rootResource the one that contains it.
func (c *check) environment() *fhirpath.Env {
	c.env.Resource, c.env.Root = c.resourceAt, c.container
	return &c.env
}
