package main

import (
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
	for name, bad := range map[string]tracing{
		"in the clear": {PDS: "http://api.service.nhs.uk/"},
		"no such key":  {PDS: "https://pds.example", PDSKey: filepath.Join(t.TempDir(), "none.pem"), PDSToken: "https://pds.example/token", PDSApp: "a", PDSKeyID: "k"},
	} {
		if c, err := bad.client(); c != nil || err == nil {
			t.Errorf("%s: %v", name, c)
		}
	}
}
