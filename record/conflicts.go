package record

import (
	"context"
	"time"

	"concord/record/access"
	"concord/record/person"
	"concord/store"
)

const maxConflicts = 500

// Conflicts lists pairs of entries that share an NHS number and were not
// joined because their demographics do not agree.
func (e *Errand) Conflicts(ctx context.Context) ([]Conflict, error) {
	var out []Conflict
	err := e.read(ctx, access.Links, "Patient", func(r store.Reader, v *sight, t *trace) error {
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
			pair, err := v.showAll(ctx, docs, false)
			if err != nil {
				return err
			}
			if len(pair) != 2 {
				continue
			}
			line, stands, err := standing(ctx, r, c, pair)
			if err != nil {
				return err
			}
			if !stands {
				continue
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

// standing looks at a pair as it is now: it is a conflict no longer when a
// trust has said that both are one, or when they share no number any more.
func standing(ctx context.Context, r store.Reader, c person.Conflict, pair []*Item) (Conflict, bool, error) {
	var persons [2]int64
	for i, it := range pair {
		var err error
		if persons[i], err = r.PersonOf(ctx, it.key.PK, time.Time{}); err != nil {
			return Conflict{}, false, err
		}
	}
	a, b := person.Of(pair[0].Resource), person.Of(pair[1].Resource)
	if persons[0] == persons[1] || !a.Shares(b) {
		return Conflict{}, false, nil
	}
	differs := c.Differs
	if ok, now := person.Agree(a, b); !ok && len(now) > 0 {
		differs = now
	}
	line := Conflict{A: pair[0], B: pair[1], Found: c.Found}
	for _, f := range differs {
		line.Differs = append(line.Differs, string(f))
	}
	return line, true, nil
}
