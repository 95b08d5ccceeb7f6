package fhirpath_test

import (
	"testing"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

var seeds = []string{
	"hasValue() or (children().count() > id.count())",
	"contained.where((('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical))) or descendants().where(reference = '#').exists()).not()).trace('unmatched', id).empty()",
	"name.given.where(matches('^[A-Z]+$')).first().substring(1, 2).upper() & 'x'",
	"(1 | 2.50 | 'a' | @2020-01-01T10:00:00Z | @T10:30 | 5 'mg' | 3 days).select($this.toString() + $index)",
	"iif(name.exists(), name.aggregate($total + 1, 0), {}) ~ birthDate + 1 month - 2.5 'wk'",
	"Patient.name.repeat($this).sort(-family, given.first()).ofType(FHIR.HumanName) is System.String",
	"1.587.lowBoundary(2) * 2 / 3 div 4 mod 5 implies -5.abs() < 2.power(10).ln().round(3)",
	"(value as Quantity).toQuantity('g') !~ 1 'kg.m2/s2' or `name`.type().namespace = \"x\"",
}

// FuzzCompile: no panic; what compiles says where it came from, and can be
// checked.
func FuzzCompile(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := fhirpath.Compile(src)
		if err != nil {
			if fault.Of(err).Kind != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		if e.String() != src {
			t.Fatalf("%q is not %q", e.String(), src)
		}
		if err := e.Check("Patient"); err != nil && fault.Of(err).Kind != fault.Invalid {
			t.Fatal(err)
		}
	})
}

// FuzzEval: no panic, and an end within the budget.
func FuzzEval(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, patient)
		f.Add(s, observation)
	}
	f.Fuzz(func(t *testing.T, src, resource string) {
		e, err := fhirpath.Compile(src)
		if err != nil {
			return
		}
		v, err := fhir.ParseObject([]byte(resource))
		if err != nil {
			return
		}
		env := &fhirpath.Env{Now: noon, Steps: 20_000}
		got, err := e.Eval(env, fhirpath.Resource(v))
		if err != nil {
			if fault.Of(err).Kind == fault.Internal {
				t.Fatal(err)
			}
			return
		}
		for _, it := range got {
			_ = it.Text()
		}
		test, err1 := e.Test(env, fhirpath.Resource(v))
		invariant, err2 := e.TestInvariant(env, fhirpath.Resource(v))
		if err1 == nil && err2 == nil && test && !invariant {
			t.Fatal("it holds as a test and not as an invariant")
		}
	})
}
