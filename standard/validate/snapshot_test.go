package validate_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"concord/standard/validate"
)

// TestOfficialSnapshots: the trees that are made of differentials judge as the
// snapshots do that HL7 made of them. The official examples are held against
// every profile of their type, in both forms, as they are.
func TestOfficialSnapshots(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED: 1,216 judgements take seconds")
	}
	definitions, err := filepath.Glob(filepath.Join(corpus(t, "fhir/r4-definitions"), "StructureDefinition-*.json"))
	if err != nil || len(definitions) == 0 {
		t.Fatal("no definitions")
	}
	files, profiles := fstest.MapFS{}, map[string][]string{}
	for _, f := range definitions {
		var d map[string]any
		b, err := os.ReadFile(f)
		if err == nil {
			err = json.Unmarshal(b, &d)
		}
		if err != nil {
			t.Fatal(err)
		}
		if d["derivation"] != "constraint" || d["snapshot"] == nil {
			continue
		}
		delete(d, "differential")
		b, _ = json.Marshal(d)
		files[filepath.Base(f)] = &fstest.MapFile{Data: b}
		profiles[d["type"].(string)] = append(profiles[d["type"].(string)], d["url"].(string))
	}
	loaded, err := validate.Load(files)
	if err != nil || len(loaded.Definitions().Problems()) > 0 {
		t.Fatal(err, loaded.Definitions().Problems())
	}
	made, given := validate.Base(), validate.Base().With(loaded)
	examples, _ := filepath.Glob(filepath.Join(corpus(t, "fhir/r4-examples"), "*.json"))
	compared, refused := 0, 0
	for _, f := range examples {
		r := readFile(t, f)
		for _, url := range profiles[r.Type()] {
			o := validate.Options{Profiles: []string{url}}
			a, b := places(made, t, r.JSON(), o), places(given, t, r.JSON(), o)
			if compared++; a != "[]" {
				refused++
			}
			if a != b {
				t.Errorf("%s against %s:\n made  %s\n given %s", filepath.Base(f), url, a, b)
			}
		}
	}
	t.Logf("%d judgements, %d of them against the resource", compared, refused)
}

func places(v *validate.Validator, t *testing.T, resource []byte, o validate.Options) string {
	var out []string
	seen := map[string]bool{}
	for _, is := range errorsOf(v.Validate(parse(t, string(resource)), o)) {
		if p := is.Detail + " " + is.Expression; !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return fmt.Sprint(out)
}
