package transport_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"concord/edge/transport"
)

// TestRefusedIsBounded: the first refusals are entries, a flood is counted, and
// nothing of a token that opens anything, or that its sender wrote, is in them.
func TestRefusedIsBounded(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	var entries []string
	r := transport.NewRefused(func(_ context.Context, what, code string) error {
		entries = append(entries, what+" ("+code+")")
		return nil
	}, func() time.Time { return now })
	ctx := context.Background()
	tell := func(text, address string) {
		t.Helper()
		if err := r.Tell(ctx, "bearer token", "account.token", text, address); err != nil {
			t.Fatal(err)
		}
	}
	secret := "concord_0123456789abcdef0123456789abcdef"
	for range 1000 {
		tell(secret, "10.0.0.1")
	}
	if len(entries) != 5 || strings.Contains(strings.Join(entries, ""), "0123456789") || !strings.Contains(entries[0], "this server's form") {
		t.Fatalf("%q", entries)
	}
	if entries[0] != entries[1] {
		t.Error("two refusals of one token have two marks")
	}
	tell("concord_other", "10.0.0.2")
	if entries[5] == entries[0] || !strings.Contains(entries[5], "10.0.0.2") {
		t.Errorf("another token from another address: %q", entries[5])
	}
	now = now.Add(time.Minute)
	if err := r.Flush(ctx); err != nil || len(entries) != 7 || entries[6] != "995 more refused from 10.0.0.1 (token.many)" {
		t.Errorf("%v %q", err, entries[5:])
	}
	entries = nil
	now = now.Add(time.Minute)
	for n := range 20_000 {
		tell("x", fmt.Sprintf("10.1.%d.%d", n/256, n%256))
	}
	now = now.Add(time.Minute)
	if err := r.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if len(entries) > 60+21 || !strings.Contains(entries[len(entries)-1], "other addresses") {
		t.Errorf("%d entries of 20,000 refusals, the last %q", len(entries), entries[len(entries)-1])
	}
	entries = nil
	now = now.Add(time.Minute)
	for _, c := range [][2]string{{`{"alg":"none"}`, "alg none"}, {`{"alg":"RS384"}`, "alg rs384"}, {`{"alg":"Mrs Okonkwo 9990000018"}`, "an alg that is none"}, {`[`, "no token"}} {
		tell(base64.RawURLEncoding.EncodeToString([]byte(c[0]))+".e30.", "10.0.0.3")
		if last := entries[len(entries)-1]; !strings.Contains(last, c[1]) || strings.Contains(last, "Okonkwo") {
			t.Errorf("%s: %q", c[0], last)
		}
	}
}
