package record

import (
	"context"
	"time"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// maxPastVersions is how many versions of one entry PersonPast reads, the newest.
const maxPastVersions = 200

// PersonPast lists the versions of the entries of a person, or of one entry: who
// said what of the person, and when. Errors: NotFound "record.unknown", Denied.
func (e *Errand) PersonPast(ctx context.Context, id string) ([]*Item, error) {
	var out []*Item
	err := e.read(ctx, access.Read, "Patient", func(r store.Reader, v *sight, t *trace) error {
		out = nil
		t.what = []string{"Patient/" + id, "history"}
		n, err := e.desk.whose(ctx, r, id, time.Time{})
		if err != nil {
			return err
		}
		if !v.Filter.Type("Patient") {
			return withheldHere("Patient")
		}
		groups, err := r.Chart(ctx, n.records(), []store.Range{{Type: fhir.R4().Number("Patient")}}, time.Time{})
		if err != nil {
			return err
		}
		for _, doc := range groups[0] {
			versions, err := r.Versions(ctx, doc.Key)
			if err != nil {
				return err
			}
			shown, err := v.showAll(ctx, versions[:min(len(versions), maxPastVersions)], true)
			if err != nil {
				return err
			}
			out = append(out, shown...)
			t.records = append(t.records, e.desk.recordIDs(doc.Key)...)
		}
		t.count = len(out)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
