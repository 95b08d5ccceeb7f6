package search_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"concord/standard/fhir"
	"concord/standard/search"
)

// TestOutward: of each official example, what it refers to is found in the members
// that Outward names, and is what its reference parameters find in all of it.
func TestOutward(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t, "fhir/r4-examples"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	table, found := search.R4(), 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		res, err := fhir.ParseObject(text)
		if err != nil || fhir.R4().Number(res.Type()) == 0 {
			continue
		}
		shallow, err := fhir.Scan(res.JSON())
		if err != nil {
			t.Fatal(err)
		}
		out := table.Outward(res.Type())
		part, err := shallow.Only(out.Reads())
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, p := range table.Params(res.Type()) {
			if p.Kind == search.Reference {
				for _, ref := range p.Refs(res) {
					if !slices.Contains(want, ref) {
						want = append(want, ref)
					}
				}
			}
		}
		if got := out.Refs(part); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", filepath.Base(file), got, want)
		}
		found += len(want)
	}
	if found < 500 {
		t.Errorf("only %d references", found)
	}
}

// TestOutwardOfCustom: a custom parameter is among them at once, and may look at
// any member.
func TestOutwardOfCustom(t *testing.T) {
	res := fhir.Obj("resourceType", "Basic", "language", "Patient/1")
	before := search.R4().Outward("Basic")
	with := search.R4().With(search.Custom("Basic", "odd", "http://example.org/odd", search.Reference, []string{"Patient"}, func(r *fhir.Value) []*fhir.Value {
		return []*fhir.Value{fhir.Obj("reference", r.StrAt("language"))}
	}))
	if got := with.Outward("Basic"); got.Reads() != nil || !slices.Equal(got.Refs(res), []string{"Patient/1"}) {
		t.Errorf("%q", got.Refs(res))
	}
	if before.Reads() == nil || len(before.Refs(res)) > 0 {
		t.Errorf("of R4: %q", before.Refs(res))
	}
}
