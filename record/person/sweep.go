package person

import (
	"context"

	"concord/standard/match"
	"concord/store"
)

// BatchLinkage is who decided, of a decision by the model on a pair that a batch
// linkage over the whole index found.
const BatchLinkage = "batch linkage"

// Found is a pair of entries that a batch linkage found, by their record keys.
type Found struct {
	A, B int64
	// Certain: the pair is so by itself, or if no third entry stands against it.
	Certain bool
}

// Fate is what became of a pair that a batch linkage found.
type Fate string

// The fates.
const (
	Standing Fate = "standing" // decided before, and so it stays
	Human    Fate = "human"    // a steward or a trust has the last word
	Linked   Fate = "joined"   // certain: one person
	Proposed Fate = "proposed" // certain, and put before a steward
	Stopped  Fate = "held"     // certain, but it would have made one person of two: a steward is asked
	Queued   Fate = "asked"    // possible: a steward is asked
	Beyond   Fate = "beyond"   // possible, and a steward is asked about so many pairs of both already
	Nothing  Fate = "nothing"  // not possible by what the two say now
	Gone     Fate = "gone"     // one of the two is no more
)

// Swept is a pair with what became of it.
type Swept struct {
	Found
	Fate     Fate
	Decision Decision // that stands now
}

// Stands tells of a pair whether it needs to be decided: "" = it does. What is
// joined stays so: who wants to know what another count or model would part asks
// WhatIf.
func (f Found) Stands(ctx context.Context, r store.Keys) (Swept, error) {
	p, err := loadPair(ctx, r, f.A, f.B)
	if err != nil {
		return Swept{}, err
	}
	out := Swept{Found: f, Decision: p.Now()}
	switch now := p.Now(); {
	case now.settled():
		out.Fate = Human
	case now.Outcome == Joined, now.Outcome == Possible && !f.Certain:
		out.Fate = Standing
	}
	return out, nil
}

// Sweep has the model decide on pairs that a batch linkage found, in their order,
// as it would if one of the two arrived: claims want to have no rival, what would
// make one person of two is held, and no human is overruled. With propose, what is
// certain is put before a steward. A steward is asked about a pair unless as many as
// of one arrival wait of both entries. Nothing is decided twice: what stands is left.
func (x Index) Sweep(ctx context.Context, tx store.Tx, pairs []Found, propose bool) ([]Swept, error) {
	w := x.begin(ctx, tx)
	w.who, w.propose = BatchLinkage, propose
	out := make([]Swept, 0, len(pairs))
	for _, f := range pairs {
		s, err := w.sweep(f)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if err := w.settle(); err != nil {
		return nil, err
	}
	return out, w.keep()
}

func (w *work) sweep(f Found) (Swept, error) {
	out, err := f.Stands(w.ctx, w.tx)
	if err != nil || out.Fate != "" {
		return out, err
	}
	before := out.Decision
	c, err := w.candidate(f)
	if err != nil {
		return out, err
	}
	if c == nil {
		out.Fate = Gone
		return out, nil
	}
	if before.Outcome != Possible && c.Verdict.Grade != match.Certain && w.Match.asks(c.Verdict) {
		full, err := w.asksEnough(f)
		if err != nil || full {
			out.Fate = Beyond
			return out, err
		}
	}
	if err := w.judge(f.A, *c, false); err != nil {
		return out, err
	}
	p, err := loadPair(w.ctx, w.tx, f.A, f.B)
	if err != nil {
		return out, err
	}
	out.Decision = p.Now()
	out.Fate = fateOf(before, out.Decision)
	return out, nil
}

// candidate compares the two of a pair as they are now; nil when one is no more.
func (w *work) candidate(f Found) (*Candidate, error) {
	s, err := w.subject(f.A)
	if err != nil || s == nil {
		return nil, err
	}
	t, err := w.subject(f.B)
	if err != nil || t == nil {
		return nil, err
	}
	own := *s // what is known of the entry stays as it was
	list, err := w.uncrowd(w.ctx, w.tx, PatientKey(f.A), &own, []Candidate{{Key: PatientKey(f.B), Subject: *t, Verdict: w.Match.Judge(s, t)}},
		w.Match.Judge, func(Candidate) bool { return true })
	if err != nil {
		return nil, err
	}
	return &list[0], w.uphold(f.A, &list[0])
}

// asksEnough tells whether as many pairs of both wait for a steward as of one
// arrival.
func (w *work) asksEnough(f Found) (bool, error) {
	for _, pk := range [...]int64{f.A, f.B} {
		n, err := w.node(pk)
		if err != nil {
			return false, err
		}
		waits := 0
		for _, t := range n.Pairs {
			if t.Outcome == Possible || t.Outcome == More {
				waits++
			}
		}
		if waits < maxAsked {
			return false, nil
		}
	}
	return true, nil
}

func fateOf(before, now Decision) Fate {
	switch {
	case now.Change == before.Change && now.Outcome == before.Outcome && now.Outcome == Possible:
		return Standing
	case now.Outcome == Joined:
		return Linked
	case now.Outcome != Possible:
		return Nothing
	case now.Held:
		return Stopped
	case now.Grade == match.Certain:
		return Proposed
	}
	return Queued
}
