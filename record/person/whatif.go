package person

import (
	"context"

	"concord/standard/match"
	"concord/store"
)

// Difference is a pair on which another model would decide otherwise.
type Difference struct {
	A, B     int64 // record keys
	Now      Outcome
	By       Maker // who made the decision that stands
	Then     Outcome
	Verdict  match.Verdict // of the other model
	Before   match.Verdict // of the model in use, as its records are now
	Overlook bool          // a human decided, and the other model would not: the human's word stays
}

// WhatIf compares one entry with its candidates and with those on whom something
// was decided, by this index's model and by another, and hands each difference
// to yield. A pair is looked at from its lower key alone. It gives the number of
// pairs looked at. Holds (what would bring two people into one) are not replayed:
// they depend on the order of arrivals.
func (x Index) WhatIf(ctx context.Context, r store.Reader, own Entry, other *Matcher, yield func(Difference) error) (pairs int, err error) {
	n, err := readNode(ctx, r, own.Key.PK)
	if err != nil {
		return 0, err
	}
	if n == nil {
		n = &node{}
	}
	subject := x.Match.Subject(own.Patient)
	then := Index{Hash: x.Hash, Match: other, Load: x.Load}
	list, _, err := then.Candidates(ctx, r, &subject, own.Key)
	if err != nil {
		return 0, err
	}
	seen := map[int64]bool{}
	for _, c := range list {
		seen[c.Key.PK] = true
	}
	var keys []store.Key
	for _, t := range n.Pairs {
		if !seen[t.To] {
			keys = append(keys, PatientKey(t.To))
		}
	}
	rest, err := x.Load(ctx, r, keys)
	if err != nil {
		return 0, err
	}
	for _, e := range rest {
		s := other.Subject(e.Patient)
		list = append(list, Candidate{Key: e.Key, Subject: s, Verdict: other.Judge(&subject, &s)})
	}
	if list, err = then.uncrowd(ctx, r, own.Key, &subject, list, other.Judge, func(c Candidate) bool { return n.has(c.Key.PK) >= 0 }); err != nil {
		return 0, err
	}
	for _, c := range list {
		if c.Key.PK < own.Key.PK {
			continue
		}
		pairs++
		if c.Verdict.Claim != match.NoClaim && c.Verdict.Claim != match.TwoPeople {
			found, err := then.rivals(ctx, r, c.Verdict.Claim, Candidate{Key: own.Key, Subject: subject}, c)
			if err != nil {
				return pairs, err
			}
			if !found {
				c.Verdict = c.Verdict.Upheld()
			}
		}
		p, err := loadPair(ctx, r, own.Key.PK, c.Key.PK)
		if err != nil {
			return pairs, err
		}
		if d, differs := compareDecision(other, p, x.Match.Judge(&subject, &c.Subject), c.Verdict); differs {
			if err := yield(d); err != nil {
				return pairs, err
			}
		}
	}
	return pairs, nil
}

// compareDecision holds what stands on a pair against what another model says.
func compareDecision(other *Matcher, p *Pair, before, then match.Verdict) (Difference, bool) {
	now := p.Now()
	d := Difference{A: p.A, B: p.B, Now: now.Outcome, By: now.By, Verdict: then, Before: before, Then: other.outcome(then)}
	if d.Now == "" {
		d.Now = Open
	}
	if now.settled() {
		d.Overlook = d.Now == Joined && d.Then == Open || d.Now == Apart && d.Then == Joined
		return d, d.Overlook
	}
	if now.Held && d.Then == Joined {
		return d, false
	}
	return d, d.Now != d.Then
}

// outcome is what a verdict alone comes to.
func (m *Matcher) outcome(v match.Verdict) Outcome {
	switch {
	case v.Grade == match.Certain:
		return Joined
	case m.asks(v):
		return Possible
	}
	return Open
}
