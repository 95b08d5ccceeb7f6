package onboard

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"concord/demo/extract"
	"concord/fault"
)

func at() time.Time { return time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC) }

func newStage(t testing.TB, trust string) *Stage {
	t.Helper()
	return &Stage{Dir: filepath.Join(t.TempDir(), "stage", trust), Trust: trust, Now: at}
}

func madeUp(t testing.TB, o extract.Options) (dir string, planted *extract.Planted) {
	t.Helper()
	dir = t.TempDir()
	planted, err := extract.Write(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return dir, planted
}

// rowsOf sums the problems of a code; of those that can refuse a row, the ones
// that do.
func rowsOf(r *Report, code string) (n int64) {
	for _, p := range r.Problems {
		if p.Code == code && (p.Refused || code == wrongMojibake) {
			n += p.Rows
		}
	}
	return n
}

func classOf(t testing.TB, r *Report, class string) ClassReport {
	t.Helper()
	for _, c := range r.Classes {
		if c.Class == class {
			return c
		}
	}
	t.Fatalf("no class %s", class)
	return ClassReport{}
}

func profiled(t testing.TB, s *Stage, dir string, opt Options) (*Extract, *Report) {
	t.Helper()
	x, err := s.Add(context.Background(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Profile(context.Background(), x, opt)
	if err != nil {
		t.Fatal(err)
	}
	return x, r
}

// TestProfileFindsWhatIsPlanted: what is wrong in a made-up extract is found,
// by kind and number, and nothing else; with memory for few rows as with much.
func TestProfileFindsWhatIsPlanted(t *testing.T) {
	faults := extract.Usual()
	faults.Mojibake = 0.01
	faults.Shifted, faults.Broken, faults.Orphan, faults.Twice, faults.Future, faults.NoBirth = 0.01, 0.005, 0.005, 0.01, 0.01, 0.01
	dir, planted := madeUp(t, extract.Options{Trust: "R1K", Patients: 1000, Seed: 5, Faults: faults})
	for _, memory := range []int64{0, 1} {
		_, r := profiled(t, newStage(t, "R1K"), dir, Options{Memory: memory})
		for _, c := range []struct {
			code string
			want int
		}{
			{wrongShifted, planted.Shifted}, {wrongQuote, planted.Broken}, {wrongTwice, 2 * planted.Twice}, {wrongRepeated, planted.Repeated},
			{wrongMojibake, planted.Mojibake}, {wrongMissing, planted.NoBirth}, {wrongOrphan, planted.Orphan + planted.Lost}, {wrongOrphaned, planted.Fallen - planted.Lost},
		} {
			if got := rowsOf(r, c.code); got != int64(c.want) {
				t.Errorf("%s: %d found, %d planted", c.code, got, c.want)
			}
			if c.want == 0 {
				t.Errorf("nothing of %s is planted: the test says nothing", c.code)
			}
		}
		rows := 0
		for class, n := range planted.Rows {
			rows += n
			if got := classOf(t, r, class).Rows; got != int64(n) {
				t.Errorf("%s: %d rows read, %d written", class, got, n)
			}
		}
		if r.Rows != int64(rows) || r.Loadable+r.Refused != r.Rows {
			t.Errorf("of %d rows %d were read, %d refused and %d can be loaded", rows, r.Rows, r.Refused, r.Loadable)
		}
	}
}

// TestWaitingLists: every list that says something else than the events of its
// pathway is found, and every clock that is on none.
func TestWaitingLists(t *testing.T) {
	dir, p := madeUp(t, extract.Options{Trust: "RAS", Patients: 4000, Seed: 9, Faults: extract.Faults{LateClock: 0.03, LeftOn: 0.05, Dropped: 0.02, WrongWeek: 0.01}})
	_, r := profiled(t, newStage(t, "RAS"), dir, Options{})
	w := r.Waiting
	if w.Running != int64(p.Running) || w.Unlisted != int64(p.Dropped) || w.Differ["stopped"] != int64(p.LeftOn) || w.Differ["start"] != int64(p.LateClock) {
		t.Errorf("found %+v, planted %+v", w, *p)
	}
	if w.Listed-w.Equal != int64(p.LateClock+p.LeftOn+p.WrongWeek) || w.Listed != int64(p.Rows["waiting"]) {
		t.Errorf("%d of %d differ, planted %+v", w.Listed-w.Equal, w.Listed, *p)
	}
	if p.LateClock*p.LeftOn*p.Dropped*p.WrongWeek == 0 {
		t.Error("nothing of one kind is planted")
	}
	if len(w.Findings) != 0 {
		t.Errorf("events that add up are said not to: %v", w.Findings)
	}
}

// TestNothingWrong: an extract without faults is taken whole.
func TestNothingWrong(t *testing.T) {
	dir, p := madeUp(t, extract.Options{Trust: "R1K", Patients: 500, Seed: 2})
	_, r := profiled(t, newStage(t, "R1K"), dir, Options{})
	if r.Refused != 0 || r.Waiting.Listed != r.Waiting.Equal || r.Waiting.Unlisted != 0 || r.Waiting.Running != int64(p.Running) {
		t.Errorf("%d refused, waiting %+v", r.Refused, r.Waiting)
	}
	for _, pr := range r.Problems {
		if pr.Code != wrongCheck && pr.Code != wrongFormat && pr.Code != wrongRange {
			t.Errorf("%+v", pr) // the population has mistyped numbers and postcodes
		}
	}
}

// TestReportsSayNothingOfPatients: no name, number or address of the extract is
// in a report or the description of the extract.
func TestReportsSayNothingOfPatients(t *testing.T) {
	dir, _ := madeUp(t, extract.Options{Trust: "R1K", Patients: 200, Seed: 3, Faults: extract.Usual()})
	s := newStage(t, "R1K")
	x, _ := profiled(t, s, dir, Options{})
	patients, err := os.ReadFile(filepath.Join(dir, "patients.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{reportFile, extractFile} {
		text, err := os.ReadFile(x.path(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(patients), "\n")[1:] {
			for i, v := range strings.Split(line, ",") {
				if len(v) > 5 && i != 6 && i != 7 && strings.Contains(string(text), `"`+v+`"`) { // days of birth are counted, sexes are choices
					t.Fatalf("%s holds the value of column %d", name, i)
				}
			}
		}
	}
}

func TestSameExtractTwice(t *testing.T) {
	ctx := context.Background()
	s := newStage(t, "R1K")
	dir, _ := madeUp(t, extract.Options{Trust: "R1K", Patients: 50, Seed: 1})
	first, err := s.Add(ctx, dir, false)
	if err != nil || first.Again {
		t.Fatal(err)
	}
	again, err := s.Add(ctx, dir, false)
	if err != nil || !again.Again || again.ID != first.ID {
		t.Errorf("the same extract was staged twice: %v", err)
	}
	newer, _ := madeUp(t, extract.Options{Trust: "R1K", Patients: 60, Seed: 1, Taken: time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC)})
	if x, err := s.Add(ctx, newer, false); err != nil || x.Trial != 2 {
		t.Fatal(err)
	}
	older, _ := madeUp(t, extract.Options{Trust: "R1K", Patients: 70, Seed: 1})
	if _, err := s.Add(ctx, older, false); fault.Of(err).Code != "onboard.older" {
		t.Errorf("an older extract: %v", err)
	}
	if x, err := s.Add(ctx, older, true); err != nil || x.Trial != 3 {
		t.Errorf("an older extract that was asked for: %v", err)
	}
	if _, err := s.Add(ctx, strayed(t, dir, "patient.csv", "key\n"), false); fault.Of(err).Code != "onboard.file" {
		t.Errorf("a file with a slip in its name: %v", err)
	}
	other := newStage(t, "RAS")
	if _, err := other.Add(ctx, dir, false); fault.Of(err).Code != "onboard.trust" {
		t.Errorf("another trust's extract: %v", err)
	}
	list, err := s.Extracts()
	if err != nil || len(list) != 3 {
		t.Errorf("%d extracts are staged, %v", len(list), err)
	}
}

// strayed is a copy of a folder with a further file.
func strayed(t *testing.T, dir, name, text string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestEventsOfOneDay: a profile reads the events of a pathway as a reconciliation does,
// whichever way the source lists those of one day.
func TestEventsOfOneDay(t *testing.T) {
	_, r := profiled(t, newStage(t, "R1K"), folder(t, "", map[string]string{
		"patients.csv": people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,EXAMPLE,Bob,1962-04-30,M,\n",
		"pathways.csv": "key,patient,pathway,on,status,start\nP2,L1,PW1,2026-10-01,30,\nP1,L1,PW1,2026-10-01,10,2026-08-01\n" + // seen and treated at once
			"Q10,L2,PW2,2026-10-01,99,\nQ9,L2,PW2,2026-10-01,20,2026-08-01\n", // 99 comes last: its number is the higher
		"waiting.csv": "key,patient,pathway,clock_start,status\nW1,L2,PW2,2026-08-01,99\n",
	}), Options{})
	if w := r.Waiting; w.Running != 1 || w.Unlisted != 0 || w.Equal != 1 || w.Findings["rtt.no-clock"] != 0 {
		t.Errorf("%+v", w)
	}
}
