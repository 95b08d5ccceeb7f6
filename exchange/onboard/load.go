package onboard

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"concord/fault"
	"concord/record"
)

// Loading is how far the load of an extract is. It is kept after every few
// batches, so that a load that was stopped goes on.
type Loading struct {
	Extract string                    `json:"extract"`
	Load    string                    `json:"load"` // the load id: of this extract, and of which attempt
	State   string                    `json:"state"`
	Part    int                       `json:"part"` // the last that is loaded
	Began   time.Time                 `json:"began"`
	Ended   time.Time                 `json:"ended"`
	Classes map[string]*ClassProgress `json:"classes"`
}

// ClassProgress is how far one class is. There counts rows of which the record had
// the resource before: of an earlier load, or of the trust's feeds.
type ClassProgress struct {
	Rows    int64            `json:"rows"` // done, in order
	Created int64            `json:"created"`
	There   int64            `json:"there"`
	Refused map[string]int64 `json:"refused,omitempty"` // by code
}

// The states of a load.
const (
	stateLoading = "loading"
	stateLoaded  = "loaded"
	stateUndoing = "undoing"
	stateUndone  = "undone"
)

const loadFile = "load.json"

// LoadOptions of a load.
type LoadOptions struct {
	Batch int // rows a transaction; 0 = 200
	// Rest is how long is waited after each transaction, as a share of the time
	// that it took: 1 leaves half of the time to others.
	Rest float64
}

// Loading gives how far an extract's load is, nil before it began.
func (x *Extract) Loading() (*Loading, error) {
	if !x.exists(loadFile) {
		return nil, nil
	}
	var l Loading
	return &l, readJSON(x.path(loadFile), &l)
}

// Load writes the rows of an extract that can be loaded into the live record,
// class by class in the order of the layout, by an errand of the trust's own
// that may write. Each row is created unless its key is there already, says its
// source, key and load, and is refused on its own if the record refuses it
// (refused/load). A load that was stopped goes on; one that is complete does
// nothing. Errors: Conflict "onboard.not-profiled", "onboard.undoing"; those of
// Transact that would hold for any row.
func (s *Stage) Load(ctx context.Context, x *Extract, e *record.Errand, opt LoadOptions) (*Loading, error) {
	unlock, err := s.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if opt.Batch <= 0 {
		opt.Batch = 200
	}
	l, err := s.beginLoad(x)
	if err != nil || l.State == stateLoaded {
		return l, err
	}
	ld := &loader{stage: s, extract: x, errand: e, opt: opt, loading: l}
	for _, c := range Layout() {
		if err := ld.class(ctx, c); err != nil {
			return nil, errors.Join(err, ld.keep())
		}
	}
	l.State, l.Ended = stateLoaded, s.Now().UTC()
	return l, ld.keep()
}

// beginLoad takes up the load that is at work, or begins one with an id of its
// own.
func (s *Stage) beginLoad(x *Extract) (*Loading, error) {
	r, err := x.Report()
	if err != nil {
		return nil, err
	}
	if r == nil || r.Parts != len(x.Parts) {
		return nil, fault.New(fault.Conflict, "onboard.not-profiled", "profile the extract first: what cannot be loaded is passed over")
	}
	l, err := x.Loading()
	if err != nil {
		return nil, err
	}
	attempt := 1
	switch {
	case l == nil:
	case l.State == stateUndoing:
		return nil, fault.New(fault.Conflict, "onboard.undoing", "the load is being undone: finish that first")
	case l.State == stateUndone:
		_, n, _ := strings.Cut(l.Load, ".")
		attempt = number([]byte(n)) + 1
	case l.Part == len(x.Parts):
		return l, nil
	default: // rows were mended since: what is there already is told
		l.State, l.Part, l.Classes = stateLoading, len(x.Parts), map[string]*ClassProgress{}
		return l, writeJSON(x.path(loadFile), l)
	}
	l = &Loading{Extract: x.ID, Load: x.ID + "." + strconv.Itoa(attempt), State: stateLoading, Part: len(x.Parts), Began: s.Now().UTC(), Classes: map[string]*ClassProgress{}}
	return l, writeJSON(x.path(loadFile), l)
}

// loader is a load at work.
type loader struct {
	stage   *Stage
	extract *Extract
	errand  *record.Errand
	opt     LoadOptions
	loading *Loading
	refused *refusals
}

func (ld *loader) keep() error { return writeJSON(ld.extract.path(loadFile), ld.loading) }

// loadRow is a row on its way.
type loadRow struct {
	op     record.Op
	fields [][]byte
	merged string // the number that it was merged into at the source
}

// waveBatches is how many transactions go at a time, and after how many the
// progress is kept.
const waveBatches = 2

// class loads the rows of one class, a wave of batches at a time.
func (ld *loader) class(ctx context.Context, c Class) error {
	p := ld.loading.Classes[c.Name]
	if p == nil {
		p = &ClassProgress{Refused: map[string]int64{}}
		ld.loading.Classes[c.Name] = p
	}
	if err := ld.openRefused(&c); err != nil {
		return err
	}
	var wave []loadRow
	n := int64(0)
	for _, f := range ld.extract.filesOfClass(c.Name) {
		for fields, err := range ld.extract.loadable(f, len(c.Columns)) {
			if err != nil {
				return err
			}
			if n++; n <= p.Rows { // done before
				continue
			}
			wave = append(wave, ld.row(&c, fields))
			if len(wave) == waveBatches*ld.opt.Batch {
				if err := ld.wave(ctx, p, wave); err != nil {
					return err
				}
				wave = wave[:0]
			}
		}
	}
	return errors.Join(ld.wave(ctx, p, wave), ld.refused.close())
}

func (ld *loader) openRefused(c *Class) error {
	if err := os.MkdirAll(ld.extract.path("refused", "load"), 0o700); err != nil {
		return unstaged(err)
	}
	name := c.Name
	for i := 2; ld.extract.exists("refused/load/" + name + ".csv"); i++ { // of the load before it was stopped
		name = c.Name + "-" + strconv.Itoa(i)
	}
	ld.refused = &refusals{path: ld.extract.path("refused", "load", name+".csv"), source: c.Name}
	for _, col := range c.Columns {
		ld.refused.header = append(ld.refused.header, []byte(col.Name))
	}
	return nil
}

// filesOfClass are the files of a class's rows, the parts in order.
func (x *Extract) filesOfClass(name string) []partFile {
	var out []partFile
	for n, part := range x.Parts {
		for _, f := range part.Rows {
			if f.Class == name {
				out = append(out, partFile{f, n + 1})
			}
		}
	}
	return out
}

func (ld *loader) row(c *Class, fields [][]byte) loadRow {
	own := make([][]byte, len(fields))
	for i, v := range fields {
		own[i] = bytes.Clone(v)
	}
	m := &maker{trust: ld.extract.Trust, load: ld.loading.Load, zone: ld.stage.zone(), class: c, fields: own}
	v := m.resource()
	key := url.Values{"identifier": {m.system(c.Name) + "|" + m.at("key")}}.Encode()
	row := loadRow{op: record.Op{Kind: record.Create, Type: v.Type(), Resource: v, IfNoneExist: key, FullURL: "urn:row:" + escapedKey(m.at("key"))}, fields: own}
	if i := c.column("merged_into"); i >= 0 {
		row.merged = string(own[i])
	}
	return row
}

// waveWork is what came of a wave. It counts when the whole wave is done: one
// that was stopped is done again.
type waveWork struct {
	mu             sync.Mutex
	created, there int64
	refused        []refusedRow
}

type refusedRow struct {
	code   string
	fields [][]byte
}

// wave loads some batches beside each other, then keeps the progress.
func (ld *loader) wave(ctx context.Context, p *ClassProgress, rows []loadRow) error {
	if len(rows) == 0 {
		return nil
	}
	var batches [][]loadRow
	for start := 0; start < len(rows); start += ld.opt.Batch {
		batches = append(batches, rows[start:min(start+ld.opt.Batch, len(rows))])
	}
	w := &waveWork{}
	err := each(ctx, batches, func(_ int, batch []loadRow) error {
		start := ld.stage.Now()
		err := ld.batch(ctx, w, batch)
		if ld.opt.Rest > 0 && err == nil {
			err = rest(ctx, time.Duration(float64(ld.stage.Now().Sub(start))*ld.opt.Rest))
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range w.refused {
		p.Refused[r.code]++
		if err := ld.refused.add(r.code, 0, r.fields); err != nil {
			return err
		}
	}
	p.Rows, p.Created, p.There = p.Rows+int64(len(rows)), p.Created+w.created, p.There+w.there
	return ld.keep()
}

func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// batch loads rows as one; if the record refuses that, one by one.
func (ld *loader) batch(ctx context.Context, w *waveWork, rows []loadRow) error {
	ops := make([]record.Op, 0, len(rows))
	for _, r := range rows {
		if r.merged != "" {
			break
		}
		ops = append(ops, r.op)
	}
	if len(ops) == len(rows) {
		res, err := ld.errand.Transact(ctx, ops, record.Commit{})
		if err == nil {
			w.count(res, ld.loading.Load)
			return nil
		}
		if !ofTheRow(err) {
			return err
		}
	}
	for _, r := range rows {
		if err := ld.single(ctx, w, r); err != nil {
			return err
		}
	}
	return nil
}

// ofTheRow tells an error that another row would not have.
func ofTheRow(err error) bool {
	switch fault.Of(err).Kind {
	case fault.Invalid, fault.Conflict, fault.NotFound, fault.Gone, fault.Unsupported:
		return true
	}
	return false
}

func (ld *loader) single(ctx context.Context, w *waveWork, r loadRow) error {
	var c record.Commit
	if r.merged != "" {
		into, err := ld.patient(ctx, r.merged)
		if err != nil {
			return err
		}
		if into != "" {
			c.Joins = []record.Join{{From: r.op.FullURL, Into: into}}
		}
	}
	res, err := ld.errand.Transact(ctx, []record.Op{r.op}, c)
	if err == nil {
		w.count(res, ld.loading.Load)
		return nil
	}
	if !ofTheRow(err) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused = append(w.refused, refusedRow{fault.Of(err).Code, r.fields})
	return nil
}

// patient is the id of the trust's patient of a number, "" if there is none.
func (ld *loader) patient(ctx context.Context, number string) (string, error) {
	m := &maker{trust: ld.extract.Trust}
	found, err := ld.errand.Search(ctx, record.Asked{Types: []string{"Patient"}, Form: url.Values{"identifier": {m.system("patients") + "|" + number}}})
	if err != nil || len(found.Matches) == 0 {
		return "", err
	}
	return found.Matches[0].ID, nil
}

// count counts what was there already as created if it came with this load: the
// wave was stopped when some of it was done.
func (w *waveWork) count(res []record.Result, load string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range res {
		if r.Outcome == record.Created || cameWith(r.Item, load) {
			w.created++
		} else {
			w.there++
		}
	}
}

func cameWith(it *record.Item, load string) bool {
	if it == nil {
		return false
	}
	v, err := it.Full()
	if err != nil {
		return false
	}
	for t := range v.Get("meta").Get("tag").Each() {
		if t.StrAt("system") == LoadTag && t.StrAt("code") == load {
			return true
		}
	}
	return false
}
