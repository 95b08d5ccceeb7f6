package onboard

import (
	"context"
	"slices"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// asLoaded tells whether a resource is as the load wrote it and had not been there
// before: then it is deleted. One that the load changed, as a delta does, and that
// nobody has changed since is made what it was before. The rest is kept and named.
func (u *undoer) asLoaded(ctx context.Context, it *record.Item) (bool, error) {
	if it.Version == 1 {
		return true, nil
	}
	past, err := u.errand.History(ctx, record.AskedHistory{Type: it.Type, ID: it.ID, Count: record.MaxCount})
	if err != nil {
		return false, err
	}
	written := -1
	for i, v := range past.Versions {
		if cameWith(v, u.out.Load) {
			written = i // the oldest
		}
	}
	if written < 0 || past.Next != "" || past.Versions[0].Deleted {
		u.keep(it, "changed")
		return false, nil
	}
	same := u.mended && u.allOurs(past.Versions[:written+1])
	if !same {
		if same, err = sameContent(past.Versions[0], past.Versions[written]); err != nil {
			return false, err
		}
	}
	switch {
	case !same:
		u.keep(it, "changed")
	case past.Versions[written].Version == 1:
		return true, nil
	default:
		return false, u.restore(ctx, past.Versions[0], past.Versions[written+1:])
	}
	return false, nil
}

// allOurs tells versions that the load alone wrote: rows were mended after they were
// loaded.
func (u *undoer) allOurs(versions []*record.Item) bool {
	return !slices.ContainsFunc(versions, func(v *record.Item) bool { return v.Deleted || v.Feed != u.errand.Who().ID || !cameWith(v, u.out.Load) })
}

// sameContent compares two versions but for when and by whom they came, and whose
// person they are.
func sameContent(a, b *record.Item) (bool, error) {
	x, err := a.Full()
	if err != nil {
		return false, err
	}
	y, err := b.Full()
	if err != nil {
		return false, err
	}
	return fhir.Equal(x.Without("meta", "link"), y.Without("meta", "link")), nil
}

// restore writes the version before a delta's.
func (u *undoer) restore(ctx context.Context, now *record.Item, before []*record.Item) error {
	if len(before) == 0 || before[0].Deleted {
		u.keep(now, "changed")
		return nil
	}
	v, err := before[0].Full()
	if err != nil {
		return err
	}
	was, err := now.Full()
	if err != nil {
		return err
	}
	if now.Type == "Patient" && v.Get("active").Bool() && !was.Get("active").Bool() {
		u.keep(now, "joined") // the delta merged its number into another: a steward parts them
	}
	op := record.Op{Kind: record.Update, Type: now.Type, ID: now.ID, IfMatch: now.Version, Resource: v}
	if err := u.restoring(now); err != nil {
		return err
	}
	_, err = u.errand.Transact(record.Unhurried(ctx), []record.Op{op}, record.Commit{Turn: u.turn})
	switch {
	case err == nil:
		u.restored(now)
		return nil
	case fault.Is(err, fault.Conflict):
		u.notRestored(now)
		u.keep(now, "changed")
		return nil
	}
	return err
}
