package record

import (
	"context"
	"time"

	"concord/record/access"
	"concord/record/person"
	"concord/standard/match"
	"concord/store"
)

// maxConflicts is how many pairs a steward is shown at once.
const maxConflicts = 500

// Conflict is one line of the stewards' queue: two entries that may be one
// person, or that share an NHS number and are not.
type Conflict struct {
	A, B    *Item
	Differs []string // fields, in words
	Found   time.Time
	Outcome person.Outcome // Possible or More
	Why     string         // the note of a steward who needs to know more
	Held    bool           // certain of itself, but it would make one person of two
	// Beyond counts less likely pairs of one of the two that were put to nobody.
	Beyond int
	// Waterfall is how the model comes to its weight on what both say now, without
	// what a crowd shares.
	Waterfall match.Waterfall
}

// Conflicts lists the stewards' queue, likeliest first.
func (e *Errand) Conflicts(ctx context.Context) ([]Conflict, error) {
	out, _, err := e.ConflictsFrom(ctx, 0, maxConflicts)
	return out, err
}

// ConflictsFrom lists a part of the queue: behind so many, at most so many;
// more tells that there are others behind. The audit entry names who is shown.
func (e *Errand) ConflictsFrom(ctx context.Context, skip, most int) (out []Conflict, more bool, err error) {
	err = e.read(ctx, access.Links, "Patient", func(r store.Reader, v *sight, t *trace) error {
		out, more = nil, false
		behind := skip
		list, err := person.Queue(ctx, r, 4*maxConflicts) // some have become one through others
		if err != nil {
			return err
		}
		for i := range list {
			line, err := v.standing(ctx, &list[i])
			if err != nil {
				return err
			}
			if line == nil {
				continue
			}
			if behind > 0 {
				behind--
				continue
			}
			if len(out) == most {
				more = true
				break
			}
			out = append(out, *line)
			t.records = append(t.records, e.desk.recordIDs(line.A.key, line.B.key)...)
		}
		t.count = len(out)
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return out, more, nil
}

// standing looks at a pair as it is now: nil when one is deleted, when both are
// of one person by now, or when a pair that was only listed for its number
// shares it no more.
func (v *sight) standing(ctx context.Context, p *person.Pair) (*Conflict, error) {
	d, r := v.desk, v.r
	pair, err := v.patientsOf(ctx, p.A, p.B)
	if err != nil || pair == nil {
		return nil, err
	}
	var persons [2]int64
	for i, it := range pair {
		if persons[i], err = r.PersonOf(ctx, it.key.PK, time.Time{}); err != nil {
			return nil, err
		}
	}
	a, b := person.Of(pair[0].Resource), person.Of(pair[1].Resource)
	now := p.Now()
	if persons[0] == persons[1] || now.By == person.Before && !a.Shares(b) {
		return nil, nil
	}
	line := &Conflict{A: pair[0], B: pair[1], Found: now.At, Outcome: now.Outcome, Held: now.Held, Beyond: now.Beyond}
	if now.Outcome == person.More {
		line.Why = now.Why
	}
	_, differs := person.Agree(a, b)
	for _, f := range differs {
		line.Differs = append(line.Differs, string(f))
	}
	index := d.persons()
	x, y := index.Match.Subject(pair[0].Resource), index.Match.Subject(pair[1].Resource)
	if _, err := index.Uncrowd(ctx, r, pair[0].key, &x); err != nil {
		return nil, err
	}
	line.Waterfall = index.Match.Retell(&x, &y, now)
	return line, nil
}

// patientsOf reads two entries; nil when one is deleted or may not be seen.
func (v *sight) patientsOf(ctx context.Context, a, b int64) ([]*Item, error) {
	docs, err := v.r.GetMany(ctx, []store.Key{person.PatientKey(a), person.PatientKey(b)})
	if err != nil || len(docs) != 2 || docs[0].Deleted || docs[1].Deleted {
		return nil, err
	}
	pair, err := v.showAll(ctx, docs, false)
	if err != nil || len(pair) != 2 {
		return nil, err
	}
	return pair, nil
}
