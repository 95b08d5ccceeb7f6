package onboard

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/standard/fhir"
)

// TestContentOfDocuments: what a document's row names is brought into the record, byte by
// byte; a document whose content is not there, or lies outside the extract, is refused and
// can be mended; an address elsewhere stays one.
func TestContentOfDocuments(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	pdf := "%PDF-1.7\n" + strings.Repeat("\x00\xff made up ", 200)
	head := "key,patient,kind,title,written,status,file\n"
	dir := folder(t, "", map[string]string{
		"patients.csv": people + "L1,EXAMPLE,Ada,1961-04-30,F,\n",
		"documents.csv": head + "D1,L1,letter,Letter,2026-11-20 10:00,final,letters\\one.pdf\nD2,L1,letter,Letter,2026-11-20 10:00,final,letters/two.pdf\n" +
			"D3,L1,letter,Letter,2026-11-20 10:00,final,../outside.txt\nD4,L1,letter,Letter,2026-11-20 10:00,final,https://archive.example.org/4\n" +
			"D5,L1,letter,Letter,2026-11-20 10:00,final,letters/link.pdf\nD6,L1,letter,Letter,2026-11-20 10:00,final,letters\nD7,L1,letter,Letter,2026-11-20 10:00,final,\n"})
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(dir, "letters", "one.pdf"), pdf)
	put(filepath.Join(filepath.Dir(dir), "outside.txt"), "somebody else's")
	if err := os.Symlink(filepath.Join(filepath.Dir(dir), "outside.txt"), filepath.Join(dir, "letters", "link.pdf")); err != nil {
		t.Fatal(err)
	}
	x, r := profiled(t, s, dir, Options{})
	if got := classOf(t, r, "documents"); got.Refused != 4 || got.Loadable != 3 || rowsOf(r, wrongNoFile) != 4 {
		t.Fatalf("%+v %+v", got, r.Problems)
	}
	if err := os.RemoveAll(filepath.Join(dir, "letters")); err != nil { // the extract goes, the stage has it
		t.Fatal(err)
	}
	e := loaderOf(t, d, "R1K")
	if _, err := s.Load(ctx, x, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	held := func(key string) *fhir.Value {
		t.Helper()
		for _, v := range find(t, e, "DocumentReference", nil) {
			if fhir.Identifier(v, IdentifierSystem("R1K", "documents")) == key {
				return v.Get("content").At(0).Get("attachment")
			}
		}
		return nil
	}
	a := held("D1")
	b, err := base64.StdEncoding.DecodeString(a.StrAt("data"))
	if err != nil || string(b) != pdf || a.StrAt("contentType") != "application/pdf" || a.StrAt("title") != "Letter" {
		t.Errorf("D1 holds %d bytes of %s, %v", len(b), a.StrAt("contentType"), err)
	}
	if u := held("D4").StrAt("url"); u != "https://archive.example.org/4" {
		t.Errorf("D4 lies at %q", u)
	}
	mended := folder(t, "", map[string]string{"documents.csv": head + "D2,L1,letter,Letter,2026-11-20 10:00,final,letters/two.pdf\n"})
	put(filepath.Join(mended, "letters", "two.pdf"), "second")
	if x, err = s.Mend(ctx, x, mended); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Profile(ctx, x, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(ctx, x, e, LoadOptions{Batch: 1}); err != nil || held("D2").StrAt("data") != base64.StdEncoding.EncodeToString([]byte("second")) {
		t.Errorf("D2 was mended and is not there: %v", err)
	}
	if err := os.RemoveAll(x.path("content")); err != nil {
		t.Fatal(err)
	}
	if u, err := s.Undo(ctx, x, e, UndoOptions{}); err != nil || len(u.Kept) > 0 {
		t.Errorf("%+v %v", u, err)
	}
	_, err = s.Load(ctx, x, e, LoadOptions{})
	wantCode(t, err, "onboard.damaged")
}

// TestContentWithinResources: what a resource or message carries within it comes along.
func TestContentWithinResources(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	data := base64.StdEncoding.EncodeToString([]byte("made up, with an \u00e9"))
	doc := func(id, data string) string {
		return `{"resourceType":"DocumentReference","id":"` + id + `","status":"current","docStatus":"final","type":{"coding":[{"code":"letter"}]},"subject":{"reference":"Patient/p1"},"date":"2026-11-20T10:00:00Z",` +
			`"content":[{"attachment":{"contentType":"text/plain; charset=utf-8","title":"Letter","data":"` + data + `"}},{"attachment":{"contentType":"application/pdf","data":"` + data + `"}}]}` + "\n"
	}
	dir := folder(t, "", map[string]string{"all.ndjson": `{"resourceType":"Patient","id":"p1","identifier":[{"system":"urn:concord:R1K:hospital-number","value":"L1"}],"name":[{"family":"EXAMPLE"}],"gender":"female","birthDate":"1961-04-30"}` + "\n" +
		doc("d1", data) + doc("d2", "not base64")})
	x, r := profiled(t, s, dir, Options{})
	if got := classOf(t, r, "documents"); got.Loadable != 1 || got.Refused != 1 {
		t.Fatalf("%+v %+v", got, r.Problems)
	}
	e := loaderOf(t, d, "R1K")
	if _, err := s.Load(ctx, x, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	list := find(t, e, "DocumentReference", nil)
	if len(list) != 1 || list[0].Get("content").Len() != 2 {
		t.Fatalf("%d documents", len(list))
	}
	for c := range list[0].Get("content").Each() {
		if c.StrAt("attachment.data") != data || c.StrAt("attachment.contentType") == "" {
			t.Errorf("%s", c.JSON())
		}
	}
}
