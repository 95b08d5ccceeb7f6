package fhirpath_test

import (
	"path/filepath"
	"testing"

	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

// invariants are R4's own, by the type or backbone element that they speak of.
type invariants map[string][]invariant

type invariant struct {
	key, severity string
	expr          *fhirpath.Expr
}

// r4Invariants compiles every invariant of the R4 definitions.
func r4Invariants(t testing.TB) invariants {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(corpus(t, "fhir/r4-definitions"), "StructureDefinition-*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no definitions: %v", err)
	}
	compiled := map[string]*fhirpath.Expr{}
	out := invariants{}
	for _, f := range files {
		sd := load(t, f)
		if sd.StrAt("derivation") == "constraint" {
			continue
		}
		for e := range sd.Path("snapshot.element").Each() {
			path := e.StrAt("path")
			if fhir.StructureOf(path) == nil {
				continue
			}
			for c := range e.Get("constraint").Each() {
				src := c.StrAt("expression")
				if src == "" {
					continue
				}
				if compiled[src] == nil {
					expr, err := fhirpath.Compile(src)
					if err != nil {
						t.Errorf("%s: %s: %v", c.StrAt("key"), src, err)
						continue
					}
					compiled[src] = expr
				}
				out[path] = append(out[path], invariant{c.StrAt("key"), c.StrAt("severity"), compiled[src]})
			}
		}
	}
	return out
}

// walk calls visit for a node and everything below it.
func walk(t testing.TB, n fhirpath.Node, visit func(fhirpath.Node)) {
	visit(n)
	below, err := children.Eval(nil, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range below.Nodes() {
		walk(t, c, visit)
	}
}

var children = fhirpath.MustCompile("children()")

// TestInvariantsHoldOnSynthea: what is known to be valid passes every invariant
// of R4, and every invariant can be evaluated.
func TestInvariantsHoldOnSynthea(t *testing.T) {
	rules := r4Invariants(t)
	files, err := filepath.Glob(filepath.Join(corpus(t, "fhir/synthea-r4"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no bundles: %v", err)
	}
	if testing.Short() {
		files = files[:1]
	}
	tests, resources := 0, 0
	failed := map[string]int{}
	for _, f := range files[:min(2, len(files))] {
		for _, r := range load(t, f).All("entry.resource") {
			resources++
			env := &fhirpath.Env{Resource: r, Root: r}
			walk(t, fhirpath.Resource(r), func(n fhirpath.Node) {
				for _, rule := range rules[n.Type] {
					tests++
					ok, err := rule.expr.TestInvariant(env, n)
					if err != nil {
						t.Fatalf("%s on a %s: %v", rule.key, n.Type, err)
					}
					if !ok && rule.severity == "error" {
						failed[rule.key+" on "+n.Type]++
					}
				}
			})
		}
	}
	t.Logf("%d resources, %d tests", resources, tests)
	for what, n := range failed {
		t.Errorf("%s fails %d times", what, n)
	}
}

// BenchmarkInvariants tests all invariants of all elements of one resource: the
// cost that a write pays.
func BenchmarkInvariants(b *testing.B) {
	rules := r4Invariants(b)
	files, err := filepath.Glob(filepath.Join(corpus(b, "fhir/synthea-r4"), "*.json"))
	if err != nil || len(files) == 0 {
		b.Fatalf("no bundles: %v", err)
	}
	seen := map[string]bool{}
	for _, r := range load(b, files[0]).All("entry.resource") {
		if seen[r.Type()] {
			continue
		}
		seen[r.Type()] = true
		b.Run(r.Type(), func(b *testing.B) {
			type job struct {
				expr *fhirpath.Expr
				node fhirpath.Node
			}
			var jobs []job
			walk(b, fhirpath.Resource(r), func(n fhirpath.Node) {
				for _, rule := range rules[n.Type] {
					jobs = append(jobs, job{rule.expr, n})
				}
			})
			env := &fhirpath.Env{Resource: r, Root: r}
			b.ReportAllocs()
			for b.Loop() {
				for _, j := range jobs {
					if _, err := j.expr.TestInvariant(env, j.node); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(len(jobs)), "tests/op")
		})
	}
}
