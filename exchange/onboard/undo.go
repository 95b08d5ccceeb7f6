package onboard

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

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
	// Codes is what became of the codes that the load had published for living feeds.
	Codes CodesBecame `json:"codes,omitempty"`
	// Paced is what the undo was held to; nil = to nothing.
	Paced *Paced `json:"paced,omitempty"`
	// Under is what was on its way when this was kept; nil = nothing.
	Under *underway `json:"under,omitempty"`
}

// UndoOptions of an undo.
type UndoOptions struct {
	// Undone is called when all is taken back, before the load counts as undone: what the
	// load has published for the trust's living feeds is taken back so. It may be called
	// again for the same load. nil = nothing is to be done.
	Undone func(ctx context.Context, l *Loading) (CodesBecame, error)
	Throttle
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
// begun again. Errors: NotFound "onboard.not-loaded"; Conflict
// "onboard.later-loaded"; that of the probe.
func (s *Stage) Undo(ctx context.Context, x *Extract, e *record.Errand, opt UndoOptions) (*Undoing, error) {
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
	if err := s.mayUndo(x); err != nil {
		return nil, err
	}
	l.State = stateUndoing
	if err := writeJSON(x.path(loadFile), l); err != nil {
		return nil, err
	}
	out, err := x.undoing(l.Load)
	if err != nil {
		return nil, err
	}
	u := &undoer{extract: x, errand: e, referrers: e.Referrers(), clock: s.Now, mended: l.Before > 0, out: out, under: underway{map[string]bool{}, map[string]int64{}}}
	if err := u.countUnder(ctx); err != nil {
		return nil, err
	}
	defer spareThreads()()
	if u.pacer, err = startPace(ctx, opt.Throttle, pace{batch: undoBatch}); err != nil {
		return nil, err
	}
	err = u.types(ctx)
	u.out.Paced = u.pacer.end()
	if err == nil {
		err = u.changedSince(ctx, s, x, l)
	}
	if err == nil && opt.Undone != nil {
		u.out.Codes, err = opt.Undone(ctx, l)
	}
	if err != nil { // what it has done counts when it goes on; what stays is looked for again
		return nil, errors.Join(err, u.keepSoFar())
	}
	slices.SortFunc(u.out.Kept, func(a, b KeptResource) int { return strings.Compare(a.Ref, b.Ref) })
	l.State, l.Ended = stateUndone, s.Now().UTC()
	return u.out, errors.Join(x.SaveJSON(undoneFile, u.out), writeJSON(x.path(loadFile), l))
}

// undoneFile tells what the last undo of an extract's load has done, or has done so
// far.
const undoneFile = "undone.json"

// Undone is what the last undo of an extract's load has done, nil if there was none.
func (x *Extract) Undone() (*Undoing, error) {
	var u Undoing
	found, err := x.ReadJSON(undoneFile, &u)
	if err != nil || !found {
		return nil, err
	}
	return &u, nil
}

// undoing is what an undo of a load that was stopped has done so far.
func (x *Extract) undoing(load string) (*Undoing, error) {
	u, err := x.Undone()
	if err != nil {
		return nil, err
	}
	if u == nil || u.Load != load {
		u = &Undoing{Load: load}
	}
	if u.Kept = nil; u.Removed == nil {
		u.Removed = map[string]int64{}
	}
	if u.Restored == nil {
		u.Restored = map[string]int64{}
	}
	return u, nil
}

// undoer is an undo at work.
type undoer struct {
	extract   *Extract
	pacer     *pacer // nil = as hard as it can
	clock     func() time.Time
	errand    *record.Errand
	referrers *record.Referrers // what refers to what the load wrote from elsewhere
	mended    bool              // rows were mended after they were loaded: the load wrote some twice
	mu        sync.Mutex
	out       *Undoing
	under     underway        // what is on its way
	named     map[string]bool // what is kept, by its reference
}

// types deletes all types, some beside each other: what one reads is on record only
// when what others delete is written. Patients come when all that is about them is
// gone.
func (u *undoer) types(ctx context.Context) error {
	order := undoOrder()
	last := len(order) - 1
	err := eachOf(ctx, undoTypes, order[:last], func(_ int, typ string) error { return modestly(func() error { return u.all(ctx, typ) }) })
	if err != nil {
		return err
	}
	return modestly(func() error { return u.all(ctx, order[last]) })
}

// undoTypes are undone at a time, each with as many transactions on their way as
// undoTransactions.
const undoTypes, undoTransactions = 2, 2

// undoPage is how many resources are looked at on one snapshot; undoBatch how
// many one transaction deletes.
const undoPage, undoBatch = 1000, 334

// all deletes the resources of one type, some batches beside each other and beside
// the reading.
func (u *undoer) all(ctx context.Context, typ string) error {
	if err := u.unfile(ctx, typ); err != nil {
		return err
	}
	work := newCrew(ctx, undoTransactions)
	defer work.end()
	var whole []*record.Item
	ask := record.Asked{Types: []string{typ}, Form: url.Values{"_tag": {LoadTag + "|" + u.out.Load}, "_count": {strconv.Itoa(undoPage)}}}
	for items, err := range ahead(work.ctx, u.errand.Pages(work.ctx, ask)) {
		if err != nil {
			return work.failed(err)
		}
		items, err := u.removable(work.ctx, typ, items)
		if err != nil {
			return work.failed(err)
		}
		whole = append(whole, items...)
		for len(whole) >= undoBatch {
			work.do(u.batchOf(typ, whole[:undoBatch:undoBatch]))
			whole = whole[undoBatch:]
		}
	}
	if len(whole) > 0 {
		work.do(u.batchOf(typ, whole))
	}
	return work.finish()
}

func (u *undoer) batchOf(typ string, items []*record.Item) func(context.Context) error {
	return func(ctx context.Context) error { return u.batch(ctx, typ, items) }
}

// turn does a transaction at the pace that the undo is held to.
func (u *undoer) turn(ctx context.Context, work func() error) error {
	return u.pacer.run(ctx, u.clock, 0, work)
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
			modestly(func() error {
				for items, err := range pages {
					select {
					case next <- page{items, err}:
					case <-ctx.Done():
						return nil
					}
				}
				return nil
			})
		})
		for p := range next {
			if !yield(p.items, p.err) {
				return
			}
		}
	}
}

// removable are the resources of a page that are as they were loaded, and that
// nothing needs that stays.
func (u *undoer) removable(ctx context.Context, typ string, items []*record.Item) ([]*record.Item, error) {
	var out []*record.Item
	for _, it := range items {
		if u.isKept(it) {
			continue
		}
		is, err := u.asLoaded(ctx, it)
		if err != nil {
			return nil, err
		}
		if is {
			out = append(out, it)
		}
	}
	switch {
	case len(out) == 0:
		return nil, nil
	case typ == "Patient":
		return u.unneededPatients(ctx, out)
	}
	return u.unneeded(ctx, out)
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

// isKept tells what is named already.
func (u *undoer) isKept(it *record.Item) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.named[it.Ref()]
}

// batch deletes resources on the condition that they are as they were loaded;
// if one has changed meanwhile, they are taken one by one.
func (u *undoer) batch(ctx context.Context, typ string, items []*record.Item) error {
	ops := make([]record.Op, len(items))
	for i, it := range items {
		ops[i] = record.Op{Kind: record.Delete, Type: typ, ID: it.ID, IfMatch: it.Version}
	}
	if err := u.removing(items); err != nil {
		return err
	}
	res, err := u.errand.Transact(record.Unhurried(ctx), ops, record.Commit{Piece: u.pacer.batch(len(ops)), Turn: u.turn})
	items = u.removed(typ, items, res, err)
	switch {
	case err == nil || !ofTheRow(err):
		return err
	case len(items) == 1 && len(ops) == 1:
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

// removed counts what was deleted, and gives what was not. Where the transaction came
// to no clear end, what is left may be gone or not.
func (u *undoer) removed(typ string, items []*record.Item, res []record.Result, err error) (left []*record.Item) {
	u.mu.Lock()
	defer u.mu.Unlock()
	clear := err == nil || ofTheRow(err)
	for i, it := range items {
		gone := res != nil && res[i].Outcome != 0
		if gone {
			u.out.Removed[typ]++
		} else {
			left = append(left, it)
		}
		if gone || clear {
			delete(u.under.Removing, it.Ref())
		}
	}
	return left
}
