package record

import (
	"context"

	"concord/record/access"
	"concord/record/person"
	"concord/standard/match"
	"concord/store"
)

// WhatIf is what would change under another model.
type WhatIf struct {
	Model   string           `json:"model"`
	InUse   string           `json:"inUse"`
	Entries int64            `json:"entries"`
	Pairs   int64            `json:"pairs"`
	Changes map[string]int64 `json:"changes"` // "joined → possible": pairs
	// Against are pairs on which the other model would say the contrary of a
	// human. They stay as the human decided.
	Against int64 `json:"againstAHuman"`
}

// IdentityChange is one pair that another model would decide otherwise. It
// names entries, figures and levels, no value.
type IdentityChange struct {
	A, B      string
	Now, Then person.Outcome
	By        person.Maker
	Against   bool // a human decided
	Before    match.Waterfall
	Waterfall match.Waterfall
}

// WhatWouldChange compares every entry as it arrived would be, by another
// model, and counts the pairs on which that would decide otherwise; each is
// handed to yield. It writes nothing but its audit entry.
func (e *Errand) WhatWouldChange(ctx context.Context, model *match.Model, yield func(IdentityChange) error) (WhatIf, error) {
	d := e.desk
	index := d.persons()
	out := WhatIf{InUse: index.Match.Name, Changes: map[string]int64{}}
	other, err := index.Match.With(model)
	if err != nil {
		return out, err
	}
	out.Model = other.Name
	v, err := e.decide(ctx, access.Verify, "", "what would change")
	if err != nil {
		return out, err
	}
	err = d.eachEntry(ctx, func(r store.Reader, one person.Entry) error {
		out.Entries++
		n, err := index.WhatIf(ctx, r, one, other, func(diff person.Difference) error { return out.note(diff, d, other, yield) })
		out.Pairs += int64(n)
		return err
	})
	if aerr := e.audit(ctx, access.Verify, v, trace{what: []string{"what would change"}, count: int(out.Entries), failure: err}); aerr != nil {
		return out, aerr
	}
	return out, err
}

func (w *WhatIf) note(diff person.Difference, d *Desk, other *person.Matcher, yield func(IdentityChange) error) error {
	if diff.Overlook {
		w.Against++
	} else {
		w.Changes[string(diff.Now)+" → "+string(diff.Then)]++
	}
	return yield(IdentityChange{
		A: d.ids.encode(person.PatientKey(diff.A)), B: d.ids.encode(person.PatientKey(diff.B)),
		Now: diff.Now, Then: diff.Then, By: diff.By, Against: diff.Overlook,
		Before: d.matcher().Recall(diff.Before), Waterfall: other.Recall(diff.Verdict),
	})
}
