package onboard

import (
	"context"
	"net/url"
	"time"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// outcome is what became of one row.
type outcome struct {
	row     int64
	there   bool     // the record had it before the load
	refiled bool     // it was moved from another patient's record
	code    string   // why it was refused, "" = it was not
	who     string   // key of the patient, where the row told who that is
	ref     string   // the reference to that patient
	text    [][]byte // of a row that was refused
	from    string   // file and line of the source at which it stands
	line    int
}

// batch is some rows that are loaded as one, and what became of them.
type batch struct {
	rows []loadRow
	told []outcome
	err  error
	done chan struct{}
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

// write loads rows as one; those that the record refuses so, one by one.
func (ld *loader) write(ctx context.Context, b *batch) error {
	rows, err := ld.mendOps(ctx, b, ld.notOf(b, b.rows))
	if err != nil {
		return err
	}
	if rows, err = ld.moveAll(ctx, b, rows); err != nil || len(rows) == 0 {
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
		res, err := ld.errand.Transact(record.Unhurried(ctx), ops, record.Commit{Sole: true, Own: true, Resting: true, Piece: ld.pacer.batch(len(ops)), Turn: ld.turn})
		rows = b.count(ld, rows, res)
		if err == nil || !ofTheRow(err) {
			return err
		}
	}
	for _, r := range rows {
		if err := ld.single(ctx, b, r); err != nil {
			return err
		}
	}
	return nil
}

// turn does a transaction at the pace that the load is held to.
func (ld *loader) turn(ctx context.Context, work func() error) error {
	return ld.pacer.run(ctx, ld.stage.Now, ld.opt.Rest, work)
}

// ofTheRow tells an error that another row would not have.
func ofTheRow(err error) bool {
	switch fault.Of(err).Kind {
	case fault.Invalid, fault.Conflict, fault.NotFound, fault.Gone, fault.Unsupported:
		return true
	}
	return false
}

func (ld *loader) single(ctx context.Context, b *batch, r loadRow) error {
	c := record.Commit{Sole: true, Own: true, Resting: true, Turn: ld.turn} // the stage is locked, and what feeds bring too has claims
	if r.merged != "" {
		into, err := ld.patient(ctx, ld.survivor(r.merged))
		if err != nil {
			return err
		}
		if into == "" { // it goes round, or whoever it leads to was refused
			b.refuse("onboard.merged", r)
			return nil
		}
		c.Joins = []record.Join{{From: r.op.FullURL, Into: into}}
	}
	if r.op.Kind == record.Create {
		if r = ld.plain(r, true); r.failed != nil {
			return r.failed
		}
	}
	res, err := ld.errand.Transact(record.Unhurried(ctx), []record.Op{r.op}, c)
	if err != nil && fault.Of(err).Code == "record.raced" && r.op.Key != "" { // a feed has one of that key already, and this one says what it says
		if r.op.Kind == record.Create {
			r = ld.plain(r, false)
		} else {
			r.op.Key = ""
		}
		res, err = ld.errand.Transact(record.Unhurried(ctx), []record.Op{r.op}, c)
	}
	if err == nil {
		b.count(ld, []loadRow{r}, res)
		return nil
	}
	if !ofTheRow(err) {
		return err
	}
	b.refuse(fault.Of(err).Code, r)
	return nil
}

func (b *batch) refuse(code string, r loadRow) {
	b.told = append(b.told, outcome{row: r.row, code: code, text: r.fields, from: r.from, line: r.line})
}

// patient is the id of the trust's patient of a key, "" if there is none.
func (ld *loader) patient(ctx context.Context, key string) (string, error) {
	if key == "" {
		return "", nil
	}
	m := &maker{trust: ld.extract.Trust}
	found, err := ld.errand.Search(ctx, record.Asked{Types: []string{"Patient"}, Form: url.Values{"identifier": {m.system("patients") + "|" + searchEscaped(ld.numbers.Of(key))}}})
	if err != nil {
		return "", err
	}
	for _, it := range found.Matches {
		if it.Org == ld.extract.Trust { // another trust's entry may carry the number too
			return it.ID, nil
		}
	}
	return "", nil
}

// count counts what was kept, and gives the rows that were not. What was there already
// is counted as created if it came with this load: the load was stopped when some of
// the batches on their way were done.
func (b *batch) count(ld *loader, rows []loadRow, res []record.Result) (left []loadRow) {
	if res == nil {
		return rows
	}
	for i, r := range res {
		if r.Outcome == 0 {
			left = append(left, rows[i])
			continue
		}
		o := outcome{row: rows[i].row, refiled: rows[i].refiled, there: r.Outcome != record.Created && !cameWith(r.Item, ld.loading.Load)}
		o.who, o.ref = ld.tells(rows[i], r)
		b.told = append(b.told, o)
	}
	return left
}

func cameWith(it *record.Item, load string) bool { return tagged(it, LoadTag, load) }

// tagged tells what bears a tag of a load.
func tagged(it *record.Item, system, load string) bool {
	if it == nil {
		return false
	}
	v, err := it.Full()
	return err == nil && hasTag(v, system, load)
}

func hasTag(v *fhir.Value, system, load string) bool {
	for t := range v.Path("meta.tag").Each() {
		if t.StrAt("system") == system && t.StrAt("code") == load {
			return true
		}
	}
	return false
}
