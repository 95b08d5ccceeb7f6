package onboard

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDropLeavesTheLoad: when an extract that was loaded is dropped, what was loaded is
// still known: a later extract is a delta of it, with the same figures as before, and
// nothing but that; nothing of any patient is left on the stage.
func TestDropLeavesTheLoad(t *testing.T) {
	ctx := context.Background()
	for name, files := range map[string]func(*testing.T) (string, string){"changed": deltaFiles, "merged": mergedFiles} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t)
			s := newStage(t, "R1K")
			s.Zone = londonZone(t)
			before, after := files(t)
			base, _ := profiled(t, s, before, Options{})
			e := loaderOf(t, d, "R1K")
			l1, err := s.Load(ctx, base, e, LoadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			x, _ := profiled(t, s, after, Options{})
			want, err := s.GoOn(ctx, x, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Drop(base); err != nil {
				t.Fatal(err)
			}
			if list, err := s.Extracts(); err != nil || len(list) != 1 {
				t.Errorf("%d extracts, %v", len(list), err)
			}
			nothingOf(t, filepath.Join(s.Dir, droppedDir), "EXAMPLE", "L1", "Penicillin")
			if _, err := s.Profile(ctx, x, Options{}); err != nil {
				t.Fatal(err)
			}
			_, err = s.Load(ctx, x, e, LoadOptions{})
			wantCode(t, err, "onboard.not-delta")
			got, err := s.GoOn(ctx, x, Options{})
			if err != nil || got == nil || got.Load != l1.Load {
				t.Fatalf("%+v %v", got, err)
			}
			for class, n := range want.Classes {
				if *got.Classes[class] != *n {
					t.Errorf("%s: %+v, not %+v", class, *got.Classes[class], *n)
				}
			}
			first := shown(t, d)
			l2, err := s.Load(ctx, x, e, LoadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for class, p := range l2.Classes {
				if n := want.Classes[class]; p.Rows != n.New+n.Changed || len(p.Refused) > 0 || p.There > 0 {
					t.Errorf("%s: %+v", class, *p)
				}
			}
			if name == "changed" {
				if u, err := s.Undo(ctx, x, e, UndoOptions{}); err != nil || len(u.Kept) > 0 {
					t.Errorf("%+v %v", u, err)
				}
				if diff := differences(withoutMeta(t, first), withoutMeta(t, shown(t, d))); len(diff) > 0 {
					t.Errorf("to undo the delta is not the base: %v", diff)
				}
			}
		})
	}
}

// TestDroppedStandsInTheWay: a load whose extract was dropped is in the way of an older
// extract, and of the undo of an earlier one; the same extract that comes again takes its
// load up, and it can be undone. What was never loaded, or was taken back, leaves nothing.
func TestDroppedStandsInTheWay(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	before, after := deltaFiles(t)
	e := loaderOf(t, d, "R1K")
	empty := shown(t, d)
	base, _ := profiled(t, s, before, Options{})
	newer, _ := profiled(t, s, after, Options{})
	if _, err := s.Load(ctx, newer, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Drop(newer); err != nil {
		t.Fatal(err)
	}
	_, err := s.Load(ctx, base, e, LoadOptions{})
	wantCode(t, err, "onboard.older-loaded")
	again, err := s.Add(ctx, after, false)
	if err != nil || again.Again {
		t.Fatalf("%+v %v", again, err)
	}
	if l, err := again.Loading(); err != nil || !l.Loaded() {
		t.Fatalf("its load is forgotten: %+v %v", l, err)
	}
	if _, err := s.Profile(ctx, again, Options{}); err != nil {
		t.Fatal(err)
	}
	if u, err := s.Undo(ctx, again, e, UndoOptions{}); err != nil || len(u.Kept) > 0 {
		t.Fatalf("%+v %v", u, err)
	}
	if diff := differences(empty, shown(t, d)); len(diff) > 0 {
		t.Errorf("not where it began: %v", diff)
	}
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Errorf("after the undo: %v", err)
	}
	if _, err := s.Undo(ctx, base, e, UndoOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*Extract{base, again} {
		if err := s.Drop(x); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(s.Dir, droppedDir)); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestNumberChangedAfterADrop: a patient whose hospital number the source has changed
// since an extract that was dropped is found, and is not in the record twice.
func TestNumberChangedAfterADrop(t *testing.T) {
	ctx := context.Background()
	const head = "key,hospital_number,family,given,born,sex\n"
	for name, numbers := range map[string][2]string{"another": {"H1", "H9"}, "first": {"", "H9"}} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t)
			s := newStage(t, "R1K")
			base, _ := profiled(t, s, folder(t, "", map[string]string{"patients.csv": head + "K1," + numbers[0] + ",EXAMPLE,Ada,1961-04-30,F\nK2,H2,SAMPLE,Ben,1962-05-01,M\n"}), Options{})
			e := loaderOf(t, d, "R1K")
			if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
				t.Fatal(err)
			}
			if err := s.Drop(base); err != nil {
				t.Fatal(err)
			}
			x, _ := profiled(t, s, takenAt(t, folder(t, "", map[string]string{"patients.csv": head + "K1," + numbers[1] + ",EXAMPLE,Ada,1961-04-30,F\nK2,H2,SAMPLE,Ben,1962-05-01,M\n"}), "2026-11-25T20:00:00Z"), Options{})
			if _, err := s.GoOn(ctx, x, Options{}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Load(ctx, x, e, LoadOptions{}); err != nil {
				t.Fatal(err)
			}
			found := find(t, e, "Patient", nil)
			if len(found) != 2 || strings.Count(string(found[0].JSON())+string(found[1].JSON()), `"H9"`) != 1 {
				t.Errorf("%d patients: %v", len(found), found)
			}
		})
	}
}

// TestDropRemembersWhoIsNot: rows about a patient whose number is somebody else's are not
// filed with that one, by a delta of an extract that was dropped either.
func TestDropRemembersWhoIsNot(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	before, after := deltaFiles(t)
	base, _ := profiled(t, s, before, Options{})
	e := loaderOf(t, d, "R1K")
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	name := base.path("refused", "load", "patients-9.csv") // as a load leaves it
	if err := os.WriteFile(name, []byte("reason,file,line,key\n"+codeOtherPerson+",patients.csv,0,L1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := base.Loading()
	if err != nil {
		t.Fatal(err)
	}
	l.Classes["patients"].Refused = map[string]int64{codeOtherPerson: 1}
	if err := writeJSON(base.path(loadFile), l); err != nil {
		t.Fatal(err)
	}
	if err := s.Drop(base); err != nil {
		t.Fatal(err)
	}
	x, _ := profiled(t, s, after, Options{})
	if _, err := s.GoOn(ctx, x, Options{}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Load(ctx, x, e, LoadOptions{})
	if err != nil || got.Classes["alerts"].Refused[codePatientRefused] != 1 || got.Classes["medicines"].Refused[codePatientRefused] != 1 {
		t.Errorf("%+v %v", got.Classes["alerts"], err)
	}
}

// nothingOf looks for words in all that lies in a folder.
func nothingOf(t *testing.T, dir string, words ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, f fs.DirEntry, err error) error {
		if err != nil || f.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		for _, w := range words {
			if bytes.Contains(text, []byte(w)) {
				t.Errorf("%s has %s", path, w)
			}
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}
}
