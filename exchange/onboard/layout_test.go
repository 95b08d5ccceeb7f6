package onboard

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of the layout's page anew")

// TestLayoutPage: the page says what the program reads.
func TestLayoutPage(t *testing.T) {
	const name = "../../docs/operate/extract-layout.md"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, _, found := strings.Cut(string(text), "\n## Classes\n")
	if !found {
		t.Fatal("the page has no heading Classes")
	}
	want := head + "\n## Classes\n" + LayoutPage()
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Error("docs/operate/extract-layout.md is not what the program reads: go test ./exchange/onboard -run LayoutPage -update")
	}
}

// TestTemplates: what is written for others to fill in is taken as it is.
func TestTemplates(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, manifestFile), []byte("trust: R1K\nsource: PAS\ntaken: 2026-11-25T02:00:00Z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range Layout() {
		if err := os.WriteFile(filepath.Join(dir, c.Name+".csv"), []byte(c.Template()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := newStage(t, "R1K")
	x, err := s.Add(context.Background(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Profile(context.Background(), x, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows != int64(len(Layout())) || r.Refused != 0 || len(r.Problems) != 0 {
		t.Errorf("%d rows, %d refused, %v", r.Rows, r.Refused, r.Problems)
	}
}

// TestLayoutHolds: every reference is to a class that is loaded before, or to
// its own; the first column is the key.
func TestLayoutHolds(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Layout() {
		if c.Columns[0].Kind != Key || !c.Columns[0].Must {
			t.Errorf("%s does not begin with its key", c.Name)
		}
		for _, col := range c.Columns {
			if col.Kind == Ref && !seen[col.To] && col.To != c.Name {
				t.Errorf("%s.%s refers to what is loaded later", c.Name, col.Name)
			}
			if col.After != "" && c.column(col.After) < 0 {
				t.Errorf("%s.%s follows no column", c.Name, col.Name)
			}
		}
		seen[c.Name] = true
	}
}
