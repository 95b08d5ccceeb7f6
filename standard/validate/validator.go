package validate

import (
	"sync"

	"concord/standard/fhir"
)

// MaxIssues is how many issues one check reports; what follows is not looked
// at, so that hostile input costs little.
const MaxIssues = 100

// The rules, as fhir.Issue.Detail names them. They never change.
const (
	RuleResourceType  = "resource-type"   // resourceType is missing or not of R4
	RuleUnknown       = "unknown-element" // R4 has no such member there
	RuleRequired      = "required"        // a required element is missing
	RuleCardinality   = "cardinality"     // an array for a single element, or the reverse
	RuleType          = "type"            // the wrong kind of JSON value
	RuleEmpty         = "empty"           // an empty array, object or string
	RuleChoice        = "choice"          // a choice element given in two types
	RulePrimitive     = "primitive"       // the form of a primitive value
	RuleNarrative     = "narrative"       // XHTML that a narrative may not hold
	RuleCode          = "code"            // not a code of the required value set
	RuleReferenceType = "reference-type"  // a reference to a type that is not allowed
	RuleDepth         = "depth"           // nested deeper than fhir.MaxDepth
)

// issueTypes maps a rule to its issue-type code
// (https://hl7.org/fhir/R4/valueset-issue-type.html).
var issueTypes = map[string]string{
	RuleResourceType:  "structure",
	RuleUnknown:       "structure",
	RuleRequired:      "required",
	RuleCardinality:   "structure",
	RuleType:          "structure",
	RuleEmpty:         "structure",
	RuleChoice:        "structure",
	RulePrimitive:     "value",
	RuleNarrative:     "invalid",
	RuleCode:          "code-invalid",
	RuleReferenceType: "value",
	RuleDepth:         "too-costly",
}

// Validator holds the rules. It is safe for use by many goroutines.
type Validator struct {
	bindings []*codeSet // by fhir.Element.Number; nil where no code is required
}

var loadBase = sync.OnceValue(func() *Validator {
	return &Validator{bindings: bindings(loadCodes())}
})

// Base is the validator of the base specification.
func Base() *Validator { return loadBase() }

// Check holds a resource against the rules and returns what is wrong with it,
// in the order of the document; nil when nothing is. A resource with errors is
// not to be kept; one with warnings only may be.
func (v *Validator) Check(resource *fhir.Value) []fhir.Issue {
	c := check{bindings: v.bindings, container: resource}
	c.push(step{name: rootName(resource), index: -1})
	c.resource(resource)
	return c.issues
}

// rootName is how expressions begin. A type that R4 does not know is not
// repeated.
func rootName(resource *fhir.Value) string {
	if t := resource.Type(); fhir.R4().Number(t) != 0 {
		return t
	}
	return "Resource"
}
