package extract

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func written(t *testing.T, o Options) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	if _, err := Write(dir, o); err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if out[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestSameEveryTime: a seed gives the same files, and more patients begin with
// the same ones; a later extract has the same people.
func TestSameEveryTime(t *testing.T) {
	o := Options{Trust: "RAS", Patients: 120, Seed: 6, Faults: Usual()}
	a, b := written(t, o), written(t, o)
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			t.Errorf("%s differs", name)
		}
	}
	o.Patients = 200
	if more := written(t, o); !bytes.HasPrefix(more["patients.csv"], a["patients.csv"][:len(a["patients.csv"])/2]) {
		t.Error("more patients are others")
	}
	o = Options{Trust: "RAS", Patients: 50, Seed: 6}
	early := written(t, o)
	o.Taken = time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC)
	if late := written(t, o); !bytes.Equal(early["patients.csv"], late["patients.csv"]) || bytes.Equal(early["extract.yaml"], late["extract.yaml"]) {
		t.Error("a later extract has other people, or the same date")
	}
}

// TestNobodyIsReal: NHS numbers lie in the ranges that are never issued, and
// telephone numbers are none.
func TestNobodyIsReal(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(written(t, Options{Trust: "R1K", Patients: 400, Seed: 8})["patients.csv"])).ReadAll()
	if err != nil || len(rows) != 401 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows[1:] {
		if n := r[1]; n != "" && n[0] != '9' {
			t.Errorf("an NHS number that could be issued")
		}
		for _, p := range r[11:13] {
			if p != "" && !strings.HasPrefix(p, "000 ") {
				t.Errorf("a telephone number that could be somebody's")
			}
		}
	}
}
