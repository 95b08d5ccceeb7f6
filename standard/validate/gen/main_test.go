package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestTablesAreCurrent makes the tables anew and compares them with those that
// are kept.
func TestTablesAreCurrent(t *testing.T) {
	root := os.Getenv("CONCORD_SHARED")
	if root == "" {
		root = "../../../../shared"
	}
	dir := filepath.Join(root, "corpora/fhir/r4-definitions")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("NOT TESTED: the R4 definitions are missing: %s (set CONCORD_SHARED)", dir)
	}
	sets := expandable(dir)
	table, used := elements(dir, sets)
	for file, want := range map[string][]byte{
		"../../fhir/elements.txt": table,
		"../codes.txt":            codes(sets, used),
		"../bindings.txt":         bindings(dir, sets),
		"../invariants.txt":       invariants(dir),
	} {
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is out of date; run standard/validate/gen (%v)", file, err)
		}
	}
	if !bytes.Equal(decompress("../pack/core.ndjson.zst"), corePack(dir)) {
		t.Error("the pack is out of date; run standard/validate/gen")
	}
}
