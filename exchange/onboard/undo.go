package onboard

import (
	"context"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"concord/fault"
	"concord/record"
)

// Undoing is what an undo has done.
type Undoing struct {
	Load    string           `json:"load"`
	Removed map[string]int64 `json:"removed"` // by resource type
	// Restored are resources that a delta changed, and that are as they were before
	// it, by type.
	Restored map[string]int64 `json:"restored,omitempty"`
	// Kept are resources that were changed after the load: they stay, and
	// somebody has to look at them.
	Kept []KeptResource `json:"kept,omitempty"`
}

// KeptResource is a resource of a load that an undo leaves.
type KeptResource struct {
	Ref     string `json:"ref"` // Patient/…
	Version int64  `json:"version"`
	By      string `json:"by"`  // feed or client that wrote it last
	Why     string `json:"why"` // changed, needed, joined
}

// undoOrder are the types of a load, the last loaded first.
func undoOrder() []string {
	return []string{"MedicationStatement", "Observation", "DocumentReference", "Appointment", "Task", "Encounter", "AllergyIntolerance", "Flag", "Patient"}
}

// Undo takes back what a load has written, by its load id: every resource that
// is as it was loaded is deleted, and what was changed since is kept and named,
// with the patients whom something that stays is about. It may be stopped and
// begun again. Error: NotFound "onboard.not-loaded".
func (s *Stage) Undo(ctx context.Context, x *Extract, e *record.Errand) (*Undoing, error) {
	unlock, err := s.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	l, err := x.Loading()
	if err != nil {
		return nil, err
	}
	if l == nil || l.State == stateUndone {
		return nil, fault.New(fault.NotFound, "onboard.not-loaded", "the extract is not loaded")
	}
	l.State = stateUndoing
	if err := writeJSON(x.path(loadFile), l); err != nil {
		return nil, err
	}
	u := &undoer{errand: e, out: &Undoing{Load: l.Load, Removed: map[string]int64{}, Restored: map[string]int64{}}}
	for _, typ := range undoOrder() {
		if err := u.all(ctx, typ); err != nil {
			return nil, err
		}
	}
	if err := u.changedSince(ctx, s, x, l); err != nil {
		return nil, err
	}
	slices.SortFunc(u.out.Kept, func(a, b KeptResource) int { return strings.Compare(a.Ref, b.Ref) })
	l.State, l.Ended = stateUndone, s.Now().UTC()
	return u.out, writeJSON(x.path(loadFile), l)
}

// undoer is an undo at work.
type undoer struct {
	errand *record.Errand
	mu     sync.Mutex
	out    *Undoing
	named  map[string]bool // what is kept, by its reference
}

// undoPage is how many resources are looked at on one snapshot; undoBatch how
// many one transaction deletes.
const undoPage, undoBatch = 1000, 334

// all deletes the resources of one type.
func (u *undoer) all(ctx context.Context, typ string) error {
	ask := record.Asked{Types: []string{typ}, Form: url.Values{"_tag": {LoadTag + "|" + u.out.Load}, "_count": {strconv.Itoa(undoPage)}}}
	for items, err := range ahead(ctx, u.errand.Pages(ctx, ask)) {
		if err != nil {
			return err
		}
		if err := u.page(ctx, typ, items); err != nil {
			return err
		}
	}
	return nil
}

// ahead reads a page while the one before it is worked on. Pages are all of one
// moment: what is deleted meanwhile does not move them.
func ahead(ctx context.Context, pages iter.Seq2[[]*record.Item, error]) iter.Seq2[[]*record.Item, error] {
	type page struct {
		items []*record.Item
		err   error
	}
	return func(yield func([]*record.Item, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		next := make(chan page)
		var reading sync.WaitGroup
		defer reading.Wait()
		defer stop()
		reading.Go(func() {
			defer close(next)
			for items, err := range pages {
				select {
				case next <- page{items, err}:
				case <-ctx.Done():
					return
				}
			}
		})
		for p := range next {
			if !yield(p.items, p.err) {
				return
			}
		}
	}
}

func (u *undoer) page(ctx context.Context, typ string, items []*record.Item) error {
	var batches [][]*record.Item
	var whole []*record.Item
	for _, it := range items {
		is, err := u.asLoaded(ctx, it)
		if err != nil {
			return err
		}
		if is {
			whole = append(whole, it)
		}
	}
	if typ == "Patient" {
		var err error
		if whole, err = u.notNeeded(ctx, whole); err != nil {
			return err
		}
	}
	for batch := range slices.Chunk(whole, undoBatch) {
		batches = append(batches, batch)
	}
	return eachOf(ctx, mostBatches, batches, func(_ int, batch []*record.Item) error { return u.batch(ctx, typ, batch) })
}

func (u *undoer) keep(it *record.Item, why string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.named == nil {
		u.named = map[string]bool{}
	}
	u.named[it.Ref()] = true
	u.out.Kept = append(u.out.Kept, KeptResource{it.Ref(), it.Version, it.Feed, why})
}

// notNeeded leaves out patients about whom there is something that stays.
func (u *undoer) notNeeded(ctx context.Context, items []*record.Item) ([]*record.Item, error) {
	var out []*record.Item
	for _, it := range items {
		found, err := u.errand.Search(ctx, record.Asked{Compartment: "Patient", Owner: it.ID, Form: url.Values{"_count": {"2"}}})
		if err != nil {
			return nil, err
		}
		others := slices.ContainsFunc(found.Matches, func(m *record.Item) bool { return m.Type != "Patient" })
		if others {
			u.keep(it, "needed")
		} else {
			out = append(out, it)
		}
	}
	return out, nil
}

// batch deletes resources on the condition that they are as they were loaded;
// if one has changed meanwhile, they are taken one by one.
func (u *undoer) batch(ctx context.Context, typ string, items []*record.Item) error {
	ops := make([]record.Op, len(items))
	for i, it := range items {
		ops[i] = record.Op{Kind: record.Delete, Type: typ, ID: it.ID, IfMatch: it.Version}
	}
	_, err := u.errand.Transact(ctx, ops, record.Commit{})
	switch {
	case err == nil:
		u.mu.Lock()
		defer u.mu.Unlock()
		u.out.Removed[typ] += int64(len(items))
		return nil
	case !ofTheRow(err):
		return err
	case len(items) == 1:
		u.keep(items[0], "changed")
		return nil
	}
	for _, it := range items {
		if err := u.batch(ctx, typ, []*record.Item{it}); err != nil {
			return err
		}
	}
	return nil
}
