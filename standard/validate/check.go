package validate

import (
	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

// check is one walk through a resource. Checks are used again and again, so
// that a valid resource costs no allocation.
type check struct {
	v          *Validator
	options    *Options
	full       bool        // Validate: advice too
	container  *fhir.Value // the resource that "#id" references look into
	resourceAt *fhir.Value // the nearest resource, which may be contained
	bundleAt   *fhir.Value // the nearest Bundle, or nil
	entryURL   string      // the fullUrl of the entry at hand
	env        fhirpath.Env
	issues     []fhir.Issue
	path       [maxSteps]step
	depth      int
	stopped    bool // too deep: what follows is not looked at
	quiet      int  // above 0 nothing is reported: failed tells
	failed     bool

	containedIn *fhir.Value       // the container that contained lists
	contained   map[string]string // type by id
	bundles     map[*fhir.Value]*bundleIndex
	profiled    int // how many profiles are being checked inside each other
	budget      int // how many elements the profiles may still look at
}

func newCheck() *check {
	c := &check{}
	c.env.Steps = maxEvaluation
	c.env.Resolve = c.resolve
	c.env.MemberOf = c.memberOfNode
	c.env.ConformsTo = c.conformsTo
	return c
}

func (c *check) begin(v *Validator, resource *fhir.Value, o *Options) {
	c.v, c.options, c.container = v, o, resource
	c.env.Now, c.env.Zone = o.Now, o.Zone
	c.budget = maxLooks
	c.push(step{name: rootName(resource), index: -1})
}

// end forgets the resource.
func (c *check) end() {
	clear(c.path[:])
	c.v, c.options, c.container, c.resourceAt, c.bundleAt, c.entryURL = nil, nil, nil, nil, nil, ""
	c.env.Resource, c.env.Root = nil, nil
	c.issues, c.depth, c.stopped, c.full, c.quiet, c.failed = nil, 0, false, false, 0, false
	c.containedIn, c.contained, c.bundles, c.profiled = nil, nil, nil, 0
}
