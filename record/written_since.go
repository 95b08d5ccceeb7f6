package record

import (
	"context"
	"slices"
	"time"

	"concord/record/access"
	"concord/store"
)

// WrittenSince tells of resources, in the version that stands, whether anything that
// lies in the records of their people was written after them by another than who asks.
// Where nothing was, nothing of those records refers to them that another has written.
// It is a hint that is asked of many at once: who may not be told is told true. Errors:
// Denied; Busy "audit.unavailable".
func (e *Errand) WrittenSince(ctx context.Context, items []*Item) ([]bool, error) {
	out := make([]bool, len(items))
	err := e.read(ctx, access.Search, "Patient", func(r store.Reader, v *sight, t *trace) error {
		t.what = []string{"Patient/*/*"}
		if !v.impersonal() || v.Filter.Limited() {
			for i := range out {
				out[i] = true
			}
			return nil
		}
		pks := make([]int64, len(items))
		for i, it := range items {
			pks[i] = it.key.PK
			t.records = append(t.records, e.desk.ids.encodePK(pks[i]))
		}
		t.count = len(items)
		families, err := familiesOf(ctx, r, pks)
		if err != nil {
			return err
		}
		last, err := lastByOthers(ctx, r, families, e.Who().ID)
		if err != nil {
			return err
		}
		for i, it := range items {
			out[i] = slices.ContainsFunc(families[i], func(pk int64) bool { return last[pk] > it.Change })
		}
		return nil
	})
	return out, err
}

// familiesOf gives for each record key all those of the same person; of one that
// belongs to no person itself alone.
func familiesOf(ctx context.Context, r store.Reader, pks []int64) ([][]int64, error) {
	persons, err := r.PersonsOf(ctx, pks)
	if err != nil {
		return nil, err
	}
	out, known := make([][]int64, len(pks)), map[int64][]int64{}
	for i, p := range persons {
		if p == 0 {
			out[i] = []int64{pks[i]}
			continue
		}
		if known[p] == nil {
			if known[p], err = r.Members(ctx, p, time.Time{}); err != nil {
				return nil, err
			}
		}
		out[i] = known[p]
	}
	return out, nil
}

// lastByOthers is, of each record, the newest change number of what lies in it and
// another than the feed has written.
func lastByOthers(ctx context.Context, r store.Reader, families [][]int64, feed string) (map[int64]int64, error) {
	all := slices.Concat(families...)
	slices.Sort(all)
	docs, err := r.Chart(ctx, slices.Compact(all), []store.Range{{Bare: true}}, time.Time{})
	if err != nil {
		return nil, err
	}
	last := map[int64]int64{}
	for _, d := range docs[0] {
		if d.Feed != feed {
			last[d.PK] = max(last[d.PK], d.Change)
		}
	}
	return last, nil
}
