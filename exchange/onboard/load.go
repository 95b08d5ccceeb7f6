package onboard

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/record"
)

// Loading is how far the load of an extract is. It is kept after every few
// batches, so that a load that was stopped goes on.
type Loading struct {
	Extract string `json:"extract"`
	Load    string `json:"load"` // the load id: of this extract, and of which attempt
	State   string `json:"state"`
	Part    int    `json:"part"` // the last that is loaded
	// Base is the load that it goes on from, where the extract is a delta.
	Base string `json:"base,omitempty"`
	// Before is how many parts were loaded when rows were mended: what a later part has
	// again is brought up to date.
	Before  int                       `json:"before,omitempty"`
	Began   time.Time                 `json:"began"`
	Ended   time.Time                 `json:"ended"`
	Classes map[string]*ClassProgress `json:"classes"`
	// Rulings are those of the rehearsal, carried out when the patients are in.
	Rulings *RulingProgress `json:"rulings,omitempty"`
	// Paced is what the load was held to when it was at work last; nil = nothing.
	Paced *Paced `json:"paced,omitempty"`
}

// ClassProgress is how far one class is. There counts rows of which the record had
// the resource before: of an earlier load, or of the trust's feeds.
type ClassProgress struct {
	Rows    int64            `json:"rows"` // done, in order
	Created int64            `json:"created"`
	There   int64            `json:"there"`
	Refiled int64            `json:"refiled,omitempty"` // of those created: moved from another patient's record
	Refused map[string]int64 `json:"refused,omitempty"` // by code
}

// The states of a load.
const (
	stateLoading = "loading"
	stateLoaded  = "loaded"
	stateUndoing = "undoing"
	stateUndone  = "undone"
)

const loadFile = "load.json"

// LoadOptions of a load.
type LoadOptions struct {
	Batch int // rows a transaction; 0 = 500
	// Rest is how long is waited after each transaction, as a share of the time
	// that it took: 1 leaves half of the time to others.
	Rest float64
	// Mapping is what becomes of the source's codes; nil = they are loaded as sent.
	Mapping *Mapping
	// Ruler gives the errand by which a ruling of the rehearsal is carried out: that
	// of the steward who made it ("RAS/steward.okafor"). nil = none is.
	Ruler func(who string) *record.Errand
	// Loaded is called when all rows are in, before the load counts as done: what the
	// trust's living feeds are to go by from then on is made so. It may be called again
	// for the same load. nil = nothing is to be done.
	Loaded func(ctx context.Context, l *Loading) error
	Throttle
}

// Loading gives how far an extract's load is, nil before it began.
func (x *Extract) Loading() (*Loading, error) {
	if !x.exists(loadFile) {
		return nil, nil
	}
	var l Loading
	return &l, readJSON(x.path(loadFile), &l)
}

// Load writes the rows of an extract that can be loaded into the live record,
// class by class in the order of the layout, by an errand of the trust's own
// that may write. Each row is created unless its key is there already, says its
// source, key and load, and is refused on its own if the record refuses it
// (refused/load). A load that was stopped goes on; one that is complete does
// nothing. Errors: Conflict "onboard.not-profiled", "onboard.undoing",
// "onboard.older-loaded", "onboard.half-loaded", "onboard.not-delta",
// "onboard.build" while something of the mapping is open; those of Transact
// that would hold for any row.
func (s *Stage) Load(ctx context.Context, x *Extract, e *record.Errand, opt LoadOptions) (*Loading, error) {
	unlock, err := s.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if opt.Batch <= 0 {
		opt.Batch = 500
	}
	if err := opt.Mapping.ready(); err != nil {
		return nil, err
	}
	d, err := x.Delta()
	if err != nil {
		return nil, err
	}
	l, err := s.beginLoad(x, d)
	if err != nil || l.State == stateLoaded {
		return l, err
	}
	defer spareThreads()()
	p, err := startPace(ctx, opt.Throttle, pace{opt.Batch, opt.Rest})
	if err != nil {
		return nil, err
	}
	ld := &loader{known: newKnownPatients(), delta: d, asAt: asAt(x), stage: s, extract: x, errand: e, opt: opt, loading: l, pacer: p}
	if err = errors.Join(ld.readNumbers(), ld.readOthers(), ld.readMerges()); err == nil {
		err = modestly(func() error { return ld.classes(ctx) })
	}
	l.Paced = p.end()
	if err != nil {
		return nil, errors.Join(err, ld.keep(), ld.closeRefused())
	}
	if opt.Loaded != nil {
		if err := opt.Loaded(ctx, l); err != nil {
			return nil, err
		}
	}
	l.State, l.Ended = stateLoaded, s.Now().UTC()
	return l, ld.keep()
}

// classes loads all classes, in the order of the layout.
func (ld *loader) classes(ctx context.Context) error {
	for _, c := range Layout() {
		if err := ld.class(ctx, c); err != nil {
			return err
		}
		if c.Name == "patients" {
			if err := ld.rulings(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// beginLoad takes up the load that is at work, or begins one with an id of its
// own.
func (s *Stage) beginLoad(x *Extract, d *Delta) (*Loading, error) {
	r, err := x.Report()
	if err != nil {
		return nil, err
	}
	if r == nil || r.Parts != len(x.Parts) {
		return nil, fault.New(fault.Conflict, "onboard.not-profiled", "profile the extract first: what cannot be loaded is passed over")
	}
	l, err := x.Loading()
	if err != nil {
		return nil, err
	}
	if l == nil || l.State != stateLoaded || l.Part != len(x.Parts) {
		if err := s.mayLoad(x); err != nil {
			return nil, err
		}
	}
	attempt := 1
	switch {
	case l == nil:
	case l.State == stateUndoing:
		return nil, fault.New(fault.Conflict, "onboard.undoing", "the load is being undone: finish that first")
	case l.State == stateUndone:
		_, n, _ := strings.Cut(l.Load, ".")
		attempt = number([]byte(n)) + 1
	case l.Part == len(x.Parts):
		return l, nil
	default: // rows were mended since: what is there already is told
		if l.State == stateLoaded || l.Before == 0 {
			l.Before = l.Part
		}
		l.State, l.Part, l.Classes, l.Rulings = stateLoading, len(x.Parts), map[string]*ClassProgress{}, nil
		if err := x.forgetRefused(); err != nil {
			return nil, err
		}
		return l, writeJSON(x.path(loadFile), l)
	}
	if err := x.forgetRefused(); err != nil {
		return nil, err
	}
	l = &Loading{Extract: x.ID, Load: x.ID + "." + strconv.Itoa(attempt), State: stateLoading, Part: len(x.Parts), Began: s.Now().UTC(), Classes: map[string]*ClassProgress{}}
	if d != nil {
		l.Base = d.Load
	}
	return l, writeJSON(x.path(loadFile), l)
}
