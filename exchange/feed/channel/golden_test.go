package channel

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"concord/demo/packs"
)

var update = flag.Bool("update", false, "write what golden cases give now")

func london(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestGolden runs the golden messages of the demonstration's channels. Run with
// -update after a change that was meant, and read what differs.
func TestGolden(t *testing.T) {
	events := map[string]bool{}
	for _, org := range []string{"R1K", "RQM"} {
		dir, err := fs.Sub(packs.FS, org+"/channels")
		if err != nil {
			t.Fatal(err)
		}
		files, err := Files(dir)
		if err != nil {
			t.Fatal(err)
		}
		set, problems := Read(files, org)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if *update {
			updateAll(t, set, filepath.Join("..", "..", "..", "demo", "packs", org, "channels"))
			continue
		}
		outcomes, err := set.Test(dir, london(t))
		if err != nil {
			t.Fatal(err)
		}
		if spare, err := set.GoldenFiles(dir); err != nil || len(spare) > 0 {
			t.Errorf("golden files of no channel: %v, %v", spare, err)
		}
		for _, o := range outcomes {
			if !o.Passed() {
				t.Errorf("%s/%s:%d: case %d: %s\n got %s\nwant %s", org, o.File, o.Line, o.Case, o.Problem, o.Got, o.Want)
			}
			for line := range strings.Lines(o.Got) {
				if parts := strings.Split(line, "|"); parts[0] == "EVN" || parts[0] == "MSH" {
					events[parts[min(len(parts)-1, map[string]int{"EVN": 1, "MSH": 8}[parts[0]])]] = true
				}
			}
		}
	}
	for _, e := range Events() {
		if !*update && !events[e] && !events["ORU^"+e+"^ORU_R01"] && !events["MDM^"+e+"^MDM_T02"] {
			t.Errorf("no golden message shows %s", e)
		}
	}
}

func updateAll(t *testing.T, set *Set, dir string) {
	t.Helper()
	for i := range set.Channels {
		path := filepath.Join(dir, set.Channels[i].Name+goldenTail)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		now, err := set.Channels[i].Update(string(text), london(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGoldenFails: a case that gives something else, one that cannot be read
// and a channel that shows nothing are told.
func TestGoldenFails(t *testing.T) {
	set := read(t, good)
	file := "old-ris-adt.golden"
	for name, c := range map[string]struct{ text, problem string }{
		"another result": {`now {"resourceType":"Patient","id":"a"}` + "\n" + dashLine + "\nMSH|\n", ""},
		"no dashes":      {`now {"resourceType":"Patient","id":"a"}`, "the case has no line of dashes"},
		"no JSON":        {"now what\n" + dashLine + "\n", "a line is not now, before or also with a resource that has a type and an id"},
	} {
		out, err := set.Test(fstest.MapFS{file: {Data: []byte(c.text)}}, london(t))
		if err != nil || len(out) != 1 || out[0].Passed() || out[0].Problem != c.problem {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
	if out, _ := set.Test(fstest.MapFS{}, london(t)); len(out) != 1 || out[0].Problem != "the channel has no golden messages" {
		t.Errorf("no file: %+v", out)
	}
}
