package main

import (
	"bytes"
	"context"
	"io/fs"
	"strings"
	"testing"

	"concord/demo/packs"
	"concord/exchange/intake"
	"concord/exchange/onboard/pack"
	"concord/standard/hl7v2"
)

func packFiles(t *testing.T, code string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	names, err := fs.Glob(packs.FS, code+"/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		text, err := packs.FS.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimPrefix(n, code+"/")] = text
	}
	return out
}

// TestPackWithoutRestart: a unit that is in no table of the program joins, and
// its messages are its own from then on; the same pack again changes nothing.
func TestPackWithoutRestart(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	h, err := openHouse(ctx, where{Data: dir}, []intake.FeedSetting{{Sender: "OTHER", Facility: "X", Name: "other"}}, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { h.close() }()
	from := hl7v2.Header{Application: "CNWL_COMM", Facility: "RV3"}
	if f := h.receiver.Feeds().Of(from); f.Trust != "" {
		t.Fatalf("the unit is known already: %v", f)
	}
	do := func(command string) string {
		t.Helper()
		var out bytes.Buffer
		if err := h.command(ctx, request{Command: command, Pack: packFiles(t, "RV3")}, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if s := do("org-diff"); !strings.Contains(s, "added    wards Heron") {
		t.Errorf("the difference is %s", s)
	}
	if f := h.receiver.Feeds().Of(from); f.Trust != "" {
		t.Error("to compare has applied it")
	}
	do("org-apply")
	if f := h.receiver.Feeds().Of(from); f.Trust != "RV3" || f.Name != "cnwl-community" {
		t.Errorf("the feed is %v", f)
	}
	if k := pack.Find(h.runningPacks(), "RV3"); k == nil || k.LetterheadOf("") == nil {
		t.Error("pages do not have the letterhead of the pack that was applied")
	}
	if s := do("org-apply"); s != "nothing to change\n" {
		t.Errorf("the same pack again: %s", s)
	}
	groups, err := h.accounts.Workgroups(ctx, "RV3")
	if err != nil || len(groups) != 1 || groups[0].Code != "REHAB" {
		t.Errorf("teams %v, %v", groups, err)
	}
	// A server that starts reads by the packs that run, and by its own settings.
	h.close()
	if h, err = openHouse(ctx, where{Data: dir}, []intake.FeedSetting{{Sender: "OTHER", Facility: "X", Name: "other"}}, quietLog()); err != nil {
		t.Fatal(err)
	}
	if err := h.usePacks(ctx); err != nil {
		t.Fatal(err)
	}
	if f := h.receiver.Feeds().Of(from); f.Trust != "RV3" {
		t.Errorf("after a restart the feed is %v", f)
	}
	if f := h.receiver.Feeds().Of(hl7v2.Header{Application: "OTHER", Facility: "X"}); f.Name != "other" {
		t.Errorf("the settings file is forgotten: %v", f)
	}
}
