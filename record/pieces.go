package record

import (
	"context"
	"slices"
	"strings"
	"sync"

	"concord/record/access"
	"concord/store"
)

// Unhurried marks what is done under a context as something that nobody waits for:
// its commits come after those of others.
func Unhurried(ctx context.Context) context.Context { return store.Unhurried(ctx) }

// piecesAtOnce of a plan are handed over at a time, and have one turn: they share a
// commit unless others come between them.
const piecesAtOnce = 4

// keep commits a plan: as one, or in the pieces that were asked for. The first error
// is given, and no piece follows it; those that were kept stay.
func (e *Errand) keep(ctx context.Context, v access.Verdict, p *plan, c Commit) error {
	for some := range slices.Chunk(p.pieces(c.Piece), piecesAtOnce) {
		together := func() error { return e.keepAll(ctx, v, some, c) }
		var err error
		if c.Turn == nil {
			err = together()
		} else {
			err = c.Turn(ctx, together)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keepAll commits pieces beside each other.
func (e *Errand) keepAll(ctx context.Context, v access.Verdict, pieces []*plan, c Commit) error {
	failed := make([]error, len(pieces))
	one := func(i int) {
		failed[i] = e.desk.engine.Update(ctx, func(tx store.Tx) error { return e.commit(ctx, tx, v, pieces[i], c) })
		for _, dr := range pieces[i].drafts {
			if dr.kept = failed[i] == nil; dr.kept && dr.patient && !dr.idle() {
				e.desk.met.add(dr.key)
			}
		}
		if failed[i] != nil {
			pieces[i].forgetLately()
			return
		}
		if pieces[i].carries {
			e.desk.wakeWork()
		}
		if pieces[i].marksNothing() {
			e.desk.guard.plain(pieces[i].drafts[0].change)
		}
	}
	var others sync.WaitGroup
	for i := 1; i < len(pieces); i++ {
		others.Go(func() { one(i) })
	}
	one(0)
	others.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// pieces cuts a plan into plans of about so many drafts, those of a record together:
// what is written there has its place behind what is there.
func (p *plan) pieces(most int) []*plan {
	if most <= 0 || len(p.drafts) <= most || len(p.joins) > 0 || len(p.parts) > 0 || p.reserves() {
		return []*plan{p}
	}
	var out []*plan
	var last int64
	for i, dr := range p.inOrder() {
		if i == 0 || dr.key.PK != last && len(out[len(out)-1].drafts) >= most {
			piece := *p
			piece.drafts, piece.byURL = nil, nil
			out = append(out, &piece)
		}
		piece := out[len(out)-1]
		piece.drafts = append(piece.drafts, dr)
		last = dr.key.PK
	}
	return out
}

// reserves tells whether the plan gives out ids of patients that are to come.
func (p *plan) reserves() bool {
	for url := range p.byURL {
		if strings.HasPrefix(url, "reserved:") {
			return true
		}
	}
	return false
}

// pending is what of a transaction is not kept yet.
type pending struct {
	ops   []Op
	place []int // of each among those that were asked for; nil = as they are
	done  []Result
}

// take takes up what a plan of the ops has kept.
func (t *pending) take(p *plan) {
	res := p.results()
	if t.done == nil && slices.ContainsFunc(res, func(r Result) bool { return r.Outcome != 0 }) {
		t.done = make([]Result, len(t.ops))
	}
	var ops []Op
	var place []int
	for i, r := range res {
		at := i
		if t.place != nil {
			at = t.place[i]
		}
		if r.Outcome == 0 {
			ops, place = append(ops, t.ops[i]), append(place, at)
			continue
		}
		t.done[at] = r
	}
	t.ops, t.place = ops, place
}
