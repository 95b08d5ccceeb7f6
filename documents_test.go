package concord_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

func TestLinksResolve(t *testing.T) {
	for _, md := range markdown(t) {
		text, err := os.ReadFile(md)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target := filepath.Join(filepath.Dir(md), m[1])
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link %s leads nowhere", md, m[1])
			}
		}
	}
}

func markdown(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != "." || d.Name() == "testdata" || d.Name() == "data") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(p, ".md") {
			out = append(out, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var readmeRow = regexp.MustCompile("(?m)^\\| `([a-z0-9/]+)` \\|")

// TestReadmeNamesTheRooms: the README's table names exactly the rooms that
// exist.
func TestReadmeNamesTheRooms(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, m := range readmeRow.FindAllStringSubmatch(string(text), -1) {
		said[m[1]] = true
	}
	there := map[string]bool{}
	for _, f := range sources(t, true) {
		if f.room != "." && !strings.HasSuffix(f.room, "/gen") && f.room != "edge/webui/vendored" {
			there[f.room] = true
		}
	}
	for room := range there {
		if !said[room] {
			t.Errorf("README.md does not name %s", room)
		}
	}
	for room := range said {
		if !there[room] {
			t.Errorf("README.md names %s, which does not exist", room)
		}
	}
}
