package record

import (
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// Alone tells of Patients, by their ids, of which it is certain that nothing else is
// kept of them: nothing lies in their records, and nothing elsewhere is about them.
// It asks of many what a search of each one's compartment would tell; of those of
// which it is not certain that search is to be asked. Only who sees everybody is
// told. Errors: Denied; Busy "audit.unavailable".
func (e *Errand) Alone(ctx context.Context, ids []string) ([]bool, error) {
	out := make([]bool, len(ids))
	if err := e.desk.refresh(ctx); err != nil {
		return nil, err
	}
	err := e.read(ctx, access.Search, "Patient", func(r store.Reader, v *sight, t *trace) error {
		clear(out)
		t.what = []string{"Patient/*/*"}
		if e.desk.searches().state.Upgrade || !v.impersonal() || v.Filter.Limited() {
			return nil
		}
		entries := make([]int64, len(ids)) // 0 = the search will tell
		for i, id := range ids {
			n, err := e.desk.whose(ctx, r, id, time.Time{})
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			entries[i] = n.entry
		}
		known := slices.DeleteFunc(slices.Clone(entries), func(pk int64) bool { return pk == 0 })
		for _, pk := range known {
			t.records = append(t.records, e.desk.ids.encodePK(pk))
		}
		t.count = len(known)
		more, err := holding(ctx, r, known)
		if err != nil {
			return err
		}
		about := make([]uint64, len(ids))
		for i, id := range ids {
			about[i] = e.desk.searches().asks.About("Patient/" + id)
		}
		elsewhere, err := r.FindRecords(ctx, [][]uint64{about}, 0, 1)
		if err != nil {
			return err
		}
		for i, pk := range entries {
			if out[i] = pk != 0 && !more[pk]; !out[i] || len(elsewhere) == 0 {
				continue
			}
			named, err := r.FindRecords(ctx, [][]uint64{about[i : i+1]}, 0, 1)
			if err != nil {
				return err
			}
			out[i] = len(named) == 0
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// holding are the records, of some, in which something other than a Patient lies.
func holding(ctx context.Context, r store.Reader, pks []int64) (map[int64]bool, error) {
	all, err := r.Chart(ctx, pks, []store.Range{{Bare: true}}, time.Time{})
	if err != nil {
		return nil, err
	}
	more := map[int64]bool{}
	for _, doc := range all[0] {
		if doc.Type() != fhir.R4().Number("Patient") {
			more[doc.PK] = true
		}
	}
	return more, nil
}
