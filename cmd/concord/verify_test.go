package main

import (
	"bytes"
	"regexp"
	"testing"
)

// TestVerifyWithoutAServer: what commands do where no server runs is in the audit log's
// tree and under a signed checkpoint when they end; entries that are not yet are told,
// and a tree of nothing has no root.
func TestVerifyWithoutAServer(t *testing.T) {
	w := where{Data: t.TempDir()}
	h, err := openHouse(t.Context(), w, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	says := func(command, want string) {
		t.Helper()
		var out bytes.Buffer
		if err := perform(t.Context(), w, request{Command: command}, &out); err != nil || want != "" && !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("%s: %v\n%s", command, err, &out)
		}
	}
	const none = `\b0 audit entries, change \d+, audit root none: clean`
	says("verify", `^0 resources, `+none)
	says("verify", `^the audit root is of the first 0 entries: 1 more are not in the tree yet`)
	says("relabel", "")
	says("verify", `^\d+ resources, [3-9] audit entries, change \d+, audit root [A-Za-z0-9+/]{43}=: clean\n$`)
}
