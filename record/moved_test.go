package record

import (
	"os"
	"path/filepath"
	"testing"

	"concord/standard/fhir"
	"concord/standard/search"
	"concord/standard/validate"
)

// TestInErrorIsValid: of every type that belongs to a patient, the published
// examples stay valid when they are moved away.
func TestInErrorIsValid(t *testing.T) {
	shared := os.Getenv("CONCORD_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "shared")
	}
	files, _ := filepath.Glob(filepath.Join(shared, "corpora", "fhir", "r4-examples", "*.json"))
	if len(files) == 0 {
		t.Skipf("SKIP: no published examples under %s (set CONCORD_SHARED)", shared)
	}
	table, check := search.R4(), validate.Base().Check
	seen := map[string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		body, err := fhir.ParseObject(text)
		if err != nil || body.Type() == "Patient" || !table.InCompartment(body.Type()) || len(errorsOf(check(body))) > 0 {
			continue
		}
		seen[body.Type()] = true
		away := asMoved(body, body.Type()+"/other", "filed under the wrong number")
		if wrong := errorsOf(check(away)); len(wrong) > 0 {
			t.Errorf("%s: %s at %s", filepath.Base(f), wrong[0].Text, wrong[0].Expression)
		}
		if movedTo(away) != body.Type()+"/other" {
			t.Errorf("%s does not say where it went", filepath.Base(f))
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d types were tried", len(seen))
	}
}
