package crosswalk

import (
	"context"
	"fmt"

	"concord/record"
)

// Became is what became of the table that a load had published, when the load was undone.
type Became string

// What became of it.
const (
	NothingOf Became = ""          // the load had published nothing
	Withdrawn Became = "withdrawn" // nothing runs any more, as before the load
	AsBefore  Became = "before"    // what ran before the load runs again
	Anew      Became = "anew"      // another was published since, and stays
)

// TakeBack takes back what a load has published, unless another was published since: what
// ran before the load runs again, or nothing. It gives what runs then, nil for nothing.
// e, feeds and errors are those of Publish.
func TakeBack(ctx context.Context, e, feeds *record.Errand, load string, by Made) (Became, *Table, error) {
	running, err := Running(ctx, e)
	if err != nil {
		return NothingOf, nil, err
	}
	now := Of(running, by.Org)
	if now == nil {
		return NothingOf, nil, nil
	}
	versions, err := now.kept.Past(ctx, e)
	if err != nil {
		return NothingOf, nil, err
	}
	past := allKept(versions)
	first := -1 // the oldest that the load has made
	for i, k := range past {
		if k.Load == load {
			first = i
		}
	}
	switch {
	case first < 0:
		return NothingOf, now.Table, nil
	case now.Load != load:
		return Anew, now.Table, nil
	}
	if older := past[first+1:]; len(older) > 0 && !older[0].Withdrawn && older[0].Err == nil {
		before := older[0]
		by.Why += fmt.Sprintf(": what ran before it runs again, version %d", before.Number)
		_, err := Publish(ctx, e, feeds, before.Table, by)
		return AsBefore, before.Table, err
	}
	_, err = Publish(ctx, e, feeds, nil, by)
	return Withdrawn, nil, err
}
