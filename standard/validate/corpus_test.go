package validate_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/standard/fhir"
	"concord/standard/validate"
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

func TestCorporaAreValid(t *testing.T) {
	for _, folder := range []string{"fhir/r4-examples", "fhir/synthea-r4", "fhir/synthea-r4-v3"} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			dir := corpus(t, folder)
			files, err := filepath.Glob(filepath.Join(dir, "*.json"))
			if err != nil || len(files) == 0 {
				t.Fatalf("no files in %s: %v", dir, err)
			}
			for _, f := range files {
				checkFile(t, f)
			}
		})
	}
}

func checkFile(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	v, err := fhir.ParseObject(b)
	if err != nil {
		t.Errorf("%s: %v", filepath.Base(file), err)
		return
	}
	for _, is := range validate.Base().Check(v) {
		t.Errorf("%s: %s %s: %s", strings.TrimSuffix(filepath.Base(file), ".json"), is.Expression, is.Detail, is.Text)
	}
}

func TestUKCoreExamples(t *testing.T) {
	err := filepath.WalkDir(corpus(t, "nhs/ukcore-examples"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".xml" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		v, err := fhir.ParseXML(b)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
			return nil
		}
		for _, is := range validate.Base().Check(v) {
			t.Errorf("%s: %s %s: %s", filepath.Base(path), is.Expression, is.Detail, is.Text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
