package record

import (
	"testing"

	"concord/fault"
)

// FuzzAuditPage: a token that is read is written as it was meant.
func FuzzAuditPage(f *testing.F) {
	f.Add("12-3")
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		below, skip, err := parseAuditPage(token)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		if token == "" {
			return
		}
		again, more, err := parseAuditPage(auditPageToken(below, skip))
		if err != nil || again != below || more != skip {
			t.Fatalf("%q: %d %d %v", token, again, more, err)
		}
	})
}
