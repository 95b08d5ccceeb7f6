package onboard

import (
	"context"
	"net/url"
	"slices"

	"concord/fault"
	"concord/record"
)

// unneededPatients leaves out patients about whom there is something that stays, or to
// whom something refers that is about nobody. Of many it is asked at once of whom there
// is nothing at all.
func (u *undoer) unneededPatients(ctx context.Context, items []*record.Item) ([]*record.Item, error) {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	alone, err := u.errand.Alone(ctx, ids)
	if err != nil {
		return nil, err
	}
	outside, err := u.referrers.RefersTo(ctx, items)
	if err != nil {
		return nil, err
	}
	return u.without(items, func(i int) (bool, error) {
		if outside[i] || alone[i] {
			return outside[i], nil
		}
		return u.holds(ctx, items[i])
	})
}

// unneeded leaves out what somebody has referred to since: what was recorded in a
// stay, the document that takes another's place, the visit that an appointment became.
// What a load writes refers to nothing but its patient, so that only what came later
// can, and of many it is asked at once where nothing came: in the records of their
// people, and in all others.
func (u *undoer) unneeded(ctx context.Context, items []*record.Item) ([]*record.Item, error) {
	since, err := u.errand.WrittenSince(ctx, items)
	if err != nil {
		return nil, err
	}
	outside, err := u.referrers.RefersTo(ctx, items)
	if err != nil {
		return nil, err
	}
	return u.without(items, func(i int) (bool, error) {
		it := items[i]
		if outside[i] || !since[i] && it.Version == 1 {
			return outside[i], nil
		}
		if it.Type == "Encounter" {
			if needed, err := u.holds(ctx, it); needed || err != nil {
				return needed, err
			}
		}
		return referredTo(ctx, u.errand, it)
	})
}

// without leaves out, and names, what is needed.
func (u *undoer) without(items []*record.Item, needed func(i int) (bool, error)) ([]*record.Item, error) {
	var out []*record.Item
	for i, it := range items {
		is, err := needed(i)
		if err != nil {
			return nil, err
		}
		if is {
			u.keep(it, "needed")
		} else {
			out = append(out, it)
		}
	}
	return out, nil
}

// holds tells whether something is there of a patient, or of a stay, beside that.
func (u *undoer) holds(ctx context.Context, it *record.Item) (bool, error) {
	found, err := u.errand.Search(ctx, record.Asked{Compartment: it.Type, Owner: it.ID, Form: url.Values{"_count": {"2"}}})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(found.Matches, func(m *record.Item) bool { return m.Ref() != it.Ref() && m.Type != "Patient" }), nil
}

// referredTo tells whether anything refers to a resource but who wrote it down; so many
// that they are too many to list do.
func referredTo(ctx context.Context, e *record.Errand, it *record.Item) (bool, error) {
	found, err := e.Search(ctx, record.Asked{Types: []string{it.Type}, Form: url.Values{"_id": {it.ID}, "_revinclude": {"*"}}})
	if fault.Is(err, fault.TooCostly) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(found.Included, func(m *record.Item) bool { return m.Type != "Provenance" }), nil
}
