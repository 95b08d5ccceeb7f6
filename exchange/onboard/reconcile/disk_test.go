package reconcile

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"concord/demo/extract"
	"concord/exchange/onboard"
	"concord/fault"
	"concord/record"
	"concord/standard/validate"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

// disk is a record on a database that may not grow beyond so many pages, opened
// anew for each limit.
type disk struct {
	*scene
	dir    string
	engine *sqlite.Engine
}

// room opens the database with room for so many pages more; 0 = as much as it wants.
func (d *disk) room(pages int64) {
	d.t.Helper()
	if d.engine != nil {
		if err := d.engine.Close(); err != nil {
			d.t.Fatal(err)
		}
	}
	if pages > 0 {
		st, err := os.Stat(filepath.Join(d.dir, "concord.db"))
		if err != nil {
			d.t.Fatal(err)
		}
		pages += st.Size() / 8192
	}
	var err error
	if d.engine, err = sqlite.Open(d.ctx, d.dir, sqlite.Options{Now: time.Now, NoSync: true, MaxPages: pages}); err != nil {
		d.t.Fatal(err)
	}
	codec, err := dictionary.Codec()
	if err != nil {
		d.t.Fatal(err)
	}
	if d.desk, err = record.Open(d.ctx, record.Options{Engine: d.engine, Codec: codec, Secret: make([]byte, 32), Now: time.Now, Check: validate.Base().Check}); err != nil {
		d.t.Fatal(err)
	}
	d.load = d.errand("load", d.stage.Trust)
}

// writesNoMore lets no file grow beyond so many bytes while a step is done, as a
// full disk would not.
func (d *disk) writesNoMore(bytes uint64, step func() error) error {
	d.t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		d.t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: was.Max}); err != nil {
		d.t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was)
	return step()
}

func (d *disk) full(err error, codes ...string) {
	d.t.Helper()
	if f := fault.Of(err); err == nil || f.Kind != fault.Busy || !slices.Contains(codes, f.Code) || !strings.Contains(err.Error(), "disk") {
		d.t.Fatalf("%v, not %s", err, codes)
	}
}

// TestFullDisk: each step on a full disk is refused in plain words and leaves
// nothing half-done: what is staged, profiled, loaded or taken back goes on when
// there is room again, and comes to what it would have come to. The limit of files
// is of the process, and would be of what the test writes of itself: it runs in a
// child.
func TestFullDisk(t *testing.T) {
	const child = "RECONCILE_DISK_CHILD"
	if os.Getenv(child) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.count=1")
		cmd.Env = append(os.Environ(), child+"=yes")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	d := &disk{scene: newScene(t, "R1K"), dir: t.TempDir()}
	d.room(0)
	t.Cleanup(func() { d.engine.Close() })
	source, _ := d.madeUp(extract.Options{Trust: "R1K", Patients: 120, Seed: 5})
	x := d.stageOnAFullDisk(source)
	before := d.everything()

	d.room(60)
	for i := range 3 { // begun again while there is no room, it is refused again
		_, err := d.stage.Load(d.ctx, x, d.load, onboard.LoadOptions{Batch: 40})
		d.full(err, "store.full")
		if l, err := x.Loading(); err != nil || l.Loaded() {
			t.Fatalf("%d: %+v %v", i, l, err)
		}
		if _, err := Run(d.ctx, d.stage, x, d.load, d.opt); fault.Of(err).Code != "reconcile.not-loaded" {
			t.Fatalf("half a load is reconciled: %v", err)
		}
	}
	d.room(0)
	err := d.writesNoMore(1, func() error { // neither the record nor the stage takes a byte
		_, err := d.stage.Load(d.ctx, x, d.load, onboard.LoadOptions{Batch: 40})
		return err
	})
	if l, again := x.Loading(); again != nil || l.Loaded() || err == nil || !strings.Contains(err.Error(), "the disk is full") || !strings.Contains(err.Error(), "onboard.full") {
		t.Fatalf("%+v %v", l, err)
	}
	d.loaded(x)
	r := d.run(x)
	for _, c := range r.Classes {
		if c.Equal != c.Loadable || c.Absent+c.Doubled+c.Differ+c.Extra != 0 || c.SourceHash != c.RecordHash {
			t.Errorf("%+v", c)
		}
	}

	d.room(12)
	_, err = d.stage.Undo(d.ctx, x, d.load, onboard.UndoOptions{})
	d.full(err, "store.full", "audit.unavailable") // what is written, or what is read beside it
	d.room(0)
	u, err := d.stage.Undo(d.ctx, x, d.load, onboard.UndoOptions{})
	if err != nil || len(u.Kept) != 0 {
		t.Fatalf("%+v %v", u, err)
	}
	if after := d.everything(); !slices.Equal(before, after) {
		t.Errorf("%d resources, and %d before the load", len(after), len(before))
	}
}

// stageOnAFullDisk stages and profiles, each on a full disk first.
func (d *disk) stageOnAFullDisk(source string) *onboard.Extract {
	d.t.Helper()
	d.full(d.writesNoMore(2000, func() error {
		_, err := d.stage.Add(d.ctx, source, false)
		return err
	}), "onboard.full")
	if list, err := d.stage.Extracts(); err != nil || len(list) != 0 {
		d.t.Fatalf("half an extract is staged: %v %v", list, err)
	}
	x, err := d.stage.Add(d.ctx, source, false)
	if err != nil || x.Again {
		d.t.Fatalf("%+v %v", x, err)
	}
	d.full(d.writesNoMore(2000, func() error {
		_, err := d.stage.Profile(d.ctx, x, onboard.Options{})
		return err
	}), "onboard.full")
	if r, err := x.Report(); err != nil || r != nil {
		d.t.Fatalf("half a report: %v %v", r, err)
	}
	if _, err := d.stage.Profile(d.ctx, x, onboard.Options{}); err != nil {
		d.t.Fatal(err)
	}
	return x
}

// everything is what the record shows of the types of a load, by reference.
func (d *disk) everything() (out []string) {
	d.t.Helper()
	for _, c := range onboard.Layout() {
		for _, typ := range typesOf(c.Name) {
			for items, err := range d.load.Pages(context.Background(), record.Asked{Types: []string{typ}}) {
				if err != nil {
					d.t.Fatal(err)
				}
				for _, it := range items {
					out = append(out, it.Ref())
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
