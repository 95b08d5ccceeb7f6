package onboard

import (
	"context"
	"net/url"
	"strings"

	"concord/record"
)

// underway is what an undo was taking back when it was kept last. If it is killed then,
// nobody has counted it, and it may be gone all the same: whoever goes on looks.
type underway struct {
	Removing  map[string]bool  `json:"removing,omitempty"`  // by reference
	Restoring map[string]int64 `json:"restoring,omitempty"` // by reference, the version before
}

// removing notes, durably, what a transaction is about to delete.
func (u *undoer) removing(items []*record.Item) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, it := range items {
		u.under.Removing[it.Ref()] = true
	}
	return u.keepSoFar()
}

// restoring notes, durably, what a transaction is about to make as it was before.
func (u *undoer) restoring(it *record.Item) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.under.Restoring[it.Ref()] = it.Version
	return u.keepSoFar()
}

// keepSoFar keeps what was done and what is on its way. What stays is looked for
// again by whoever goes on.
func (u *undoer) keepSoFar() error {
	now := *u.out
	now.Kept = nil
	if now.Under = nil; len(u.under.Removing)+len(u.under.Restoring) > 0 {
		now.Under = &u.under
	}
	return u.extract.SaveJSON(undoneFile, &now)
}

// restored counts a resource that is as it was before.
func (u *undoer) restored(it *record.Item) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.under.Restoring, it.Ref())
	u.out.Restored[it.Type]++
}

// notRestored forgets one that the record did not let be restored.
func (u *undoer) notRestored(it *record.Item) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.under.Restoring, it.Ref())
}

// countUnder counts what was on its way when the undo was stopped, and was done.
func (u *undoer) countUnder(ctx context.Context) error {
	left := u.out.Under
	if u.out.Under = nil; left == nil {
		return nil
	}
	ids := map[string][]string{} // by type
	for ref := range left.Removing {
		typ, id, _ := strings.Cut(ref, "/")
		ids[typ] = append(ids[typ], id)
	}
	for typ, list := range ids {
		n, err := u.gone(ctx, typ, list)
		if err != nil {
			return err
		}
		u.out.Removed[typ] += n
	}
	for ref, version := range left.Restoring {
		typ, id, _ := strings.Cut(ref, "/")
		past, err := u.errand.History(ctx, record.AskedHistory{Type: typ, ID: id, Count: 1})
		if err != nil {
			return err
		}
		if now := past.Versions[0]; now.Version > version && now.Feed == u.errand.Who().ID {
			u.out.Restored[typ]++
		}
	}
	return u.keepSoFar()
}

// gone counts, of resources of a type, those that are there no longer.
func (u *undoer) gone(ctx context.Context, typ string, ids []string) (n int64, err error) {
	for len(ids) > 0 {
		some := ids[:min(len(ids), lookAtOnce)]
		ids = ids[len(some):]
		found, err := u.errand.Search(ctx, record.Asked{Types: []string{typ}, Form: url.Values{"_id": {strings.Join(some, ",")}, "_count": {"1000"}}})
		if err != nil {
			return 0, err
		}
		n += int64(len(some) - len(found.Matches))
	}
	return n, nil
}
