package record

import (
	"context"

	"concord/record/access"
	"concord/record/person"
	"concord/store"
)

const maxConflicts = 500

// Conflicts lists pairs of entries that share an NHS number and were not
// joined because their demographics do not agree.
func (e *Errand) Conflicts(ctx context.Context) ([]Conflict, error) {
	var out []Conflict
	err := e.read(ctx, access.Links, "Patient", func(r store.Reader, v access.Verdict, t *trace) error {
		out = nil
		list, err := person.Conflicts(ctx, r, maxConflicts)
		if err != nil {
			return err
		}
		for _, c := range list {
			keys := []store.Key{{PK: c.A, LID: c.ALID}, {PK: c.B, LID: c.BLID}}
			docs, err := r.GetMany(ctx, keys)
			if err != nil {
				return err
			}
			if len(docs) != 2 || docs[0].Deleted || docs[1].Deleted {
				continue
			}
			pair, err := e.desk.items(docs)
			if err != nil {
				return err
			}
			line := Conflict{A: pair[0], B: pair[1], Found: c.Found}
			for _, f := range c.Differs {
				line.Differs = append(line.Differs, string(f))
			}
			out = append(out, line)
			t.records = append(t.records, e.desk.recordIDs(keys...)...)
		}
		t.count = len(out)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
