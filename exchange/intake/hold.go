package intake

import (
	"context"
	"maps"
	"slices"

	"concord/record"
)

// holds are the organisations whose messages are kept and not applied. The record
// says which: every process that applies looks there before each step, so that a
// hold outlives a restart and holds in all.
type holds struct{ orgs []string }

// look reads what is held now; changed tells that it is no longer what it was, so
// that messages which were passed over may have to be taken up.
func (h *holds) look(ctx context.Context, journal *record.Errand) (changed bool, err error) {
	now, err := journal.FeedsHeld(ctx)
	if err != nil {
		return false, err
	}
	orgs := slices.Sorted(maps.Keys(now))
	changed = !slices.Equal(orgs, h.orgs)
	h.orgs = orgs
	return changed, nil
}

// has tells whether a message waits: by the organisation that it was journalled
// for.
func (h *holds) has(m *record.Message) bool {
	_, held := slices.BinarySearch(h.orgs, m.Org)
	return held
}
