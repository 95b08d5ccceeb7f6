package person

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"concord/fault"
	"concord/store"
)

// Verb is what a steward, or a trust's message, asks for.
type Verb string

// The verbs.
const (
	Join     Verb = "join"      // A and B are one person
	Part     Verb = "part"      // A and B are not the same person
	NeedMore Verb = "need-more" // A and B stay in the queue with a note
	Unlink   Verb = "unlink"    // A is none of the others of its person
	Move     Verb = "move"      // A leaves its person and joins that of B
	TakeBack Verb = "take-back" // a ruling is undone
)

// Ruling is one decision of a human on entries and persons. Its pairs carry
// its ID.
type Ruling struct {
	ID    string     `json:"id"`
	Verb  Verb       `json:"verb"`
	A     []int64    `json:"a,omitempty"` // entries
	B     []int64    `json:"b,omitempty"`
	By    Maker      `json:"by"`
	Who   string     `json:"who"`
	Why   string     `json:"why,omitempty"`
	At    time.Time  `json:"at"`
	Pairs [][2]int64 `json:"pairs,omitempty"`
	Of    string     `json:"of,omitempty"`     // of TakeBack: the ruling undone
	Link  bool       `json:"link,omitempty"`   // of a trust's Join: both stay in use (A24), neither goes on under the other
	Taken string     `json:"undone,omitempty"` // the ruling that undid it
}

// maxRuled bounds the pairs of one ruling.
const maxRuled = 2000

// Rule carries out rulings in one transaction, in order. Errors: Conflict
// "person.one" (they are one person already), "person.parted" (a steward has
// parted a pair of them), "person.alone" (nothing to leave), "person.still-one"
// (others tie them together), "person.changed" (decided anew since), NotFound
// "person.ruling", Invalid "person.ruling".
func (x Index) Rule(ctx context.Context, tx store.Tx, rulings ...*Ruling) error {
	if len(rulings) == 0 {
		return nil
	}
	w := x.begin(ctx, tx)
	for i, r := range rulings {
		r.ID, r.At = w.rulingID(i), tx.Time()
		if err := w.carryOut(r); err != nil {
			return err
		}
	}
	if err := w.settle(); err != nil {
		return err
	}
	return w.keep()
}

// carryOut does one ruling, then looks at the pairs that were held for the sake
// of who is no longer in the way.
func (w *work) carryOut(r *Ruling) error {
	named := append(slices.Clone(r.A), r.B...)
	if r.Verb == TakeBack {
		of, err := FindRuling(w.ctx, w.tx, r.Of)
		if err != nil {
			return err
		}
		for _, p := range of.Pairs {
			named = append(named, p[0], p[1])
		}
	}
	before, err := w.groups(named)
	if err != nil {
		return err
	}
	if err := w.rule(r); err != nil || len(r.Pairs) == 0 {
		return err
	}
	if err := w.file(r); err != nil {
		return err
	}
	after, err := w.groups(named)
	if err != nil {
		return err
	}
	return w.release(append(before, after...))
}

// release lets the model decide again on the held pairs of entries.
func (w *work) release(entries []int64) error {
	slices.Sort(entries)
	var held [][2]int64
	for _, pk := range slices.Compact(entries) {
		n, err := w.node(pk)
		if err != nil {
			return err
		}
		for _, t := range n.Pairs {
			if t.Outcome == Possible {
				held = append(held, [2]int64{min(pk, t.To), max(pk, t.To)})
			}
		}
	}
	slices.SortFunc(held, func(a, b [2]int64) int { return slices.Compare(a[:], b[:]) })
	for _, ab := range slices.Compact(held) {
		p, err := loadPair(w.ctx, w.tx, ab[0], ab[1])
		if err != nil {
			return err
		}
		if !p.Now().Held {
			continue
		}
		if err := w.rejudge(ab[0], ab[1]); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) file(r *Ruling) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return w.tx.SetKey(w.ctx, rulingSpace, store.KeyValue{Key: r.ID, Value: text})
}

func (w *work) rule(r *Ruling) error {
	switch {
	case r.Verb == TakeBack:
		return w.takeBack(r)
	case len(r.A) == 0 || r.Verb != Unlink && len(r.B) == 0 || len(r.A)*len(r.B) > maxRuled:
		return fault.New(fault.Invalid, "person.ruling", "a ruling names entries, and not too many")
	}
	switch r.Verb {
	case Join:
		return w.join(r, r.A, r.B)
	case Part:
		return w.part(r)
	case NeedMore:
		return w.needMore(r)
	case Unlink:
		return w.unlink(r)
	case Move:
		if err := w.unlink(r); err != nil {
			return err
		}
		return w.join(r, r.A, r.B)
	}
	return fault.New(fault.Invalid, "person.ruling", "no such ruling is known")
}

// say records the outcome of a ruling on one pair, with what the model says of
// it now.
func (w *work) say(r *Ruling, a, b int64, o Outcome) error {
	p, err := loadPair(w.ctx, w.tx, a, b)
	if err != nil {
		return err
	}
	d := Decision{Outcome: o, By: r.By, Who: r.Who, Why: r.Why, Ruling: r.ID, Parted: o == More && p.Now().parts()}
	s, err := w.subject(a)
	if err != nil {
		return err
	}
	t, err := w.subject(b)
	if err != nil {
		return err
	}
	if s != nil && t != nil {
		v := w.Match.Judge(s, t)
		d.say(w.Match.Name, v)
	}
	r.Pairs = append(r.Pairs, [2]int64{min(a, b), max(a, b)})
	return w.decide(p, d)
}

// takeBack undoes a ruling: each of its pairs stands as if the ruling had not
// been made. What a human had decided before stands again; where nobody had, the
// model decides on what the entries say now.
func (w *work) takeBack(r *Ruling) error {
	of, err := FindRuling(w.ctx, w.tx, r.Of)
	if err != nil {
		return err
	}
	if of.Taken != "" {
		return fault.New(fault.Conflict, "person.changed", "this ruling was taken back before")
	}
	r.A, r.B = of.A, of.B
	var again [][2]int64
	for _, ab := range of.Pairs {
		p, err := loadPair(w.ctx, w.tx, ab[0], ab[1])
		if err != nil {
			return err
		}
		if p.Now().Ruling != of.ID {
			return fault.New(fault.Conflict, "person.changed", "one of its pairs was decided anew since; take that back first")
		}
		d := before(p, of.ID)
		if !d.settled() && d.By != Before {
			d = Decision{Outcome: Open, By: r.By, Who: r.Who, Why: r.Why, Ruling: r.ID}
			again = append(again, ab)
		}
		if err := w.decide(p, d); err != nil {
			return err
		}
	}
	r.Pairs = of.Pairs
	slices.SortFunc(again, func(a, b [2]int64) int { return slices.Compare(a[:], b[:]) })
	for _, ab := range again {
		if err := w.rejudge(ab[0], ab[1]); err != nil {
			return err
		}
	}
	of.Taken = r.ID
	return w.file(of)
}

// before is the decision that stood when a ruling was made.
func before(p *Pair, ruling string) Decision {
	i := slices.IndexFunc(p.Decisions, func(d Decision) bool { return d.Ruling == ruling })
	if i <= 0 {
		return Decision{}
	}
	return p.Decisions[i-1]
}

func (w *work) rejudge(a, b int64) error {
	c, err := w.candidate(Found{A: a, B: b})
	if err != nil || c == nil {
		return err
	}
	return w.judge(a, *c, false)
}

// FindRuling reads one. Errors: NotFound "person.ruling".
func FindRuling(ctx context.Context, r store.Keys, id string) (*Ruling, error) {
	text, err := r.GetKey(ctx, rulingSpace, id)
	if err != nil {
		return nil, err
	}
	if text == nil {
		return nil, fault.New(fault.NotFound, "person.ruling", "no such ruling is known")
	}
	var out Ruling
	return &out, json.Unmarshal(text, &out)
}
