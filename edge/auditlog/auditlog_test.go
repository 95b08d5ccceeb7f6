package auditlog_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"concord/edge/auditlog"
	"concord/record"
	"concord/record/access"
	"concord/record/audit"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

// TestProofs: what is published proves, to somebody with the public key alone,
// that the log of the first checkpoint is the beginning of the second.
func TestProofs(t *testing.T) {
	ctx := t.Context()
	engine, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	must(t, err)
	defer engine.Close()
	codec, err := dictionary.Codec()
	must(t, err)
	desk, err := record.Open(ctx, record.Options{Engine: engine, Codec: codec, Secret: []byte(strings.Repeat("s", 32)), Now: time.Now})
	must(t, err)
	private, public, err := note.GenerateKey(nil, "concord.test")
	must(t, err)
	signer, err := note.NewSigner(private)
	must(t, err)
	verifier, err := note.NewVerifier(public)
	must(t, err)
	srv := httptest.NewServer(auditlog.New(desk, []string{public}))
	defer srv.Close()
	get := func(path string) (string, int) {
		t.Helper()
		res, err := http.Get(srv.URL + "/audit-log/" + path)
		must(t, err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		must(t, err)
		return string(b), res.StatusCode
	}
	if _, code := get("checkpoint"); code != http.StatusNotFound {
		t.Error("before the first checkpoint:", code)
	}
	sequencer := desk.Sequencer(audit.Signer("concord.test", signer))
	grow := func(n int) audit.Head {
		t.Helper()
		for range n {
			e := desk.For(access.Requester{ID: "n1", Role: access.Receptionist}, access.Reason{Purpose: access.DirectCare})
			e.Read(ctx, "Observation", "none") // refused, and so in the log
		}
		if _, err := sequencer.Once(ctx); err != nil {
			t.Fatal(err)
		}
		signed, _ := get("checkpoint")
		h, err := audit.OpenCheckpoint([]byte(signed), note.VerifierList(verifier))
		must(t, err)
		return h
	}
	first := grow(5)
	second := grow(8)
	if first.Size != 5 || second.Size != 13 {
		t.Fatal(first, second)
	}
	text, _ := get(fmt.Sprintf("consistency?from=%d&size=%d", first.Size, second.Size))
	must(t, tlog.CheckTree(tlog.TreeProof(hashes(t, text)), second.Size, second.Root, first.Size, first.Root))
	text, _ = get("inclusion?leaf=0&size=1") // the tree of one leaf needs no hash
	if text != "" {
		t.Error(text)
	}
	for _, path := range []string{"inclusion?leaf=13&size=13", "inclusion?leaf=-1&size=13", "inclusion?leaf=0&size=14", "inclusion",
		"consistency?from=0&size=5", "consistency?from=6&size=5", "consistency?from=x&size=5", "consistency?from=1&size=9223372036854775807"} {
		if _, code := get(path); code != http.StatusBadRequest {
			t.Errorf("%s: %d", path, code)
		}
	}
	if keys, _ := get("keys"); keys != public+"\n" {
		t.Error(keys)
	}
}

func hashes(t *testing.T, text string) []tlog.Hash {
	t.Helper()
	var out []tlog.Hash
	for line := range strings.Lines(text) {
		b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
		must(t, err)
		out = append(out, tlog.Hash(b))
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
