package fhir_test

import (
	"path/filepath"
	"strings"
	"testing"

	"concord/standard/fhir"
)

// TestScan: whatever Append writes is scanned, parsed in part and handed on
// without loss.
func TestScan(t *testing.T) {
	for _, f := range files(t, "fhir/r4-examples", "*.json") {
		v, err := fhir.ParseObject(read(t, f))
		if err != nil || v.Type() == "" {
			continue
		}
		if meta := v.Get("meta"); meta != nil { // a body rests without them
			v = v.With("meta", meta.Without("versionId", "lastUpdated"))
		}
		s, err := fhir.Scan(v.JSON())
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
			continue
		}
		all, err := s.Only(nil)
		if err != nil || !fhir.Equal(all, v) {
			t.Errorf("%s: not the same: %v", filepath.Base(f), err)
		}
		some, err := s.Only(func(name string) bool { return name == "status" })
		if err != nil || !fhir.Equal(some.Get("status"), v.Get("status")) || some.Type() != v.Type() || some.Get("text") != nil {
			t.Errorf("%s: in part: %v", filepath.Base(f), err)
		}
		meta := []fhir.Member{{Name: "versionId", Value: *fhir.Of("7")}}
		served, err := fhir.ParseObject(s.AppendServed(nil, "x", meta))
		if err != nil || served.ID() != "x" || served.StrAt("meta.versionId") != "7" {
			t.Errorf("%s: served: %v", filepath.Base(f), err)
		}
	}
}

// FuzzScan: damaged text is an error, never a panic, and good text loses nothing.
func FuzzScan(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":1,"b":"x\\\"y","c":[{"d":null}],"e":{}}`, `{"a":`, `{"a"`, `{"a":"`, `{"a":[}`, `[]`, `{"a":1,}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := fhir.ParseObject(text)
		if err != nil {
			if s, err := fhir.Scan(text); err == nil {
				s.Only(nil)
				s.AppendServed(nil, "x", nil)
			}
			return
		}
		s, err := fhir.Scan(v.JSON())
		if err != nil {
			t.Fatalf("%q: %v", v.JSON(), err)
		}
		if all, err := s.Only(nil); err != nil || !fhir.Equal(all, v) {
			t.Fatalf("%q: %v", v.JSON(), err)
		}
	})
}

// TestReferencesOfText: the references found in the text are those that parsing
// finds, or the text says that only parsing tells.
func TestReferencesOfText(t *testing.T) {
	for text, want := range map[string]string{
		`{"resourceType":"Basic","subject":{"reference":"Patient/1"},"author":{"reference":"Practitioner/2","display":"\"reference\":\"Group/3\""}}`: "Patient/1 Practitioner/2",
		`{"resourceType":"Basic","a":[{"reference":"Patient/1"},{"x":{"reference":"Patient/1"}}],"reference":{"reference":""}}`:                      "Patient/1 ",
		`{"resourceType":"Basic"}`:                                      "",
		`{"resourceType":"Basic","subject":{"reference":"Patient\\1"}}`: "?",
	} {
		s, err := fhir.Scan([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		refs, ok := s.References()
		got := strings.Join(refs, " ")
		if !ok {
			got = "?"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
