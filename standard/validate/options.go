package validate

import (
	"time"

	"concord/standard/fhir"
)

// Mode is what the resource is meant for
// (https://hl7.org/fhir/R4/valueset-resource-validation-mode.html).
type Mode string

// The modes of $validate. None of them is the plain check of the content.
const (
	ModeNone    Mode = ""
	ModeCreate  Mode = "create"  // an id is not needed
	ModeUpdate  Mode = "update"  // an id is needed
	ModeDelete  Mode = "delete"  // the content does not matter
	ModeProfile Mode = "profile" // only meaningful with Profiles
)

// Options of Validate. The zero value checks R4 and the profiles that the
// resource itself names.
type Options struct {
	// Profiles are canonical URLs to check against, beside those that the
	// resource names in meta.profile.
	Profiles []string
	Mode     Mode
	// UnknownProfiles is the severity of a profile that is not loaded:
	// "warning" when empty.
	UnknownProfiles string
	// Resolve finds what a reference leads to, outside the resource; nil for
	// nothing. What is contained and what is in the same bundle is found without.
	Resolve func(ref string) *fhir.Value
	// MemberOf tells whether a value set has a code that the loaded definitions
	// cannot judge, such as one of SNOMED CT. known is false for "cannot tell".
	MemberOf func(valueSet, system, code string) (in, known bool)
	Now      time.Time      // for today() and now() in rules
	Zone     *time.Location // of dates without an offset
}

func (o *Options) unknownProfiles() string {
	if o.UnknownProfiles == "" {
		return "warning"
	}
	return o.UnknownProfiles
}

// Validate holds a resource against R4, the definitions of its extensions, the
// profiles that it names in meta.profile and those of the options. Issues come
// in the order of the document for R4, then for each profile. Only a resource
// without issues of severity error is valid.
// (https://hl7.org/fhir/R4/resource-operation-validate.html)
func (v *Validator) Validate(resource *fhir.Value, o Options) []fhir.Issue {
	if o.Mode == ModeDelete {
		return nil
	}
	c := v.checks.Get().(*check)
	c.begin(v, resource, &o)
	c.full = true
	c.mode(resource)
	c.resource(resource)
	c.wanted(resource)
	issues := distinct(c.issues)
	c.end()
	v.checks.Put(c)
	return issues
}

func (c *check) mode(resource *fhir.Value) {
	switch c.options.Mode {
	case ModeUpdate:
		if resource.Get("id") == nil {
			c.reportAt("id", RuleMode, "an update needs the id of the resource")
		}
	case ModeProfile:
		if len(c.options.Profiles) == 0 {
			c.report(RuleMode, "no profile is named to check against")
		}
	case ModeNone, ModeCreate:
	default:
		c.report(RuleMode, "the mode is one of create, update, delete and profile")
	}
}

// distinct leaves out what two profiles found alike.
func distinct(issues []fhir.Issue) []fhir.Issue {
	seen := make(map[fhir.Issue]bool, len(issues))
	out := issues[:0]
	for _, is := range issues {
		if !seen[is] {
			seen[is] = true
			out = append(out, is)
		}
	}
	return out
}
