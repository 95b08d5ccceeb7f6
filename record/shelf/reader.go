package shelf

import (
	"cmp"
	"context"
	"slices"
	"time"

	"concord/store"
)

// reader is a View's Reader that looks on the shelf first.
type reader struct {
	store.Reader
	shelf              *Shelf
	change, generation int64
	feed               lines
}

// lines are what Changes gave last.
type lines struct {
	read  bool
	after int64
	limit int
	list  []store.Change
}

// Changes lists the change feed. Who else follows it stands where the shelf
// stands most of the time, so the last answer is kept.
func (r *reader) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	if f := &r.feed; f.read && f.after == after && f.limit == limit {
		return f.list, nil
	}
	list, err := r.Reader.Changes(ctx, after, limit)
	if err == nil {
		r.feed = lines{true, after, limit, list}
	}
	return list, err
}

// Get returns the current version.
func (r *reader) Get(ctx context.Context, k store.Key) (*store.Doc, error) {
	if d := r.shelf.docAt(k, r.change); d != nil {
		return d, nil
	}
	d, err := r.Reader.Get(ctx, k)
	if err == nil {
		r.shelf.put(r.change, []*store.Doc{d})
	}
	return d, err
}

// GetMany returns the current versions of those that exist, in the order asked.
func (r *reader) GetMany(ctx context.Context, keys []store.Key) ([]*store.Doc, error) {
	out := make([]*store.Doc, len(keys))
	var missing []store.Key
	for i, k := range keys {
		if out[i] = r.shelf.docAt(k, r.change); out[i] == nil {
			missing = append(missing, k)
		}
	}
	if missing == nil {
		return out, nil
	}
	fresh, err := r.Reader.GetMany(ctx, missing)
	if err != nil {
		return nil, err
	}
	r.shelf.put(r.change, fresh)
	if len(missing) == len(keys) {
		return fresh, nil
	}
	found := make(map[store.Key]*store.Doc, len(fresh))
	for _, d := range fresh {
		found[d.Key] = d
	}
	all := out[:0]
	for i, k := range keys {
		if d := cmp.Or(out[i], found[k]); d != nil {
			all = append(all, d)
		}
	}
	return all, nil
}

const (
	mostFilled = 8       // lists that one Chart makes
	mostListed = 2 << 20 // bytes that a list may take
)

// Chart answers from lists when all that it asks for lies here, or is worth
// laying down; else the store is asked.
func (r *reader) Chart(ctx context.Context, pks []int64, ranges []store.Range, asAt time.Time) ([][]*store.Doc, error) {
	if !asAt.IsZero() || slices.ContainsFunc(ranges, func(x store.Range) bool { return x.Type == 0 }) {
		return r.Reader.Chart(ctx, pks, ranges, asAt)
	}
	pks = slices.Compact(slices.Sorted(slices.Values(pks)))
	here := map[place]*list{}
	var missing []place
	for i, x := range ranges {
		if slices.ContainsFunc(ranges[:i], func(y store.Range) bool { return y.Type == x.Type }) {
			continue
		}
		for _, pk := range pks {
			p := place{pk, x.Type}
			if here[p] = r.shelf.listAt(p, r.change); here[p] == nil {
				missing = append(missing, p)
			}
		}
	}
	worth := len(missing) <= mostFilled
	for _, p := range missing {
		worth = r.shelf.again(p) && worth
	}
	if !worth {
		return r.Reader.Chart(ctx, pks, ranges, asAt)
	}
	for _, p := range missing {
		var err error
		if here[p], err = r.fill(ctx, p); err != nil {
			return nil, err
		}
	}
	out := make([][]*store.Doc, len(ranges))
	for i, x := range ranges {
		for _, pk := range pks {
			out[i] = here[place{pk, x.Type}].within(out[i], x)
		}
		out[i] = newest(out[i], x.Newest)
	}
	return out, nil
}

// fill reads a place whole.
func (r *reader) fill(ctx context.Context, p place) (*list, error) {
	groups, err := r.Reader.Chart(ctx, []int64{p.pk}, []store.Range{{Type: p.typ, Tokens: true}}, time.Time{})
	if err != nil {
		return nil, err
	}
	l := &list{docs: groups[0], since: r.change, size: docOverhead}
	for _, d := range l.docs {
		l.size += sizeOf(d) + 8
	}
	if l.size <= mostListed {
		r.shelf.putList(r.change, r.generation, p, l)
	}
	return l, nil
}

// find is the document of a key, nil when the list has none.
func (l *list) find(k store.Key) *store.Doc {
	i, ok := slices.BinarySearchFunc(l.docs, k, func(d *store.Doc, k store.Key) int { return cmp.Compare(d.LID, k.LID) })
	if !ok {
		return nil
	}
	return l.docs[i]
}

// within appends what a range allows, in key order; how many is not looked at.
func (l *list) within(out []*store.Doc, x store.Range) []*store.Doc {
	dated := x.From != 0 || x.To != 0
next:
	for _, d := range l.docs {
		if dated && (d.Date == 0 || d.Date < x.From || x.To != 0 && d.Date >= x.To) {
			continue
		}
		for _, group := range x.Need {
			if !store.HasToken(d.Tokens, group) {
				continue next
			}
		}
		out = append(out, d)
	}
	return out
}

// newest keeps the newest few, the latest first; 0 = all, as they are.
func newest(docs []*store.Doc, few int) []*store.Doc {
	if few <= 0 {
		return docs
	}
	slices.SortFunc(docs, func(a, b *store.Doc) int {
		return cmp.Or(cmp.Compare(b.Date, a.Date), cmp.Compare(b.PK, a.PK), cmp.Compare(b.LID, a.LID))
	})
	return docs[:min(few, len(docs))]
}
