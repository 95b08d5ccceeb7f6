package record

import (
	"context"
	"slices"

	"concord/record/person"
	"concord/standard/match"
	"concord/store"
)

// uphold looks for what stands against the claims of a record, as its arrival would.
// Others of the extract are seen as far as they are in memory.
func (r *rehearsing) uphold(ctx context.Context, rd store.Reader, staged *person.Staged, n int, f *Foreseen) error {
	for i := range f.Hits {
		h := &f.Hits[i]
		if h.Grade == match.Certain || h.claim == match.NoClaim || h.claim == match.TwoPeople {
			continue
		}
		stands, err := r.desk.persons().Stands(ctx, rd, staged, n, h.claim, person.PatientKey(h.pk))
		if err != nil {
			return err
		}
		if stands {
			h.Grade, h.unrivalled = match.Certain, true
		}
	}
	return nil
}

// uncrowd judges a record again without the telephones and the email that a crowd of
// entries shares, if one of its hits agrees in a contact. What is left of the
// likeliest is told; those beyond them are not looked for again.
func (r *rehearsing) uncrowd(ctx context.Context, rd store.Reader, staged *person.Staged, n int, f *Foreseen) error {
	if !slices.ContainsFunc(f.Hits, func(h ForeseenHit) bool { return h.contact }) {
		return nil
	}
	keys := make([]store.Key, len(f.Hits))
	for i, h := range f.Hits {
		keys[i] = person.PatientKey(h.pk)
	}
	verdicts, changed, err := r.desk.persons().Beside(ctx, rd, staged, n, keys)
	if err != nil || !changed {
		return err
	}
	f.Hits = slices.DeleteFunc(f.Hits, func(h ForeseenHit) bool { _, ok := verdicts[person.PatientKey(h.pk)]; return !ok })
	for i := range f.Hits {
		f.Hits[i].say(verdicts[person.PatientKey(f.Hits[i].pk)])
	}
	f.sort()
	return nil
}
