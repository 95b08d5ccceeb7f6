package fhir_test

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

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
		at := time.Date(2026, 11, 26, 9, 0, 0, 5_000_000, time.UTC)
		served, err := fhir.ParseObject(s.AppendServed(nil, "x", 7, at))
		own := v.Without("id", "resourceType", "meta")
		if err != nil || served.ID() != "x" || served.StrAt("meta.versionId") != "7" || served.StrAt("meta.lastUpdated") != "2026-11-26T09:00:00.005Z" ||
			!fhir.Equal(served.Without("id", "resourceType", "meta"), own) || !fhir.Equal(served.Get("meta").Without("versionId", "lastUpdated"), fhir.Obj().Join(v.Get("meta"))) {
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
				s.AppendServed(nil, "x", 1, time.Time{})
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

// TestRemember: what was parsed once is given again, the same, also to several
// at once.
func TestRemember(t *testing.T) {
	text := []byte(`{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"s","code":"a"},{"code":"b"}]},"note":[{"text":"\"x"}],"valueQuantity":{"value":1.50}}`)
	plain, err := fhir.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := fhir.Scan(text)
	if err != nil {
		t.Fatal(err)
	}
	s.Remember()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				some, err := s.Only(func(name string) bool { return i%2 == 0 || name == "code" })
				if err != nil || !fhir.Equal(some.Get("code"), plain.Get("code")) || i%2 == 0 && !fhir.Equal(some, plain) || i%2 == 1 && some.Len() != 2 {
					t.Errorf("%d: %s, %v", i, some.JSON(), err)
				}
			}
		})
	}
	wg.Wait()
}
