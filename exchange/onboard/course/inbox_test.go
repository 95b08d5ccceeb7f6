package course

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/fault"
)

// TestInboxTellsExtractsApart: an extract is known by what it holds: one that was made
// anew under the same time is another, the same in two folders is one, and one whose
// manifest is wrong is told with the reason and keeps none back.
func TestInboxTellsExtractsApart(t *testing.T) {
	s := newScene(t)
	stage, err := s.Office.Stage("R1K")
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, manifest, patients string) {
		t.Helper()
		dir := filepath.Join(stage.Dir, inbox, name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string]string{"extract.yaml": manifest, "patients.csv": "key,family,born,sex\n" + patients} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	const manifest = "trust: R1K\nsource: PAS\ntaken: 2026-11-20T02:00:00Z\n"
	put("a-wrong", "trust: R1K\nsource: PAS\ntaken: soon\n", "L1,EXAMPLE,1961-04-30,F\n")
	put("b-first", manifest, "L1,EXAMPLE,,F\n")
	put("c-again", manifest, "L1,EXAMPLE,,F\n")
	put("d-mended", manifest, "L1,EXAMPLE,1961-04-30,F\n")
	for range 3 { // those that nobody has taken in, in order
		if err := s.Office.takeIn(t.Context(), stage, ""); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Office.Inbox("R1K")
	if err != nil {
		t.Fatal(err)
	}
	trials := map[string]int{}
	for _, a := range list {
		trials[a.Name] = a.Trial
		if (a.Wrong != "") != (a.Name == "a-wrong") {
			t.Errorf("%s: %q", a.Name, a.Wrong)
		}
	}
	if len(list) != 4 || trials["a-wrong"] != 0 || trials["b-first"] != 1 || trials["c-again"] != 1 || trials["d-mended"] != 2 {
		t.Errorf("%v", trials)
	}
	if f, err := s.Office.Figures(t.Context(), "R1K"); err != nil || f["inbox.extracts"] != 3 {
		t.Errorf("%v %v", f["inbox.extracts"], err)
	}
}

// TestLinksOutOfTheInbox: an extract that is a link, or whose manifest is one, is told
// with the reason, taken in by nobody, and nothing of what it leads to is shown.
func TestLinksOutOfTheInbox(t *testing.T) {
	s := newScene(t)
	stage, err := s.Office.Stage("R1K")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	const manifest = "trust: R1K\nsource: SECRETCANARY\ntaken: 2026-11-20T02:00:00Z\n"
	for file, text := range map[string]string{"extract.yaml": manifest, "patients.csv": "key,family,born,sex\nL1,EXAMPLE,1961-04-30,F\n"} {
		if err := os.WriteFile(filepath.Join(elsewhere, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	box := filepath.Join(stage.Dir, inbox)
	if err := os.MkdirAll(filepath.Join(box, "b-manifest"), 0o700); err != nil {
		t.Fatal(err)
	}
	for to, from := range map[string]string{elsewhere: "a-folder", filepath.Join(elsewhere, "extract.yaml"): "b-manifest/extract.yaml"} {
		if err := os.Symlink(to, filepath.Join(box, from)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Office.Inbox("R1K")
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v %v", list, err)
	}
	for _, a := range list {
		if a.Wrong == "" || a.Manifest.Source != "" {
			t.Errorf("%+v", a)
		}
		if err := s.Office.takeIn(t.Context(), stage, a.Name); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), a.Name) {
			t.Errorf("%s is taken in: %v", a.Name, err)
		}
	}
	if err := s.Office.takeIn(t.Context(), stage, ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("the next one: %v", err)
	}
}
