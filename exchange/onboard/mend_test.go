package onboard

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"concord/fault"
)

// folder writes an extract of R1K.
func folder(t *testing.T, manifest string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files[manifestFile] = "trust: R1K\nsource: PAS\ntaken: 2026-11-25T02:00:00Z\n" + manifest
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const people = "key,family,given,born,sex,merged_into\n"

// TestMend: refused rows are mended in the file that they were refused into,
// and then the extract is as if it had come right.
func TestMend(t *testing.T) {
	ctx := context.Background()
	s := newStage(t, "R1K")
	dir := folder(t, "", map[string]string{
		"patients.csv": people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,EXAMPLE,Bob,,M,\nL3,EXAMPLE,Cyd,1970-01-01,F,\nL3,OTHER,Dee,1971-01-01,F,\nL4,EXAMPLE,Eve,1972-01-01,F,L9\n",
		"results.csv":  "key,patient,code,value,status,taken\nR1,L1,HB,131,final,2026-01-01 10:00\nR2,L2,HB,132,final,2026-01-01 10:00\nR3,L3,HB,133,final,2026-01-01 10:00\nR4,L4,HB,134,final,2026-01-01 10:00\n",
	})
	x, r := profiled(t, s, dir, Options{})
	if r.Loadable != 2 || r.Refused != 7 {
		t.Fatalf("%d can be loaded and %d are refused: %v", r.Loadable, r.Refused, r.Problems)
	}
	read := func(parts ...string) string {
		t.Helper()
		text, err := os.ReadFile(x.path(parts...))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first, second := read("refused", "part-1", "patients.csv"), read("refused", "profile", "patients.csv")
	if want := "refused_reason,refused_file,refused_line,key,family,given,born,sex,merged_into\nborn: missing,patients.csv,3,L2,EXAMPLE,Bob,,M,\n"; first != want {
		t.Errorf("refused when staged:\n%s", first)
	}
	mended := t.TempDir()
	// Bob's date of birth is found; the second L3 is given its own number; Eve was merged into Ada.
	second = strings.Replace(strings.Replace(second, ",L3,,,OTHER", ",L5,,,OTHER", 1), ",L9,", ",L1,", 1)
	for name, text := range map[string]string{"patients-a.csv": strings.Replace(first, "Bob,,", "Bob,1962-02-02,", 1), "patients-b.csv": second, "results.csv": read("refused", "profile", "results.csv")} {
		if err := os.WriteFile(filepath.Join(mended, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x, err := s.Mend(ctx, x, mended)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = s.Profile(ctx, x, Options{}); err != nil {
		t.Fatal(err)
	}
	if r.Refused != 0 || r.Loadable != 9 {
		t.Errorf("%d can be loaded and %d are refused: %+v", r.Loadable, r.Refused, r.Problems)
	}
	for _, c := range r.Classes {
		if c.Rows != c.Loadable+c.Refused+c.Mended {
			t.Errorf("of %d rows of %s %d can be loaded, %d are refused and %d mended", c.Rows, c.Class, c.Loadable, c.Refused, c.Mended)
		}
	}
	if again, err := s.Mend(ctx, x, mended); err != nil || !again.Again || len(again.Parts) != 2 {
		t.Errorf("the same files were staged again: %v", err)
	}
	if found, err := s.Find(x.ID[:6]); err != nil || len(found.Parts) != 2 {
		t.Errorf("what was mended is not kept: %v", err)
	}
}

func TestEncodings(t *testing.T) {
	ctx := context.Background()
	wide := func(s string) string {
		out := "\xff\xfe"
		for _, r := range s {
			out += string([]byte{byte(r), byte(r >> 8)})
		}
		return out
	}
	row := "L1,ZOË,Ada,1961-04-30,F,\n"
	for _, c := range []struct{ name, manifest, text, code string }{
		{"as said", "encoding: windows-1252\n", people + "L1,ZO\xcb,Ada,1961-04-30,F,\n", ""},
		{"not said", "", people + "L1,ZO\xcb,Ada,1961-04-30,F,\n", "refused"},
		{"another than said", "encoding: windows-1252\n", people + row, "onboard.encoding"},
		{"one sign that is not", "encoding: windows-1252\n", people + row + "L2,ZO\xcb,Ada,1961-04-30,F,\n", ""},
		{"plain letters", "encoding: windows-1252\n", people + "L1,ZOE,Ada,1961-04-30,F,\n", ""},
		{"as many rows as said", "rows: {patients: 1}\n", people + row, ""},
		{"cut", "rows: {patients: 2}\n", people + row, "onboard.rows"},
		{"a class left out", "rows: {patients: 1, alerts: 7}\n", people + row, "onboard.rows"},
		{"rows of no class", "rows: {patience: 1}\n", people + row, "onboard.manifest"},
		{"wide, as said", "encoding: utf-16\n", wide(people + row), ""},
		{"wide, not said", "", wide(people + row), "onboard.encoding"},
		{"semicolons, as said", "separator: ;\n", strings.ReplaceAll(people+row, ",", ";"), ""},
		{"semicolons, not said", "", strings.ReplaceAll(people+row, ",", ";"), "onboard.header"},
		{"no header", "", row, "onboard.header"},
		{"empty", "", "", "onboard.header"},
		{"a column twice", "", "key,key,family,born,sex\n", "onboard.header"},
		{"no day", "taken: soon\n", people, "onboard.manifest"},
	} {
		s := newStage(t, "R1K")
		x, err := s.Add(ctx, folder(t, c.manifest, map[string]string{"patients.csv": c.text}), false)
		switch {
		case c.code == "refused":
			if err != nil || x.Parts[0].Files[0].Refused != 1 || x.Parts[0].Problems[0].Code != wrongEncoding {
				t.Errorf("%s: %v", c.name, err)
			}
		case c.code != "":
			if fault.Of(err) == nil || fault.Of(err).Code != c.code {
				t.Errorf("%s: %v", c.name, err)
			}
			if list, err := s.Extracts(); len(list) != 0 || err != nil {
				t.Errorf("%s: something was staged", c.name)
			}
		case err != nil || x.Parts[0].Files[0].Refused != 0:
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestStopped: a step that is stopped leaves nothing that is taken for whole.
func TestStopped(t *testing.T) {
	s := newStage(t, "R1K")
	dir := folder(t, "", map[string]string{"patients.csv": people + "L1,EXAMPLE,Ada,1961-04-30,F,\n"})
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := s.Add(ctx, dir, false); err == nil {
		t.Fatal("a step that was stopped is complete")
	}
	if list, err := s.Extracts(); err != nil || len(list) != 0 {
		t.Errorf("%d extracts, %v", len(list), err)
	}
	x, err := s.Add(context.Background(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	// What a crash left is removed, and two commands do not work at once.
	left := filepath.Join(s.Dir, ".incoming-1")
	if err := os.MkdirAll(left, 0o700); err != nil {
		t.Fatal(err)
	}
	unlock, err := s.lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("what a crash left is still there")
	}
	if _, err := s.Profile(context.Background(), x, Options{}); fault.Of(err) == nil || fault.Of(err).Code != "onboard.busy" {
		t.Errorf("two at once: %v", err)
	}
	unlock()
	// A file that lost its end is told, not read as far as it goes.
	name := x.path("part-1", x.Parts[0].Rows[0].Name)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "EXAMPLE", "EXANPLE", 1)
	for _, spoilt := range []string{"", string(text[:1]), string(text[:len(text)/2]), string(text[:len(text)-1]), changed} {
		if err := os.WriteFile(name, []byte(spoilt), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Profile(context.Background(), x, Options{}); fault.Of(err) == nil || fault.Of(err).Code != "onboard.damaged" {
			t.Errorf("a file of %d bytes of %d was taken for whole: %v", len(spoilt), len(text), err)
		}
	}
}

// TestMemoryIsBounded: what is sorted outside memory comes out as what is
// sorted in it.
func TestMemoryIsBounded(t *testing.T) {
	for _, most := range []int{7, 100_000} {
		m := newMarks(t.TempDir(), "x", most)
		for i := range 1000 {
			if err := m.add(mark{key: keyOf([]byte(strconv.Itoa(i % 300))), row: uint64(i)}); err != nil {
				t.Fatal(err)
			}
		}
		keys, rows := 0, 0
		err := m.groups(func(g []mark) error {
			keys++
			for i := range g {
				rows++
				if i > 0 && g[i].row <= g[i-1].row {
					t.Fatal("out of order")
				}
			}
			return nil
		})
		m.close()
		if err != nil || keys != 300 || rows != 1000 {
			t.Errorf("%d keys, %d rows, %v", keys, rows, err)
		}
	}
}

// TestMendInTheFormOfTheRefused: refused rows are written in one form whatever that of
// the source is, and are read in it when they are mended; files in the source's own form
// are read in that.
func TestMendInTheFormOfTheRefused(t *testing.T) {
	ctx := context.Background()
	semi := func(s string) string { return strings.ReplaceAll(s, ",", ";") }
	for name, c := range map[string]struct{ manifest, text, own string }{
		"windows-1252": {"encoding: windows-1252\nseparator: ;\n", semi(people) + "L1;ZO\xcb;Ada;;F;\n", semi(people) + "L1;ZO\xcb;Ada;1961-04-30;F;\n"},
		"utf-16":       {"encoding: utf-16\n", utf16le(people + "L1,ZO\u00cb,Ada,,F,\n"), utf16le(people + "L1,ZO\u00cb,Ada,1961-04-30,F,\n")},
	} {
		for _, own := range []bool{false, true} {
			s := newStage(t, "R1K")
			x, r := profiled(t, s, folder(t, c.manifest, map[string]string{"patients.csv": c.text}), Options{})
			if r.Loadable != 0 {
				t.Fatalf("%s: %+v", name, r)
			}
			text, err := os.ReadFile(x.path("refused", "part-1", "patients.csv"))
			if err != nil {
				t.Fatal(err)
			}
			mended := strings.Replace(string(text), "Ada,,", "Ada,1961-04-30,", 1)
			if own {
				mended = c.own
			}
			if x, err = s.Mend(ctx, x, folder(t, "", map[string]string{"patients.csv": mended})); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if _, err := s.Profile(ctx, x, Options{}); err != nil {
				t.Fatal(err)
			}
			for row, err := range x.Rows("patients") {
				if err != nil || row.At("family") != "ZO\u00cb" {
					t.Errorf("%s: %q %v", name, row.At("family"), err)
				}
			}
		}
	}
}

func utf16le(s string) string {
	out := "\xff\xfe"
	for _, r := range s {
		out += string([]byte{byte(r), byte(r >> 8)})
	}
	return out
}

// TestTakenInDaysToCome: an extract of the future is not staged.
func TestTakenInDaysToCome(t *testing.T) {
	s := newStage(t, "R1K")
	_, err := s.Add(context.Background(), takenAt(t, folder(t, "", map[string]string{"patients.csv": people + "L1,EXAMPLE,Ada,2031-04-30,F,\n"}), "2035-11-25T02:00:00Z"), false)
	wantCode(t, err, "onboard.manifest")
}

// TestFormulas: a file of refused rows, which people mend in a spreadsheet, holds no
// formula; mended, every value is as the source had it.
func TestFormulas(t *testing.T) {
	s := newStage(t, "R1K")
	x, _ := profiled(t, s, folder(t, "", map[string]string{"patients.csv": people + "L1,\"=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",'=kept,,F,\n"}), Options{})
	text, err := os.ReadFile(x.path("refused", "part-1", "patients.csv"))
	if err != nil || !strings.Contains(string(text), `"'=HYPERLINK(`) || strings.Contains(string(text), `,"=`) {
		t.Fatalf("%s %v", text, err)
	}
	mended := t.TempDir()
	write(t, mended, "patients.csv", strings.Replace(string(text), ",,F,", ",1961-04-30,F,", 1))
	if x, err = s.Mend(t.Context(), x, mended); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Profile(t.Context(), x, Options{}); err != nil {
		t.Fatal(err)
	}
	if got := staged(t, x, "patients"); len(got) != 1 || got[0] != `key=L1 family==HYPERLINK("http://x","y") given='=kept born=1961-04-30 sex=F` {
		t.Errorf("%q", got)
	}
}
