package reconcile

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"concord/exchange/onboard"
	"concord/exchange/onboard/pack"
	"concord/fault"
	"concord/record"
)

// Options of a reconciliation.
type Options struct {
	Pack *pack.Pack // of the organisation; nil = it has none
	// Most is how many marks (40 bytes each) are kept in memory of each of three
	// sorted sets; 0 = 1,000,000.
	Most int
	// Progress is told how many rows and resources were read; nil = nobody asks.
	Progress func(done, total int64)
}

// reconciling is a reconciliation at work.
type reconciling struct {
	extract *onboard.Extract
	opt     Options
	record  *recordOf
	numbers onboard.Numbers
	out     *Report
	scratch string
	slots   *slots
	beds    *beds
	clocks  *clocks
	risks   *risks
	done    int64
	total   int64
}

const computedFile = "reconcile.json"

// Run holds the load of an extract against the extract, by an errand of the
// trust's own that may read. Errors: Conflict "reconcile.not-loaded" unless the load is complete
// and stands; those of Search.
func Run(ctx context.Context, s *onboard.Stage, x *onboard.Extract, e *record.Errand, opt Options) (*Report, error) {
	unlock, err := s.Lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	b, err := basisNow(s, opt.Pack)
	if err != nil {
		return nil, err
	}
	r, err := compute(ctx, s, x, e, opt, b)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(x.SaveJSON(basisFile(r.Load), b), x.SaveJSON(computedFile, r)); err != nil {
		return nil, err
	}
	return r, r.with(x)
}

func compute(ctx context.Context, s *onboard.Stage, x *onboard.Extract, e *record.Errand, opt Options, b basis) (*Report, error) {
	l, err := x.Loading()
	if err != nil {
		return nil, err
	}
	if !l.Loaded() {
		return nil, fault.New(fault.Conflict, "reconcile.not-loaded", "the extract is not loaded, or not to its end, or the load was taken back")
	}
	profile, err := x.Report()
	if err != nil {
		return nil, err
	}
	if profile == nil {
		return nil, fault.New(fault.Conflict, "reconcile.not-loaded", "the extract has no profile")
	}
	scratch, done, err := s.Scratch()
	if err != nil {
		return nil, err
	}
	defer done()
	if opt.Most <= 0 {
		opt.Most = 1_000_000
	}
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	w := &reconciling{extract: x, opt: opt, scratch: scratch,
		record: &recordOf{errand: e, trust: x.Trust, loads: []string{l.Load}, ended: l.Ended, mended: l.Before > 0, zone: zone, owners: map[[2]uint64][2]uint64{}},
		out: &Report{Format: Format, Trust: x.Trust, Source: x.Source, Extract: x.ID, Trial: x.Trial, Parts: len(x.Parts), Taken: x.Taken, Load: l.Load, Began: l.Began, Ended: l.Ended,
			Sample: []Sampled{}, Differences: []Difference{}, Checked: []Attestation{}, Accepted: []Acceptance{}, Blocks: []Block{}}}
	d, err := x.Delta()
	if err != nil {
		return nil, err
	}
	if d != nil {
		w.record.loads, w.out.Base = append(w.record.loads, d.Load), d.Load
	}
	p, err := b.pack()
	if err != nil {
		return nil, err
	}
	w.slots, w.beds = newSlots(p, zone), newBeds(p)
	if err := w.beds.told(b.Beds); err != nil {
		return nil, err
	}
	if w.numbers, err = x.Numbers(); err != nil {
		return nil, err
	}
	if d != nil {
		if w.record.merges, err = x.Survivors(w.numbers.Of); err != nil {
			return nil, err
		}
	}
	w.clocks, w.risks = newClocks(w), newRisks(w)
	defer w.clocks.close()
	defer w.risks.close()
	w.fill(profile, l)
	for _, c := range onboard.Layout() {
		if err := w.class(ctx, &c); err != nil {
			return nil, err
		}
	}
	return w.out, w.finish(ctx)
}

// fill puts in what the stage knows of its classes.
func (w *reconciling) fill(profile *onboard.Report, l *onboard.Loading) {
	for _, c := range profile.Classes {
		n := w.out.class(c.Class)
		n.Source, n.Refused, n.Loadable = c.Rows-c.Mended, c.Refused, c.Loadable
		w.total += 2 * c.Loadable
	}
	if profile.Unread != nil {
		w.out.Unread = profile.Unread.Refused
	}
	w.out.NotHeld = notHeld(w.extract)
}

// notHeld are the columns that the source gave and the layout does not know.
func notHeld(x *onboard.Extract) (out []NotHeld) {
	for _, part := range x.Parts {
		for _, u := range part.Unknown {
			file, column, _ := strings.Cut(u, ": ")
			for _, f := range part.Files {
				if f.Name == file {
					out = append(out, NotHeld{file, column, f.Read})
				}
			}
		}
	}
	return out
}

func (w *reconciling) tell() {
	if w.done++; w.opt.Progress != nil && w.done%1000 == 0 {
		w.opt.Progress(min(w.done, w.total), w.total)
	}
}

// finish looks at what spans classes, and says what stands against the go.
func (w *reconciling) finish(ctx context.Context) error {
	w.out.Appointments = w.slots.out
	w.beds.finish(w.out)
	if err := w.clocks.finish(); err != nil {
		return err
	}
	if err := w.sample(ctx); err != nil {
		return err
	}
	slices.SortStableFunc(w.out.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Code, b.Code))
	})
	w.out.judge()
	return nil
}
