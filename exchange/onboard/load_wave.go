package onboard

import (
	"context"
	"net/url"
	"sync"
	"time"

	"concord/fault"
	"concord/record"
)

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
	size := ld.pacer.batch(ld.opt.Batch)
	for start := 0; start < len(rows); start += size {
		batches = append(batches, rows[start:min(start+size, len(rows))])
	}
	w := &waveWork{}
	err := eachOf(ctx, waveWorkers, batches, func(_ int, batch []loadRow) error {
		defer ld.pacer.alone()()
		ld.pacer.begin()
		start := ld.stage.Now()
		err := ld.batch(ctx, w, batch)
		if ld.pacer == nil && ld.opt.Rest == 0 {
			return err
		}
		took := ld.stage.Now().Sub(start)
		ld.pacer.ended()
		if err != nil {
			return err
		}
		pause, err := ld.pacer.after(took, ld.opt.Rest)
		if err == nil && pause > 0 {
			err = rest(ctx, pause)
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
	rows, err := ld.mendOps(ctx, w, rows)
	if err != nil || len(rows) == 0 {
		return err
	}
	ops := make([]record.Op, 0, len(rows))
	for _, r := range rows {
		if r.merged != "" {
			break
		}
		ops = append(ops, r.op)
	}
	if len(ops) == len(rows) {
		res, err := ld.errand.Transact(ctx, ops, record.Commit{Sole: true})
		if err == nil {
			w.count(ld, rows, res)
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
	c := record.Commit{Sole: true} // the stage is locked, and what feeds bring too has claims
	if r.merged != "" {
		into, err := ld.patient(ctx, ld.survivor(r.merged))
		if err != nil {
			return err
		}
		if into == "" { // it goes round, or whoever it leads to was refused
			w.refuse("onboard.merged", r)
			return nil
		}
		c.Joins = []record.Join{{From: r.op.FullURL, Into: into}}
	}
	if r.op.Kind == record.Create {
		r = ld.plain(r, true)
	}
	res, err := ld.errand.Transact(ctx, []record.Op{r.op}, c)
	if err != nil && fault.Of(err).Code == "record.raced" && r.op.Key != "" { // a feed has one of that key already, and this one says what it says
		if r.op.Kind == record.Create {
			r = ld.plain(r, false)
		} else {
			r.op.Key = ""
		}
		res, err = ld.errand.Transact(ctx, []record.Op{r.op}, c)
	}
	if err == nil {
		w.count(ld, []loadRow{r}, res)
		return nil
	}
	if !ofTheRow(err) {
		return err
	}
	w.refuse(fault.Of(err).Code, r)
	return nil
}

func (w *waveWork) refuse(code string, r loadRow) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused = append(w.refused, refusedRow{code, r.fields})
}

// patient is the id of the trust's patient of a key, "" if there is none.
func (ld *loader) patient(ctx context.Context, key string) (string, error) {
	if key == "" {
		return "", nil
	}
	m := &maker{trust: ld.extract.Trust}
	found, err := ld.errand.Search(ctx, record.Asked{Types: []string{"Patient"}, Form: url.Values{"identifier": {m.system("patients") + "|" + searchEscaped(ld.numbers.Of(key))}}})
	if err != nil || len(found.Matches) == 0 {
		return "", err
	}
	return found.Matches[0].ID, nil
}

// count counts what was there already as created if it came with this load: the
// wave was stopped when some of it was done.
func (w *waveWork) count(ld *loader, rows []loadRow, res []record.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, r := range res {
		ld.learn(rows[i], r)
		if r.Outcome == record.Created || cameWith(r.Item, ld.loading.Load) {
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
