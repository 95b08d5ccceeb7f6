package fhirpath

import (
	"time"

	"concord/standard/fhir"
)

// Node is one FHIR element.
type Node struct {
	Value *fhir.Value // JSON value, nil when only an extension stands there
	Extra *fhir.Value // the "_name" sibling of a primitive (id, extension), or nil
	Type  string      // FHIR type: "Patient", "HumanName", "code", "Patient.contact"; "" when unknown

	// Structure is what Type names. A caller that has it at hand saves the
	// look-up of the name.
	Structure *fhir.Structure
}

// Resource is the Node of a whole resource.
func Resource(v *fhir.Value) Node { return Node{Value: v, Type: v.Type()} }

// DefaultSteps is the budget of an evaluation that does not name one.
const DefaultSteps = 1_000_000

// Env is what an expression may see beside its focus. The zero value is
// usable; an Env may be used by many evaluations at the same time.
type Env struct {
	Resource, Root *fhir.Value           // %resource, %rootResource; nil = taken from the focus
	Variables      map[string]Collection // %name
	Now            time.Time             // for now(), today() and timeOfDay(); they are empty when it is zero
	Zone           *time.Location        // of those; nil = UTC

	// Resolve finds what a reference points at. Without it, and before it is
	// asked, resolve() finds contained resources and entries of a Bundle.
	Resolve func(ref string) *fhir.Value
	// MemberOf answers memberOf(); an unknown value set gives an empty result.
	MemberOf func(valueSet string, n Node) (in bool, known bool)
	// ConformsTo answers conformsTo() for profiles other than R4's own types;
	// an unknown profile is an error.
	ConformsTo func(profile string, n Node) (conforms bool, known bool)
	// Trace gets what trace() sees; nil drops it.
	Trace func(name string, items Collection)

	// ManyAs lets the function as() and the operator as filter a collection of
	// several items, as ofType() does. FHIRPath makes that an error, but R4's
	// own invariants (dom-3) and search parameters are written so.
	ManyAs bool
	// Steps is the budget of evaluation; 0 = DefaultSteps. Beyond it the error
	// is TooCostly "fhirpath.steps".
	Steps int
}
