package concord_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// hazard is one line of the hazard log.
type hazard struct {
	ID      string `yaml:"id"`
	Hazard  string `yaml:"hazard"`
	Cause   string `yaml:"cause"`
	Control string `yaml:"control"`
	Test    string `yaml:"test"`
}

var namedTest = regexp.MustCompile(`^([a-z0-9/]+)\.((?:Test|Fuzz|test)\w+)$`)

// TestHazards: every hazard has an id of its own, a cause, a control, and tests
// that are there.
func TestHazards(t *testing.T) {
	text, err := os.ReadFile("docs/safety/hazards.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list []hazard
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, h := range list {
		if h.ID == "" || h.Hazard == "" || h.Cause == "" || h.Control == "" || h.Test == "" || seen[h.ID] {
			t.Errorf("%q is not whole, or not the only one of its id", h.ID)
		}
		seen[h.ID] = true
		for _, name := range strings.Split(h.Test, ",") {
			m := namedTest.FindStringSubmatch(strings.TrimSpace(name))
			if m == nil {
				t.Errorf("%s: %q is not the name of a test (room.TestName)", h.ID, name)
				continue
			}
			if !hasTest(t, m[1], m[2]) {
				t.Errorf("%s: %s has no %s", h.ID, m[1], m[2])
			}
		}
	}
	if len(list) < 40 {
		t.Errorf("only %d hazards are read", len(list))
	}
}

func hasTest(t *testing.T, room, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(room, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "func "+name+"(") {
			return true
		}
	}
	return false
}
