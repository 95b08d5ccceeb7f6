package onboard

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const dashes = "--------------------------------\n"

// TestGolden makes a resource of the row above the line of dashes and compares
// with what stands below it. Run with -update after a change that was meant. Every
// column of the layout is in a golden row of its class.
func TestGolden(t *testing.T) {
	seen := map[string]bool{}
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		row, want, _ := strings.Cut(string(text), dashes)
		class, m := goldenRow(t, row, seen)
		var got bytes.Buffer
		if err := json.Indent(&got, m.resource().JSON(), "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		if *update {
			if err := os.WriteFile(path, []byte(row+dashes+got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got.String() != want {
			t.Errorf("%s: the resource differs; now:\n%s", path, got.String())
		}
		backAgain(t, path, class, m)
	}
	for _, c := range Layout() {
		for _, col := range c.Columns {
			if !seen[c.Name+"."+col.Name] {
				t.Errorf("%s.%s is in no golden row", c.Name, col.Name)
			}
		}
	}
}

// goldenRow reads "class: encounters" and then a column a line.
func goldenRow(t *testing.T, text string, seen map[string]bool) (Class, *maker) {
	t.Helper()
	m := &maker{trust: "R1K", load: "golden.1", asAt: asAt(&Extract{Manifest: Manifest{Taken: time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)}}), zone: londonZone(t), numbers: Numbers{keyOf([]byte("PAS-7")): "9990007"}}
	var class Class
	for line := range strings.Lines(text) {
		name, v, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if name == "class" && m.class == nil {
			class, _ = classAt(v)
			m.class, m.fields = &class, make([][]byte, len(class.Columns))
			continue
		}
		i := class.column(name)
		if i < 0 {
			t.Fatalf("%s has no column %q", class.Name, name)
		}
		m.fields[i], seen[class.Name+"."+name] = []byte(v), true
	}
	return class, m
}

// backAgain reads the resource as an extract of FHIR resources would have it: what
// the row said of an order, a pathway, an expected day and a prescriber is there.
func backAgain(t *testing.T, path string, class Class, m *maker) {
	t.Helper()
	name, fields := rowOf(Resource{Value: m.resource(), Key: m.at("key")}, m.trust, m.zone)
	if name == "" { // pathways and waiting lists come as tables alone
		return
	}
	if name != class.Name {
		t.Fatalf("%s: read as %q", path, name)
	}
	for _, c := range []string{"expected", "pathway", "order", "prescriber", "hospital_number"} {
		if class.column(c) < 0 {
			continue
		}
		want := m.at(c)
		if c == "expected" {
			want = m.day(c) // what is no day says nothing
		}
		if fields[c] != want {
			t.Errorf("%s: %s is read as %q, not %q", path, c, fields[c], want)
		}
	}
}
