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

	RuleUnchecked = "unchecked"     // something that cannot be judged with what is known
	RuleFullURL   = "full-url"      // Bundle.entry.fullUrl that is not absolute, or not the resource's
	RuleSearch    = "search-result" // an entry that no search gives
	RuleReference = "reference"     // a reference that leads nowhere
	RuleBinding   = "binding"       // not a code of a profile's or an extensible value set
	RuleMode      = "mode"          // what is missing for the kind of write
	RuleSize      = "size"          // Attachment.size that is not that of the data

	RuleProfile   = "profile"   // a profile that is unknown, or of another type
	RuleFixed     = "fixed"     // not the fixed value
	RulePattern   = "pattern"   // not as the pattern
	RuleSlice     = "slice"     // slices: how many, in which order, and nothing else
	RuleExtension = "extension" // an extension where it does not belong
	RuleRange     = "range"     // outside what a profile allows: too long, too small, too large
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
	RuleUnchecked:     "not-supported",
	RuleFullURL:       "value",
	RuleSearch:        "value",
	RuleReference:     "not-found",
	RuleBinding:       "code-invalid",
	RuleMode:          "required",
	RuleSize:          "value",
	RuleProfile:       "not-found",
	RuleFixed:         "value",
	RulePattern:       "value",
	RuleSlice:         "structure",
	RuleExtension:     "extension",
	RuleRange:         "value",
}

// Validator holds the rules. It is safe for use by many goroutines.
type Validator struct {
	bindings []*codeSet // by fhir.Element.Number; nil where no code is required
	others   []*binding // by fhir.Element.Number: value sets that are looked up
	rules    *ruleBook
	profiles *Profiles
	checks   *sync.Pool // of *check
	plain    *Options   // of Check
}

var loadBase = sync.OnceValue(func() *Validator {
	v := &Validator{
		bindings: bindings(enumerated()), others: loadBindings(), rules: loadRules(),
		profiles: coreProfiles(), checks: &sync.Pool{}, plain: &Options{},
	}
	v.checks.New = func() any { return newCheck() }
	return v
})

// Base is the validator of the base specification.
func Base() *Validator { return loadBase() }

// With is the validator that knows the profiles of implementation guides too.
func (v *Validator) With(profiles *Profiles) *Validator {
	out := *v
	out.profiles = profiles
	return &out
}

// Profiles are those that the validator knows beside R4's own.
func (v *Validator) Profiles() *Profiles { return v.profiles }

// Check holds a resource against the rules of R4 that are errors to break, and
// returns what is wrong with it, in the order of the document; nil when nothing
// is. A resource with errors is not to be kept; one with warnings only may be.
// It is what every write goes through: advice, extensible value sets, profiles
// and the definitions of extensions are left to Validate.
func (v *Validator) Check(resource *fhir.Value) []fhir.Issue {
	c := v.checks.Get().(*check)
	c.begin(v, resource, v.plain)
	c.resource(resource)
	issues := c.issues
	c.end()
	v.checks.Put(c)
	return issues
}

// rootName is how expressions begin. A type that R4 does not know is not
// repeated.
func rootName(resource *fhir.Value) string {
	if t := resource.Type(); fhir.R4().Number(t) != 0 {
		return t
	}
	return "Resource"
}
