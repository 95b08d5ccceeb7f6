package hl7v2

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/fault"
)

// corpora gives the folder of HL7 v2 test material.
func corpora(t testing.TB) string {
	shared := os.Getenv("CONCORD_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(shared, "corpora", "hl7v2")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("NOT RUN: no test corpora; set CONCORD_SHARED")
	}
	return dir
}

func eachFile(t testing.TB, dir string, do func(path string, data []byte)) {
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".hl7") && !strings.Contains(path, "Sample-") {
			return err
		}
		data, err := os.ReadFile(path)
		do(path, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCorporaAreReadOrRefused(t *testing.T) {
	root := corpora(t)
	want := map[string][2]int{ // folder → messages read, refused
		"simhospital":              {2714, 0},
		"linuxforhealth":           {351, 3},
		"messy":                    {52, 2},
		"microsoft-fhir-converter": {72, 0},
		"cdc-mapping-pairs":        {122, 0},
	}
	for folder, n := range want {
		var read, refused int
		eachFile(t, filepath.Join(root, folder), func(path string, data []byte) {
			for raw, err := range Split(bytes.NewReader(data), 1<<20) {
				if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				m, err := Parse(raw)
				if err != nil {
					if fault.Of(err).Kind == fault.Internal {
						t.Errorf("%s: %v", path, err)
					}
					t.Logf("%s: %v", path, err)
					refused++
					continue
				}
				read++
				checkRoundTrip(t, path, m)
			}
		})
		t.Logf("%s: %d read, %d refused", folder, read, refused)
		if read != n[0] || refused != n[1] {
			t.Errorf("%s: %d read, %d refused; want %v", folder, read, refused, n)
		}
	}
}

// checkRoundTrip prints and reads again: every field must come back the same.
func checkRoundTrip(t *testing.T, path string, m *Message) {
	t.Helper()
	again, err := Parse([]byte(m.Text()))
	if err != nil {
		t.Errorf("%s: printed text is not read: %v", path, err)
		return
	}
	if len(again.Segments()) != len(m.Segments()) {
		t.Errorf("%s: %d segments became %d", path, len(m.Segments()), len(again.Segments()))
		return
	}
	for i, s := range m.Segments() {
		for f := 1; f <= s.Len(); f++ {
			if got := again.Segments()[i].Field(f); got.Raw() != s.Field(f).Raw() || got.Text() != s.Field(f).Text() {
				t.Errorf("%s: %s-%d changed", path, s.ID(), f)
			}
		}
	}
}
