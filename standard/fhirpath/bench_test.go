package fhirpath_test

import (
	"testing"

	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

// typical are invariants of R4 and the element that each is tested on.
var typical = []struct{ key, on, src string }{
	{"dom-2", "", "contained.contained.empty()"},
	{"dom-3", "", "contained.where((('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical) | %resource.descendants().as(uri) | %resource.descendants().as(url))) or descendants().where(reference = '#').exists() or descendants().where(as(canonical) = '#').exists() or descendants().where(as(canonical) = '#').exists()).not()).trace('unmatched', id).empty()"},
	{"dom-4", "", "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()"},
	{"dom-5", "", "contained.meta.security.empty()"},
	{"dom-6", "", "text.`div`.exists()"},
	{"obs-6", "", "dataAbsentReason.empty() or value.empty()"},
	{"obs-7", "", "value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()"},
	{"obs-3", "component.first()", "low.exists() or high.exists() or text.exists() or true"},
	{"ele-1", "code", "hasValue() or (children().count() > id.count())"},
	{"ele-1", "status", "hasValue() or (children().count() > id.count())"},
	{"ext-1", "extension.first()", "extension.exists() != value.exists()"},
	{"per-1", "effective", "start.hasValue().not() or end.hasValue().not() or (start <= end)"},
	{"ref-1", "subject", "reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))"},
	{"qty-3", "value", "code.empty() or system.exists()"},
}

const typicalObservation = `{"resourceType":"Observation","id":"o","extension":[{"url":"http://x.example/e","valueString":"a"}],"status":"final",
	"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"Vital signs"}]}],
	"code":{"coding":[{"system":"http://loinc.org","code":"85354-9","display":"Blood pressure panel"}],"text":"Blood pressure panel"},
	"subject":{"reference":"Patient/p-1"},"encounter":{"reference":"Encounter/e-1"},
	"effectivePeriod":{"start":"2024-05-01T09:29:00+01:00","end":"2024-05-01T09:30:00+01:00"},"issued":"2024-05-01T09:29:00.123+01:00",
	"valueQuantity":{"value":121,"unit":"mm[Hg]","system":"http://unitsofmeasure.org","code":"mm[Hg]"},
	"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4","display":"Diastolic"}]},"valueQuantity":{"value":82.0,"unit":"mm[Hg]","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}`

type typicalJob struct {
	key  string
	expr *fhirpath.Expr
	node fhirpath.Node
}

func typicalJobs(t testing.TB) (*fhir.Value, []typicalJob) {
	o := parse(t, typicalObservation)
	var jobs []typicalJob
	for _, c := range typical {
		node := fhirpath.Resource(o)
		if c.on != "" {
			found, err := fhirpath.MustCompile(c.on).Eval(nil, node)
			if err != nil || found.Len() != 1 {
				t.Fatalf("%s: %v, %v", c.on, found, err)
			}
			node = found.Nodes()[0]
		}
		jobs = append(jobs, typicalJob{c.key, fhirpath.MustCompile(c.src), node})
	}
	return o, jobs
}

func TestTypicalInvariants(t *testing.T) {
	o, jobs := typicalJobs(t)
	env := &fhirpath.Env{Resource: o, Root: o}
	for _, j := range jobs {
		ok, err := j.expr.TestInvariant(env, j.node)
		if want := j.key != "dom-6"; err != nil || ok != want {
			t.Errorf("%s: %v, %v", j.key, ok, err)
		}
	}
	allocated := testing.AllocsPerRun(100, func() {
		for _, j := range jobs {
			if _, err := j.expr.TestInvariant(env, j.node); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocated > 20 {
		t.Errorf("%v allocations for %d invariants", allocated, len(jobs))
	}
}

// BenchmarkTypical tests each invariant once; ns/op is the time of all.
func BenchmarkTypical(b *testing.B) {
	o, jobs := typicalJobs(b)
	env := &fhirpath.Env{Resource: o, Root: o}
	b.ReportAllocs()
	for b.Loop() {
		for _, j := range jobs {
			if _, err := j.expr.TestInvariant(env, j.node); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fhirpath.Compile(typical[1].src); err != nil {
			b.Fatal(err)
		}
	}
}
