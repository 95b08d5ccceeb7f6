package onboard

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestManifestIsMended: what extract.yaml says of how the files are read, or of when
// they were taken, makes another extract of the same files; the same again is one.
func TestManifestIsMended(t *testing.T) {
	ctx := t.Context()
	s := newStage(t, "R1K")
	trial := func(manifest, wantRefused string) *Extract {
		t.Helper()
		x, err := s.Add(ctx, folder(t, manifest, map[string]string{"patients.csv": people + "L1,ZO\xcb,Ada,1961-04-30,F,\n"}), true)
		if err != nil {
			t.Fatal(err)
		}
		if refused := x.Parts[0].Files[0].Refused; (refused > 0) != (wantRefused == "refused") {
			t.Errorf("%q: %d rows are refused", manifest, refused)
		}
		return x
	}
	first := trial("", "refused")
	mended := trial("encoding: windows-1252\n", "")
	if mended.Again || mended.ID == first.ID || mended.Trial != 2 {
		t.Fatalf("the encoding was put right, and the extract is taken for the one before: trial %d, %s", mended.Trial, mended.ID)
	}
	for manifest, id := range map[string]string{"encoding: windows-1252\n": mended.ID, "": first.ID, "encoding: utf-8\nseparator: \",\"\n": first.ID} {
		refused := ""
		if id == first.ID {
			refused = "refused"
		}
		if again := trial(manifest, refused); !again.Again || again.ID != id {
			t.Errorf("%q: the same extract is staged twice", manifest)
		}
	}
	list, err := s.Extracts()
	if err != nil || len(list) != 2 {
		t.Errorf("%d extracts, %v", len(list), err)
	}
}

// TestTakenIsMended: an extract under a wrong day is staged again under the right one.
func TestTakenIsMended(t *testing.T) {
	s := newStage(t, "R1K")
	files := func() map[string]string {
		return map[string]string{"patients.csv": people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,EXAMPLE,Bob,2026-11-01,M,\n"}
	}
	dir := folder(t, "", files())
	write(t, dir, manifestFile, "trust: R1K\nsource: PAS\ntaken: 2025-11-25T02:00:00Z\n") // a slip in the year
	first, err := s.Add(t.Context(), dir, false)
	if err != nil || first.Parts[0].Files[0].Refused != 1 {
		t.Fatal(first, err)
	}
	x, err := s.Add(t.Context(), folder(t, "", files()), false)
	if err != nil || x.Again || x.Parts[0].Files[0].Refused != 0 {
		t.Errorf("%+v %v", x, err)
	}
}

// TestMidnightInSummer: days are the source's own. An extract that is taken at half
// past midnight in summer time is of the day that has begun.
func TestMidnightInSummer(t *testing.T) {
	s := newStage(t, "R1K")
	var err error
	if s.Zone, err = time.LoadLocation("Europe/London"); err != nil {
		t.Skip("no time zones here")
	}
	dir := folder(t, "", map[string]string{
		"patients.csv":   people + "L1,EXAMPLE,Ada,1961-04-30,F,\n",
		"encounters.csv": "key,patient,class,started\nE1,L1,emergency,2026-07-02 00:10\n",
		"pathways.csv":   "key,patient,pathway,on,status\nP1,L1,PP1,2026-06-25,10\n",
		"waiting.csv":    "key,patient,pathway,clock_start,status,weeks\nW1,L1,PP1,2026-06-25,10,1\n",
	})
	write(t, dir, manifestFile, "trust: R1K\nsource: PAS\ntaken: 2026-07-01T23:30:00Z\n")
	x, r := profiled(t, s, dir, Options{})
	if r.Refused != 0 || r.Waiting.Equal != 1 {
		t.Errorf("%d refused: %v; waiting %+v", r.Refused, r.Problems, r.Waiting)
	}
	if again, err := s.Find(x.ID); err != nil || again.Taken.Day() != 2 || !again.Taken.Equal(x.Taken) {
		t.Errorf("kept as taken %v, %v", again.Taken, err)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
