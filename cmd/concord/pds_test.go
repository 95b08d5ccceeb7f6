package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPDSIsOffUnlessSet: no address, no client; half of what a key needs, or an
// address in the clear, stops the start.
func TestPDSIsOffUnlessSet(t *testing.T) {
	if c, err := (tracing{}).client(); c != nil || err != nil {
		t.Errorf("without settings: %v %v", c, err)
	}
	if c, err := (tracing{PDS: "https://api.service.nhs.uk/personal-demographics/FHIR/R4"}).client(); c == nil || err != nil {
		t.Errorf("with an address: %v %v", c, err)
	}
	file := filepath.Join(t.TempDir(), "api-key")
	if err := os.WriteFile(file, []byte(" of-the-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CONCORD_PDS_API_KEY", "of-the-variable")
	for set, want := range map[tracing]string{{}: "of-the-variable", {PDSApp: file}: "of-the-file"} {
		if key, err := set.apiKey(); key != want || err != nil {
			t.Errorf("%q %v, want %s", key, err, want)
		}
	}
	if _, err := (tracing{PDSApp: file + "x"}).apiKey(); err == nil {
		t.Error("a file that is not there is no error")
	}
	for name, bad := range map[string]tracing{
		"in the clear": {PDS: "http://api.service.nhs.uk/"},
		"no such key":  {PDS: "https://pds.example", PDSKey: filepath.Join(t.TempDir(), "none.pem"), PDSToken: "https://pds.example/token", PDSApp: file, PDSKeyID: "k"},
	} {
		if c, err := bad.client(); c != nil || err == nil {
			t.Errorf("%s: %v", name, c)
		}
	}
}
