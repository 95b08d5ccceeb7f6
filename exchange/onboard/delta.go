package onboard

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"concord/fault"
)

// Delta is what changed at the source between an extract that is loaded and one
// that was taken later, after the freeze: what is new and what says something else
// is loaded, what is gone is told, and the rest is left as it is.
type Delta struct {
	Base     string                 `json:"base"` // the extract that it goes on from
	Load     string                 `json:"load"` // the base's load
	Profiled time.Time              `json:"profiled"`
	Made     time.Time              `json:"made"`
	Dropped  bool                   `json:"dropped,omitempty"` // the base was dropped since it was loaded
	Classes  map[string]*DeltaCount `json:"classes"`
}

// DeltaCount counts the rows of a class.
type DeltaCount struct {
	New     int64 `json:"new"`
	Changed int64 `json:"changed"`
	Same    int64 `json:"same"`
	Gone    int64 `json:"gone"` // in the base, and no longer there or refused now
}

// Text tells a delta in words; nothing of an extract that is whole.
func (d *Delta) Text(out io.Writer) error {
	if d == nil {
		return nil
	}
	told := "listed"
	if d.Dropped {
		told = "named by the report, since that extract was dropped"
	}
	_, err := fmt.Fprintf(out, "\nthis goes on from load %s: what is new and what changed is loaded, what is gone is %s\n", d.Load, told)
	for _, c := range Layout() {
		if n := d.Classes[c.Name]; n != nil {
			fmt.Fprintf(out, "%10d new, %d changed, %d the same, %d gone  %s\n", n.New, n.Changed, n.Same, n.Gone, c.Name)
		}
	}
	return err
}

const (
	deltaFile = "delta.json"
	goneTable = "delta-gone.csv"
)

func deltaKeys(class, what string) string { return "delta-" + class + "." + what }

// MakeDelta holds a profiled extract against an earlier one whose load stands, and
// makes it a delta of that: a load of it touches what changed and nothing else.
// What is gone is listed by key in delta-gone.csv, for people to look at: nothing
// is deleted by a load. Errors: Conflict "onboard.not-profiled", "onboard.no-base",
// "onboard.loaded" when its load has begun, and not as a delta of the same load.
func (s *Stage) MakeDelta(ctx context.Context, x, base *Extract, opt Options) (*Delta, error) {
	unlock, err := s.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	r, err := x.Report()
	if err != nil {
		return nil, err
	}
	if r == nil || r.Parts != len(x.Parts) {
		return nil, fault.New(fault.Conflict, "onboard.not-profiled", "profile the extract first: what cannot be loaded is passed over")
	}
	l, err := base.Loading()
	if err != nil {
		return nil, err
	}
	if !l.Loaded() || base.ID == x.ID || !base.Taken.Before(x.Taken) {
		return nil, fault.New(fault.Conflict, "onboard.no-base", "a delta goes on from an earlier extract whose load stands")
	}
	own, err := x.Loading()
	if err != nil {
		return nil, err
	}
	if !own.goesOn(l.Load) {
		return nil, fault.New(fault.Conflict, "onboard.loaded", "the extract is loaded already, and not as a delta of that")
	}
	scratch, done, err := s.Scratch()
	if err != nil {
		return nil, err
	}
	defer done()
	if opt.Memory <= 0 {
		opt.Memory = 256 << 20
	}
	d := &Delta{Base: base.ID, Load: l.Load, Profiled: r.Profiled, Made: s.Now().UTC(), Dropped: base.dropped, Classes: map[string]*DeltaCount{}}
	merges, err := x.Survivors(asKey)
	if err != nil {
		return nil, err
	}
	ended := merges.marksOf()
	gone := newGoneTable(x)
	for _, c := range Layout() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		w := &deltaClass{class: c.Name, ended: ended, count: &DeltaCount{}, gone: map[[2]uint64]bool{}, marks: newMarks(scratch, c.Name, max(1024, int(opt.Memory)/markSize))}
		d.Classes[c.Name] = w.count
		if err := w.compare(x, base); err != nil {
			return nil, err
		}
		if err := gone.add(base, w); err != nil {
			return nil, err
		}
	}
	if err := gone.close(); err != nil {
		return nil, err
	}
	return d, writeJSON(x.path(deltaFile), d)
}

// Delta gives what an extract is a delta of; nil when it is whole. One that was
// profiled again is whole again.
func (x *Extract) Delta() (*Delta, error) {
	if !x.exists(deltaFile) {
		return nil, nil
	}
	var d Delta
	if err := readJSON(x.path(deltaFile), &d); err != nil {
		return nil, err
	}
	r, err := x.Report()
	if err != nil || r == nil || !r.Profiled.Equal(d.Profiled) {
		return nil, err
	}
	return &d, nil
}

// deltaClass compares one class of two extracts.
type deltaClass struct {
	class string
	ended map[uint64]uint64 // a row that moved with its patient has not changed
	count *DeltaCount
	marks *marks
	gone  map[[2]uint64]bool
}

// compare writes the keys of what is new and of what changed, in order.
func (w *deltaClass) compare(x, base *Extract) error {
	defer w.marks.close()
	for rank, e := range []*Extract{base, x} {
		for m, err := range e.rowMarks(w.class) {
			if err != nil {
				return err
			}
			if err := w.marks.add(m.says(uint64(rank), w.ended)); err != nil {
				return err
			}
		}
	}
	var fresh, changed []byte
	err := w.marks.groups(func(g []mark) error {
		k := g[0].key
		switch {
		case len(g) == 1 && g[0].rank == 0:
			w.count.Gone++
			w.gone[k] = true
		case len(g) == 1:
			w.count.New++
			fresh = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(fresh, k[0]), k[1])
		case g[0].row == g[1].row && g[0].sum == g[1].sum:
			w.count.Same++
		default:
			w.count.Changed++
			changed = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(changed, k[0]), k[1])
		}
		return nil
	})
	return errors.Join(err, writeWhole(x.path(deltaKeys(w.class, "new")), fresh), writeWhole(x.path(deltaKeys(w.class, "changed")), changed))
}

// goneWriter lists what is gone.
type goneWriter struct {
	extract *Extract
	out     *bufio.Writer
	file    *os.File
	failed  error
}

func newGoneTable(x *Extract) *goneWriter {
	f, err := os.OpenFile(x.path(goneTable), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	g := &goneWriter{extract: x, file: f, failed: unstaged(err)}
	if err == nil {
		g.out = bufio.NewWriter(f)
		fmt.Fprintln(g.out, "class,key")
	}
	return g
}

func (g *goneWriter) add(base *Extract, w *deltaClass) error {
	if g.failed != nil || len(w.gone) == 0 || base.dropped { // of one that was dropped the report names them
		return g.failed
	}
	for row, err := range base.Rows(w.class) {
		if err != nil {
			return err
		}
		if w.gone[keyOf(row.fields[0])] {
			writeFields(g.out, []byte(w.class), row.fields[0])
		}
	}
	return nil
}

func (g *goneWriter) close() error {
	if g.failed != nil {
		return g.failed
	}
	return unstaged(errors.Join(g.out.Flush(), g.file.Sync(), g.file.Close()))
}

// touched are the keys of a class that a delta loads.
type touched struct{ fresh, changed keySet }

// touches reads the keys of a class, nil for an extract that is whole.
func (x *Extract) touches(d *Delta, class string) (*touched, error) {
	if d == nil {
		return nil, nil
	}
	var t touched
	for what, into := range map[string]*keySet{"new": &t.fresh, "changed": &t.changed} {
		keys, err := readKeys(x.path(deltaKeys(class, what)))
		if err != nil {
			return nil, err
		}
		*into = keys
		if !slices.IsSortedFunc(*into, compareKeys) {
			return nil, damaged()
		}
	}
	return &t, nil
}

// passes tells a row that a delta leaves as it is.
func (t *touched) passes(key []byte) bool {
	if t == nil {
		return false
	}
	k := keyOf(key)
	return !t.fresh.has(k) && !t.changed.has(k)
}
