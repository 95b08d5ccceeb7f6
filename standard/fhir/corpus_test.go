package fhir_test

import (
	"os"
	"path/filepath"
	"testing"
)

// corpus is a folder of the test corpora, which are no part of the project.
func corpus(t testing.TB, folder string) string {
	t.Helper()
	root := os.Getenv("CONCORD_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	dir := filepath.Join(root, "corpora", folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("NOT TESTED: the corpora are missing: %s (set CONCORD_SHARED)", dir)
	}
	return dir
}

func files(t testing.TB, folder, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(corpus(t, folder), pattern))
	if err != nil || len(list) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, folder, err)
	}
	return list
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
