package onboard

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"concord/record"
)

// undoChild is the variable that names, to a process that undoes, the folder to do it in.
const undoChild = "ONBOARD_UNDO_CHILD"

// TestUndoKilled: an undo that is killed when transactions of it are written and not
// yet counted goes on and tells all that it took back, deleted or restored. It is
// killed in a process of its own, again and again, until one comes to its end.
func TestUndoKilled(t *testing.T) {
	if dir := os.Getenv(undoChild); dir != "" {
		undoDying(t, dir)
		return
	}
	dir := t.TempDir()
	before, after := deltaFiles(t)
	d, done := openDeskIn(t, filepath.Join(dir, "data"))
	s, e := &Stage{Dir: filepath.Join(dir, "stage", "R1K"), Trust: "R1K", Now: at, Zone: londonZone(t)}, loaderOf(t, d, "R1K")
	base, _ := profiled(t, s, before, Options{})
	ofBase := loadedAs(t, s, base, e)
	x, _ := profiled(t, s, after, Options{})
	if _, err := s.MakeDelta(context.Background(), x, base, Options{}); err != nil {
		t.Fatal(err)
	}
	ofDelta := loadedAs(t, s, x, e)
	done()
	if kills := undoneAtLast(t, dir, x, ofDelta); kills < 3 {
		t.Errorf("the delta's undo was killed %d times", kills)
	}
	if u, err := x.Undone(); err != nil || len(u.Restored) == 0 {
		t.Errorf("nothing was restored: %+v %v", u, err)
	}
	if kills := undoneAtLast(t, dir, base, ofBase); kills < 3 {
		t.Errorf("the base's undo was killed %d times", kills)
	}
}

// loadedAs loads an extract and counts what bears the tag of its load, by type.
func loadedAs(t *testing.T, s *Stage, x *Extract, e *record.Errand) map[string]int64 {
	t.Helper()
	l, err := s.Load(context.Background(), x, e, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, typ := range undoOrder() {
		if n := len(find(t, e, typ, url.Values{"_tag": {LoadTag + "|" + l.Load}})); n > 0 {
			out[typ] = int64(n)
		}
	}
	return out
}

// undoneAtLast begins the undo of a load again as often as it is killed, and demands
// that it tells of all that the load wrote.
func undoneAtLast(t *testing.T, dir string, x *Extract, wrote map[string]int64) (kills int) {
	t.Helper()
	for {
		cmd := exec.Command(os.Args[0], "-test.run=^TestUndoKilled$", "-test.count=1")
		cmd.Env = append(os.Environ(), undoChild+"="+dir)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled() {
			kills++
			continue
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		break
	}
	u, err := x.Undone()
	if err != nil || u == nil || u.Under != nil || len(u.Kept) > 0 {
		t.Fatalf("%+v %v", u, err)
	}
	told := maps.Clone(u.Removed)
	for typ, n := range u.Restored {
		told[typ] += n
	}
	if !maps.Equal(told, wrote) {
		t.Errorf("after %d kills %v are told of %v: removed %v, restored %v", kills, told, wrote, u.Removed, u.Restored)
	}
	return kills
}

// undoDying undoes the newest load that stands, and dies as soon as a transaction was
// written: the clock is asked before and after each, and two are at work at a time.
func undoDying(t *testing.T, dir string) {
	d, _ := openDeskIn(t, filepath.Join(dir, "data"))
	var calls atomic.Int64
	s := &Stage{Dir: filepath.Join(dir, "stage", "R1K"), Trust: "R1K", Zone: londonZone(t), Now: func() time.Time {
		if calls.Add(1) == 3 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return at()
	}}
	list, err := s.Extracts()
	if err != nil {
		t.Fatal(err)
	}
	x := list[len(list)-1]
	if l, err := x.Loading(); err == nil && l.Undone() {
		x = list[0]
	}
	if _, err := s.Undo(t.Context(), x, loaderOf(t, d, "R1K"), UndoOptions{}); err != nil {
		t.Fatal(err)
	}
}
