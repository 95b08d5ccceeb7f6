package conformance

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"concord/edge/fhirapi"
	"concord/record"
	"concord/standard/fhir"
)

// TestSyntheaImports imports every Synthea bundle as a transaction; the counts
// by type equal the files', references lead to what they named, and the
// record of each patient holds all of its bundle.
func TestSyntheaImports(t *testing.T) { onEngines(t, syntheaImports) }

func syntheaImports(t *testing.T, engine string) {
	for _, set := range []string{"fhir/synthea-r4", "fhir/synthea-r4-v3"} {
		t.Run(filepath.Base(set), func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(corpora(t, set), "*.json"))
			if err != nil {
				t.Fatal(err)
			}
			sort.Slice(files, func(i, j int) bool { return first(files[i]) && !first(files[j]) })
			d := openDesk(t, engine)
			want := map[string]int{}
			for _, f := range files {
				importBundle(t, d, f, want)
			}
			for typ, n := range want {
				found, err := client(d).Search(context.Background(), record.Asked{Types: []string{typ}, Form: url.Values{"_summary": {"count"}}})
				if err != nil {
					t.Fatal(err)
				}
				if found.Total != n {
					t.Errorf("%d %s in the record, %d in the files", found.Total, typ, n)
				}
			}
			clean(t, d)
			total := 0
			for _, n := range want {
				total += n
			}
			note("FHIR R4: imported as transactions, counts by type equal the files'", row{set + ", " + engine, fmt.Sprintf("%d bundles", len(files)), fmt.Sprintf("%d resources", total), ""})
		})
	}
}

func first(name string) bool {
	base := filepath.Base(name)
	return strings.HasPrefix(base, "hospital") || strings.HasPrefix(base, "practitioner")
}

// importBundle applies one bundle and adds what it creates to want: a
// conditional create that finds its resource adds nothing.
func importBundle(t *testing.T, d *record.Desk, file string, want map[string]int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fhir.ParseObject(text)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(file), err)
	}
	ops, err := fhirapi.Ops(b)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(file), err)
	}
	res, err := client(d).Transact(context.Background(), ops, record.Commit{})
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(file), err)
	}
	patient := ""
	inRecord := 0
	for _, r := range res {
		if r.Outcome == record.Created {
			want[r.Type]++
		}
		if r.Type == "Patient" {
			patient = r.ID
		}
		if r.Type != "Patient" && d.Table().PatientOf(r.Item.Resource) != "" { // a Patient's own answer names its person
			inRecord++
		}
	}
	if patient == "" {
		return
	}
	c, err := client(d).Everything(context.Background(), patient, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for _, s := range c.Sections {
		got += len(s)
	}
	if got != inRecord {
		t.Errorf("%s: the patient's record holds %d resources, the bundle names %d", filepath.Base(file), got, inRecord)
	}
}
