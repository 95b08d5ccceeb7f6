package onboard

import (
	"context"
	"sync"
)

// mostBatches are on their way at a time: while one is written, the others are
// made ready. The progress is kept after keptBatches of them.
const (
	mostBatches = 3
	keptBatches = 4
)

// mostBytes of content are in a batch, but for its last row's.
const mostBytes = 4 << 20

// flow loads rows of a class, some batches beside each other. No two of these
// have a row of one patient: each would take the same place in the patient's
// record, and the later would have to be made ready anew. The progress is how many
// rows are done from the first on; what is done beyond is done again by a load that
// was stopped, and found there.
type flow struct {
	ld   *loader
	p    *ClassProgress
	ctx  context.Context
	stop context.CancelCauseFunc
	wait sync.WaitGroup

	next  []loadRow         // the batch that is being gathered
	bytes int               // of content in it
	later []loadRow         // rows of patients whose rows are on their way
	waits int               // bytes of content in them
	busy  map[string]int    // rows on their way, by patient
	under []*batch          // on their way, the first begun first
	told  map[int64]outcome // of rows that are done while one before them is not
	since int               // batches since the progress was kept
}

func newFlow(ctx context.Context, ld *loader, p *ClassProgress) *flow {
	f := &flow{ld: ld, p: p, busy: map[string]int{}, told: map[int64]outcome{}}
	f.ctx, f.stop = context.WithCancelCause(ctx)
	return f
}

// end waits for what is on its way, which is stopped if it is not done.
func (f *flow) end() {
	f.stop(nil)
	f.wait.Wait()
}

// whose is the patient whose rows may not go beside each other.
func (f *flow) whose(r loadRow) string {
	if i := f.ld.at.column("patient"); i >= 0 {
		return string(r.fields[i])
	}
	return string(r.fields[0])
}

// add takes a row. The rows of a patient stay in their order.
func (f *flow) add(r loadRow) error {
	if who := f.whose(r); f.busy[who] > 0 {
		f.later = append(f.later, r)
		if f.waits += r.size; len(f.later) < f.size() && f.waits < mostBytes {
			return nil
		}
		return f.settle()
	}
	if f.next == nil {
		f.next = make([]loadRow, 0, min(f.size(), 1000))
	}
	f.next = append(f.next, r)
	if f.bytes += r.size; len(f.next) < f.size() && f.bytes < mostBytes {
		return nil
	}
	return f.launch()
}

func (f *flow) size() int { return f.ld.opt.Batch }

// finish loads what is left and keeps the progress.
func (f *flow) finish() error {
	for len(f.next)+len(f.later)+len(f.under) > 0 {
		step := f.settle
		if len(f.next) > 0 {
			step = f.launch
		}
		if err := step(); err != nil {
			return err
		}
	}
	if f.since == 0 { // it is kept
		return nil
	}
	return f.ld.keep()
}

// launch sends the batch that was gathered on its way, when there is room.
func (f *flow) launch() error {
	b := &batch{rows: f.next, done: make(chan struct{})}
	f.next, f.bytes = nil, 0
	for _, r := range b.rows {
		f.busy[f.whose(r)]++
	}
	if len(f.under) == mostBatches {
		if err := f.settle(); err != nil {
			return err
		}
	}
	f.under = append(f.under, b)
	f.wait.Go(func() {
		defer close(b.done)
		if b.err = modestly(func() error { return f.ld.write(f.ctx, b) }); b.err != nil {
			f.stop(b.err)
		}
	})
	return nil
}

// settle waits for the batch that was begun first, counts what it did, and takes
// up the rows that waited for it.
func (f *flow) settle() error {
	b := f.under[0]
	<-b.done
	if b.err != nil {
		return context.Cause(f.ctx)
	}
	f.under = f.under[1:]
	for _, r := range b.rows {
		f.free(f.whose(r))
	}
	for _, o := range b.told {
		f.told[o.row] = o
	}
	if err := f.count(); err != nil {
		return err
	}
	later := f.later
	f.later, f.waits = nil, 0
	for _, r := range later {
		if err := f.add(r); err != nil {
			return err
		}
	}
	return nil
}

func (f *flow) free(who string) {
	if f.busy[who]--; f.busy[who] == 0 {
		delete(f.busy, who)
	}
}

// count moves the progress over the rows that are done.
func (f *flow) count() error {
	for o, done := f.told[f.p.Rows+1]; done; o, done = f.told[f.p.Rows+1] {
		delete(f.told, o.row)
		f.p.Rows++
		if o.who != "" {
			f.ld.known.learn([]byte(o.who), o.ref)
		}
		switch {
		case o.code != "":
			f.p.Refused[o.code]++
			if o.code == codeOtherPerson {
				f.ld.other(keyOf(o.text[0]))
			}
			if err := f.ld.refuse(o); err != nil {
				return err
			}
		case o.there:
			f.p.There++
		default:
			f.p.Created++
			if o.refiled {
				f.p.Refiled++
			}
		}
	}
	if f.since++; f.since < keptBatches {
		return nil
	}
	f.since = 0
	return f.ld.keep()
}
