package onboard

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"
)

// Options of a profile.
type Options struct {
	Memory int64 // bytes for sorting; 0 = 256 MB
	// Numbering is the form of the joiner's numbers; nil = they are held against none.
	Numbering Numbering
}

// profiling is a profile at work.
type profiling struct {
	stage   *Stage
	extract *Extract
	scratch string
	most    int // marks in memory a class
	classes map[string]*classWork
	mu      sync.Mutex
	done    int64
	total   int64
}

// classWork is what is found out about one class.
type classWork struct {
	class   Class
	files   []partFile
	stats   []*columnStats
	tally   tally
	forms   []*numberForm
	fates   map[rowID]fate
	own     []ownRef
	numbers []numberedRow
	keys    keySet            // of rows that can be loaded
	gone    map[[2]uint64]int // keys of refused rows, with the last part they are of
	read    int64
	refused int64
	mended  int64
}

// partFile is a file of rows and the part that it is of.
type partFile struct {
	RowFile
	part int
}

// rowID is a row among the files of its class: file in the upper 20 bits.
type rowID uint64

func idOf(file int, row int64) rowID { return rowID(file)<<44 | rowID(row) }

func (id rowID) file() int  { return int(id >> 44) }
func (id rowID) row() int64 { return int64(id & (1<<44 - 1)) }

// fate is why a staged row cannot be loaded; the zero fate is that it can.
type fate uint8

const (
	fateOrphan fate = iota + 1
	fateOrphaned
	fateTwice
	fateRepeated
	fateMended // a row of a later part took its place
)

func (f fate) code() string {
	return [...]string{"", wrongOrphan, wrongOrphaned, wrongTwice, wrongRepeated, "mended"}[f]
}

// Profile holds the rows of an extract against each other and reports on the
// extract as a whole. It can be run again, and the last report counts. What it
// refuses is in refused/profile, mending begins there. Errors: Busy
// "onboard.stage"; Internal "onboard.damaged".
func (s *Stage) Profile(ctx context.Context, x *Extract, opt Options) (*Report, error) {
	start := s.Now()
	if opt.Memory <= 0 {
		opt.Memory = 256 << 20
	}
	unlock, err := s.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	for _, name := range []string{deltaFile, reportFile} { // until the new report is whole there is none
		if err := os.Remove(x.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, unstaged(err)
		}
	}
	scratch, err := os.MkdirTemp(s.Dir, ".scratch-")
	if err != nil {
		return nil, unstaged(err)
	}
	defer os.RemoveAll(scratch)
	p := &profiling{stage: s, extract: x, scratch: scratch, most: max(1024, int(opt.Memory)/markSize/4), classes: map[string]*classWork{}}
	var levels [3][]*classWork
	for _, c := range Layout() {
		w := newClassWork(c, x)
		if w.forms, err = numberForms(&c, opt.Numbering); err != nil {
			return nil, err
		}
		p.classes[c.Name] = w
		p.total += w.read
		levels[levelOf(&c)] = append(levels[levelOf(&c)], w)
	}
	for _, level := range levels { // what others refer to goes first
		if err := each(ctx, level, func(_ int, w *classWork) error { return p.class(ctx, w) }); err != nil {
			return nil, err
		}
	}
	if err := p.refuse(ctx); err != nil {
		return nil, err
	}
	waiting, err := p.waiting(ctx)
	if err != nil {
		return nil, err
	}
	r := p.report(start)
	r.Waiting = *waiting
	if err := r.count(x); err != nil {
		return nil, err
	}
	r.Seconds = s.Now().Sub(start).Seconds()
	return r, writeJSON(x.path(reportFile), r)
}

// levelOf is after how many others a class is looked at.
func levelOf(c *Class) int {
	level := 0
	for _, col := range c.Columns {
		if col.Kind == Ref && col.To != c.Name {
			level = max(level, 1)
			if col.To != "patients" {
				level = 2
			}
		}
	}
	return level
}

func newClassWork(c Class, x *Extract) *classWork {
	w := &classWork{class: c, tally: tally{}, fates: map[rowID]fate{}, gone: map[[2]uint64]int{}}
	for i := range c.Columns {
		w.stats = append(w.stats, newColumnStats(&c.Columns[i]))
	}
	for n, part := range x.Parts {
		for _, f := range part.Rows {
			if f.Class == c.Name {
				w.files = append(w.files, partFile{f, n + 1})
				w.read += f.Rows + f.Refused
				w.refused += f.Refused
			}
		}
	}
	return w
}

// class looks at the rows of one class.
func (p *profiling) class(ctx context.Context, w *classWork) error {
	if err := p.goneKeys(w); err != nil {
		return err
	}
	keys := newMarks(p.scratch, w.class.Name, p.most)
	defer keys.close()
	for i, f := range w.files {
		if err := p.rows(ctx, w, i, f, keys); err != nil {
			return err
		}
	}
	if err := w.resolve(keys); err != nil {
		return err
	}
	if err := p.oneEach(ctx, w); err != nil {
		return err
	}
	w.ownReferences()
	return nil
}

// goneKeys reads the keys of the rows that were refused when they were staged.
func (p *profiling) goneKeys(w *classWork) error {
	for _, f := range w.files {
		b, err := os.ReadFile(p.extract.path(partName(f.part), goneFile(f.Name)))
		if err != nil {
			return unstaged(err)
		}
		for ; len(b) >= 16; b = b[16:] {
			w.gone[[2]uint64{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}] = f.part
		}
	}
	return nil
}

// rows reads one file: what columns hold, what rows refer to, and their keys.
func (p *profiling) rows(ctx context.Context, w *classWork, file int, f partFile, keys *marks) error {
	return p.readRows(ctx, w, f, true, func(n int64, from origin, r *rowReader) error {
		for c, v := range r.fields {
			w.stats[c].add(v)
		}
		id := idOf(file, n)
		if fate := p.references(w, r.fields); fate != 0 {
			w.fates[id] = fate
		}
		for _, n := range w.forms {
			n.add(f, from, r.fields)
		}
		w.within(id, f.part, r.fields)
		w.numbered(id, f.part, r.fields)
		return keys.add(mark{key: keyOf(r.fields[0]), rank: ^from.rank(f.part), row: uint64(id), sum: sumOf(r.body)})
	})
}

// eachRow reads a file of rows again.
func (p *profiling) eachRow(ctx context.Context, w *classWork, f partFile, do func(n int64, from origin, r *rowReader) error) error {
	return p.readRows(ctx, w, f, false, do)
}

// readRows reads a file of rows, and holds it against its checksum if asked to.
func (p *profiling) readRows(ctx context.Context, w *classWork, f partFile, summed bool, do func(n int64, from origin, r *rowReader) error) error {
	r, err := openRows(p.extract.path(partName(f.part), f.Name), len(w.class.Columns))
	if err != nil {
		return err
	}
	defer r.close()
	if summed {
		r.summed()
	}
	for n := int64(0); ; n++ {
		from, _, err := r.next()
		if errors.Is(err, io.EOF) {
			if n != f.Rows || !r.holds(f.SHA256) {
				return damaged()
			}
			return nil
		}
		if err == nil && n&0xfff == 0 {
			p.tell(0x1000)
			err = ctx.Err()
		}
		if err == nil {
			err = do(n, from, r)
		}
		if err != nil {
			return err
		}
	}
}

func (p *profiling) tell(rows int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += rows
	p.stage.tell("profile", min(p.done, p.total), p.total)
}

// references tells the fate of a row that refers to what is not there; what it
// may do without is counted and left. References within the class wait until
// all its keys are known.
func (p *profiling) references(w *classWork, fields [][]byte) fate {
	worst := fate(0)
	for i := range w.class.Columns {
		col := &w.class.Columns[i]
		if col.Kind != Ref || len(fields[i]) == 0 || col.To == w.class.Name {
			continue
		}
		to, k := p.classes[col.To], keyOf(fields[i])
		if to.keys.has(k) {
			continue
		}
		f := fateOrphan
		if _, refused := to.gone[k]; refused {
			f = fateOrphaned
		}
		refuses := col.Must || col.Sure
		w.tally.add(w.class.Name, col.Name, f.code(), refuses)
		if refuses && worst == 0 {
			worst = f
		}
	}
	return worst
}

// report puts together what was found.
func (p *profiling) report(start time.Time) *Report {
	x := p.extract
	r := &Report{Extract: x.ID, Trust: x.Trust, Source: x.Source, Taken: x.Taken, Trial: x.Trial, Parts: len(x.Parts), Profiled: start.UTC()}
	all := tally{}
	for _, part := range x.Parts {
		for _, pr := range part.Problems {
			n := pr.Rows
			pr.Rows = 0
			all[pr] += n
		}
	}
	for _, c := range Layout() {
		w := p.classes[c.Name]
		all.merge(w.tally)
		cr := ClassReport{Class: c.Name, Rows: w.read, Refused: w.refused, Mended: w.mended, Loadable: int64(len(w.keys))}
		accepted := int64(0)
		for _, f := range w.files {
			accepted += f.Rows
		}
		for i, col := range c.Columns {
			cr.Columns = append(cr.Columns, w.stats[i].report(col.Name, accepted))
		}
		r.Rows, r.Refused, r.Loadable = r.Rows+cr.Rows, r.Refused+cr.Refused, r.Loadable+cr.Loadable
		r.Classes = append(r.Classes, cr)
		for _, n := range w.forms {
			if n.Held > 0 {
				r.Numbering = append(r.Numbering, n.NumberCheck)
			}
		}
	}
	r.Problems = all.sorted()
	return r
}
