package main

import (
	"bytes"
	"context"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/demo/packs"
	"concord/exchange/intake"
	"concord/exchange/onboard/pack"
	"concord/standard/hl7v2"
	"concord/store/postgres/pgtest"
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

// TestPackOfAnotherProcess: a server on a database that others share goes by a pack that
// a command beside it has applied.
func TestPackOfAnotherProcess(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	at := url.Values{}
	for _, word := range strings.Fields(pgtest.Start(t, pgtest.Options{NoSync: true}).DSN()) {
		name, value, _ := strings.Cut(word, "=")
		at.Set(name, value)
	}
	w := where{Data: t.TempDir(), Database: "postgres:///?" + at.Encode()}
	open := func() *house {
		h, err := openHouse(ctx, w, nil, quietLog())
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	server := open()
	defer server.close()
	if !server.shared {
		t.Fatal("nobody else is expected on the database")
	}
	if err := server.usePacks(ctx); err != nil {
		t.Fatal(err)
	}
	var follows sync.WaitGroup
	follows.Go(func() { server.followPacks(ctx, 20*time.Millisecond) })
	defer follows.Wait()
	defer stop()
	beside := open()
	defer beside.close()
	if err := beside.command(ctx, request{Command: "org-apply", Pack: packFiles(t, "RV3")}, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	from := hl7v2.Header{Application: "CNWL_COMM", Facility: "RV3"}
	for until := time.Now().Add(20 * time.Second); server.receiver.Feeds().Of(from).Trust != "RV3"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the server does not know the feed")
		}
	}
	if pack.Find(server.runningPacks(), "RV3") == nil {
		t.Error("pages do not have the pack")
	}
}
