package person

import (
	"context"
	"slices"

	"concord/store"
)

// Depart takes entries whose Patients are deleted out of the pairs that the
// model decided on: nobody is one person with somebody else because of a record
// that is no more. What a human ruled stays.
func (x Index) Depart(ctx context.Context, tx store.Tx, entries []int64) error {
	if len(entries) == 0 {
		return nil
	}
	w := x.begin(ctx, tx)
	for _, pk := range entries {
		n, err := w.node(pk)
		if err != nil {
			return err
		}
		for _, t := range slices.Clone(n.Pairs) {
			p, err := loadPair(ctx, tx, pk, t.To)
			if err != nil {
				return err
			}
			now := p.Now()
			if now.settled() || now.By != ByModel || now.Outcome == Open || now.Outcome == "" {
				continue
			}
			if err := w.decide(p, Decision{Outcome: Open, By: ByModel, Model: w.Match.Name, Pattern: now.Pattern, Weight: now.Weight, Guards: now.Guards, Grade: now.Grade}); err != nil {
				return err
			}
		}
	}
	if err := w.settle(); err != nil {
		return err
	}
	return w.keep()
}
