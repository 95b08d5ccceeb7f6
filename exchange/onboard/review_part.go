package onboard

import (
	"context"
	"slices"
	"sort"
)

// reviewing finds a part of the list of pairs. Places are those of the index.
type reviewing struct {
	pairs            *pairsReader
	ask              ReviewAsked
	ruled            map[int64]*Reviewed // pairs on which something was decided
	changed, decided []int64             // of them; the rest waits in its place
	one              int64               // of the pair that was asked for, -1 = there is none
}

// rule finds the pairs on which something was decided, and whether it stands.
func (r *reviewing) rule(ctx context.Context, rulings []PairRuling) error {
	by := make(map[[2]uint64]*PairRuling, len(rulings))
	for i := range rulings {
		by[pairHash(rulings[i].Key, rulings[i].Entry)] = &rulings[i]
	}
	r.ruled = map[int64]*Reviewed{}
	wanted := pairHash(r.ask.Key, r.ask.Entry)
	return r.pairs.each(func(n int64, hash [2]uint64) error {
		if hash == wanted {
			r.one = n
		}
		ruling := by[hash]
		if ruling == nil {
			return nil
		}
		p, err := r.pairs.pair(n)
		if err != nil {
			return err
		}
		v := &Reviewed{Pair: *p, Ruling: ruling, Changed: ruling.changed(p.Said, p.Person)}
		r.ruled[n] = v
		switch {
		case v.Changed != "":
			r.changed = append(r.changed, n)
		case !v.Waits():
			r.decided = append(r.decided, n)
		}
		return ctx.Err()
	})
}

// part reads the pairs that were asked for, of a list of so many.
func (r *reviewing) part(ctx context.Context, total int) ([]Reviewed, error) {
	out := []Reviewed{}
	if r.ask.Key != "" || r.ask.Entry != "" {
		if r.one < 0 {
			return out, nil
		}
		v, err := r.at(r.one)
		if err != nil || v.Key != r.ask.Key || v.Entry != r.ask.Entry {
			return out, err
		}
		return append(out, *v), nil
	}
	end := total
	if r.ask.Most > 0 {
		end = min(end, r.ask.From+r.ask.Most)
	}
	place := r.places()
	for i := r.ask.From; i < end; i++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v, err := r.at(place(i))
		if err != nil {
			return nil, err
		}
		out = append(out, *v)
	}
	return out, nil
}

func (r *reviewing) at(n int64) (*Reviewed, error) {
	if v := r.ruled[n]; v != nil {
		return v, nil
	}
	p, err := r.pairs.pair(n)
	if err != nil {
		return nil, err
	}
	return &Reviewed{Pair: *p}, nil
}

// places gives which pair stands at a place of the list: those that changed, those
// that wait, those that are decided.
func (r *reviewing) places() func(i int) int64 {
	elsewhere := slices.Concat(r.changed, r.decided)
	slices.Sort(elsewhere)
	waiting := int(r.pairs.total) - len(elsewhere)
	return func(i int) int64 {
		switch {
		case i < len(r.changed):
			return r.changed[i]
		case i >= len(r.changed)+waiting:
			return r.decided[i-len(r.changed)-waiting]
		}
		at := int64(i - len(r.changed))
		// Each pair that stands elsewhere, and not behind it, moves it on by one.
		moved := sort.Search(len(elsewhere), func(n int) bool { return elsewhere[n]-int64(n) > at })
		return at + int64(moved)
	}
}
