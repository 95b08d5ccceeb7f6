package record

import (
	"context"
	"iter"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// StagedNumber is a patient who would arrive under a trust's hospital number.
type StagedNumber struct {
	Number string
	Says   func() *fhir.Value // the Patient as it would arrive; asked where the number is known
}

// RehearseNumbers tells of patients who would arrive with a trust's own hospital
// numbers whose number the trust has given to somebody else, without writing anything
// but its audit entry: a load refuses them (Commit.Own). n counts the patients from 0.
func (e *Errand) RehearseNumbers(ctx context.Context, trust string, staged iter.Seq2[StagedNumber, error], yield func(n int64) error) error {
	v, err := e.decide(ctx, access.Verify, "", "rehearse arrivals")
	if err != nil {
		return err
	}
	d, n := e.desk, int64(0)
	failure := d.engine.View(ctx, func(r store.Reader) error {
		m := d.matcher()
		for s, err := range staged {
			if err != nil {
				return err
			}
			it, err := d.numbered(ctx, r, HospitalNumber{trust, s.Number})
			if err != nil {
				return err
			}
			if it != nil && m.Overlaid(it.Resource, s.Says()) {
				if err := yield(n); err != nil {
					return err
				}
			}
			n++
		}
		return nil
	})
	if err := e.audit(ctx, access.Verify, v, trace{what: []string{"rehearse numbers of arrivals"}, count: int(n), failure: failure}); err != nil {
		return err
	}
	return failure
}
