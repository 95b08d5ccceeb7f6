package sweep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/person"
	"concord/standard/match"
)

// index is one that keeps what it was given, and fails when it is told to.
type index struct {
	people int // two entries each
	given  []person.Found
	kept   map[string]record.Sweep
	fails  int // the call that fails, 0 = none
	calls  int
	reads  int
}

func (x *index) SweepEntries(_ context.Context, yield func(int64, match.Record) error) (int64, error) {
	x.reads++
	for pk := range int64(2 * x.people) {
		name := string(rune('a'+pk/2%26)) + string(rune('a'+pk/52%26)) + "lin"
		r := match.Record{Given: name, Family: "Q" + name + "son", Born: fmt.Sprintf("19%02d-%02d-11", 10+pk/2%80, 1+pk/2%12), Sex: "F", Postcode: "HA1 1AA", Address: fmt.Sprintf("%d Mill Lane", pk/2)}
		if err := yield(pk+1, r); err != nil {
			return pk, err
		}
	}
	return int64(2 * x.people), nil
}

func (x *index) SweepOf(_ context.Context, name string) (record.Sweep, error) {
	s := x.kept[name]
	s.Name = name
	return s, nil
}

var errStopped = errors.New("stopped")

func (x *index) SweepPairs(_ context.Context, s record.Sweep, pairs []person.Found, last bool, mode record.SweepMode, _ func(person.Swept, record.SweptPair)) (record.Sweep, error) {
	if x.calls++; x.calls == x.fails {
		return s, errStopped
	}
	x.given = append(x.given, pairs...)
	s.Next, s.Done = s.Next+int64(len(pairs)), last
	if mode != record.SweepTry {
		x.kept[s.Name] = s
	}
	return s, nil
}

// TestStoppedGoesOn: stopped between two transactions, a run goes on from its folder
// without reading the index again, and each pair is handed over once; a folder of
// another store or model, or of something else, is refused; a trial begins anew.
func TestStoppedGoesOn(t *testing.T) {
	x := &index{people: 700, kept: map[string]record.Sweep{}, fails: 3}
	opt := Options{Index: x, By: record.IndexBasis{Name: "model", Mark: "store", Model: match.ShippedModel()}, Dir: filepath.Join(t.TempDir(), "work"), Mode: record.SweepJoin}
	if _, err := Run(t.Context(), opt); !errors.Is(err, errStopped) {
		t.Fatalf("not stopped: %v", err)
	}
	x.fails = 0
	report, err := Run(t.Context(), opt)
	if err != nil || report.Entries != 1400 || x.reads != 1 {
		t.Fatalf("%+v, the index was read %d times, %v", report, x.reads, err)
	}
	seen := map[person.Found]bool{}
	for _, f := range x.given {
		if seen[f] || f.A >= f.B {
			t.Fatalf("%+v twice, or the wrong way round", f)
		}
		seen[f] = true
	}
	if int64(len(seen)) != report.Pairs || len(seen) < 600 {
		t.Errorf("%d pairs were handed over of %d", len(seen), report.Pairs)
	}
	before := len(x.given)
	if _, err := Run(t.Context(), opt); err != nil || len(x.given) != before {
		t.Errorf("what is done is done again: %d pairs, %v", len(x.given)-before, err)
	}
	opt.Mode = record.SweepTry
	if _, err := Run(t.Context(), opt); err != nil || len(x.given) != 2*before {
		t.Errorf("a trial was told of %d pairs, %v", len(x.given)-before, err)
	}
	for _, by := range []record.IndexBasis{{Name: "another", Mark: "store", Model: opt.By.Model}, {Name: "model", Mark: "another", Model: opt.By.Model}} {
		other := opt
		other.By = by
		if _, err := Run(t.Context(), other); fault.Of(err).Code != "linkage.resume" {
			t.Errorf("%s of %s: %v", by.Name, by.Mark, err)
		}
	}
	opt.Dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(opt.Dir, "letters"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), opt); fault.Of(err).Code != "sweep.folder" {
		t.Errorf("a folder of something else: %v", err)
	}
	opt.Afresh, opt.Clear = true, true
	if _, err := Run(t.Context(), opt); fault.Of(err).Code != "sweep.folder" {
		t.Errorf("a folder of something else, to begin anew: %v", err)
	}
	if _, err := os.Stat(filepath.Join(opt.Dir, "letters")); err != nil {
		t.Error("what is somebody else's was removed")
	}
}

// TestOneRunAFolder: while a run is at work in a folder another is refused; afterwards
// one goes on in it, one may begin anew in it, and one that has ended leaves nothing.
func TestOneRunAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "work")
	first, unlock, err := openFolder(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, afresh := range []bool{false, true} {
		if _, _, err := openFolder(dir, afresh); fault.Of(err).Code != "sweep.busy" {
			t.Errorf("another run, afresh %v: %v", afresh, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "subjects"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	unlock()
	again, unlock, err := openFolder(dir, false)
	if err != nil || again != first {
		t.Fatalf("going on: %q for %q, %v", again, first, err)
	}
	unlock()
	anew, unlock, err := openFolder(dir, true)
	if err != nil || anew == first {
		t.Fatalf("anew: %q, %v", anew, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "subjects")); !os.IsNotExist(err) {
		t.Errorf("what the run before left: %v", err)
	}
	if err := removeRun(dir); err != nil {
		t.Fatal(err)
	}
	unlock()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is left: %v", err)
	}
}
