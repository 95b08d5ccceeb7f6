package record

import (
	"context"

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
