package course

import (
	"context"
	"slices"

	"concord/exchange/onboard"
	"concord/exchange/onboard/pack"
	"concord/exchange/onboard/reconcile"
	"concord/exchange/onboard/runbook"
	"concord/record"
)

// phaseOf is how far an extract is.
func phaseOf(x *onboard.Extract) (Phase, error) {
	l, err := x.Loading()
	if err != nil {
		return Staged, err
	}
	switch {
	case l == nil:
		m, err := x.Matching()
		if err != nil || m == nil {
			return Staged, err
		}
		return Matched, nil
	case l.Undone():
		return TakenBack, nil
	case !l.Loaded():
		return Loading, nil
	}
	r, err := reconcile.Of(x)
	if err != nil || r == nil || r.Load != l.Load {
		return Loaded, err
	}
	sealed, err := reconcile.SealedOf(x, l.Load)
	if err != nil || sealed == nil {
		return Reconciled, err
	}
	return Signed, nil
}

// ReconcileOptions are those of an organisation: its pack that runs.
func (o *Office) ReconcileOptions(ctx context.Context, org string) (reconcile.Options, error) {
	p, err := o.Pack(ctx, org)
	return reconcile.Options{Pack: p}, err
}

// Figures are what rules of a runbook may refer to, of the newest extract of an
// organisation. A figure of a step that was not done is not there.
func (o *Office) Figures(ctx context.Context, org string) (runbook.Figures, error) {
	f := runbook.Figures{"pack.version": 0, "feeds.held": 0, "inbox.extracts": 0}
	running, err := pack.Running(ctx, o.opt.Operator())
	if err != nil {
		return nil, err
	}
	if k := pack.Find(running, org); k != nil {
		f["pack.version"] = float64(k.Version)
	}
	if err := o.feedFigures(ctx, org, f); err != nil {
		return nil, err
	}
	arrived, err := o.Inbox(org)
	if err != nil {
		return nil, err
	}
	f["inbox.extracts"] = float64(len(slices.DeleteFunc(arrived, func(a Arrived) bool { return a.Wrong != "" })))
	s, err := o.Stage(org)
	if err != nil {
		return nil, err
	}
	list, err := s.Extracts()
	if err != nil || len(list) == 0 {
		return f, err
	}
	x := list[len(list)-1]
	f["stage.trial"] = float64(x.Trial)
	return f, extractFigures(x, f)
}

func (o *Office) feedFigures(ctx context.Context, org string, f runbook.Figures) error {
	held, err := o.opt.Operator().FeedsHeld(ctx)
	if err != nil {
		return err
	}
	if _, is := held[org]; is {
		f["feeds.held"] = 1
	}
	feeds, err := o.opt.Operator().Feeds(ctx)
	for _, x := range feeds {
		if x.Org == org {
			f["feeds.waiting"] += float64(x.ByState[record.Received])
			f["feeds.dead"] += float64(x.ByState[record.Parked])
		}
	}
	return err
}

func extractFigures(x *onboard.Extract, f runbook.Figures) error {
	r, err := x.Report()
	if err != nil {
		return err
	}
	if r != nil {
		f["profile.rows"], f["profile.refused"], f["profile.loadable"] = float64(r.Rows), float64(r.Refused), float64(r.Loadable)
		f["profile.refused-percent"] = percent(r.Refused, r.Rows)
		if misfits, held := r.Misfits(); held > 0 {
			f["profile.number-misfits"] = float64(misfits)
		}
		f["profile.waiting-differ"] = float64(r.Waiting.Listed - r.Waiting.Equal + r.Waiting.Unlisted)
	}
	m, err := x.Matching()
	if err != nil {
		return err
	}
	if m != nil {
		f["match.records"], f["match.overlap-percent"], f["match.review-hours"] = float64(m.Records), 100*m.Overlap, m.Review
		f["match.reused"] = float64(m.Reused)
		for _, k := range []record.Foresight{record.ForeseenCertain, record.ForeseenPossible, record.ForeseenNew, record.ForeseenConflict} {
			f["match."+string(k)] = float64(m.By[k])
			f["match."+string(k)+"-percent"] = percent(int64(m.By[k]), int64(m.Records))
		}
	}
	return loadFigures(x, f)
}

func loadFigures(x *onboard.Extract, f runbook.Figures) error {
	l, err := x.Loading()
	if err != nil || l == nil {
		return err
	}
	f["load.complete"], f["load.refused"], f["load.created"] = 0, 0, 0
	if l.Loaded() {
		f["load.complete"] = 1
	}
	for _, c := range l.Classes {
		f["load.created"] += float64(c.Created)
		for _, n := range c.Refused {
			f["load.refused"] += float64(n)
		}
	}
	r, err := reconcile.Of(x)
	if err != nil || r == nil || r.Load != l.Load || !l.Loaded() {
		return err
	}
	for _, code := range reconcile.Codes() {
		f["reconcile."+code] = 0
	}
	f["reconcile.blocks"] = 0
	for _, b := range r.Blocks {
		f["reconcile."+b.Code] = float64(b.Rows)
		if !b.Accepted {
			f["reconcile.blocks"]++
		}
	}
	if r.Appointments.Pack {
		f["reconcile.in-slot-percent"] = percent(r.Appointments.InSlot, r.Appointments.Booked)
	}
	f["reconcile.unsent"] = float64(r.Documents.Unsent)
	return nil
}

func percent(part, of int64) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(part) / float64(of)
}

// Trend is what one trial came to, for the plot of all.
type Trend struct {
	Trial        int
	Refused      float64 // percent of the rows
	ListsWrong   float64 // percent of the rows of waiting lists
	Certain      float64 // percent of the patients; -1 = it was not matched
	Misfits      float64 // percent of the numbers that do not fit the org pack; -1 = they were held against none
	RowsLoadable int64
}

// Trends are those of all trials that were profiled, the oldest first.
func Trends(list []*onboard.Extract) ([]Trend, error) {
	var out []Trend
	for _, x := range list {
		r, err := x.Report()
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		t := Trend{Trial: x.Trial, Refused: percent(r.Refused, r.Rows), ListsWrong: percent(r.Waiting.Listed-r.Waiting.Equal, r.Waiting.Listed), Certain: -1, Misfits: -1, RowsLoadable: r.Loadable}
		if misfits, held := r.Misfits(); held > 0 {
			t.Misfits = percent(misfits, held)
		}
		m, err := x.Matching()
		if err != nil {
			return nil, err
		}
		if m != nil {
			t.Certain = 100 * m.Overlap
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Trend) int { return a.Trial - b.Trial })
	return out, nil
}
