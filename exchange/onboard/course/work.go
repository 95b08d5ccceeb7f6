package course

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"concord/exchange/onboard"
	"concord/exchange/onboard/reconcile"
	"concord/exchange/onboard/runbook"
	"concord/fault"
	"concord/record"
	"concord/record/access"
)

// Deed is a step that somebody asks for.
type Deed string

// The deeds.
const (
	TakeIn    Deed = "take-in" // stage and profile an extract of the inbox
	Profile   Deed = "profile"
	Match     Deed = "match"
	Load      Deed = "load"
	Undo      Deed = "undo"
	Reconcile Deed = "reconcile"
	Sign      Deed = "sign"
	Hold      Deed = "hold-feeds"
	Release   Deed = "release-feeds"
)

// Deeds lists them.
func Deeds() []Deed {
	return []Deed{TakeIn, Profile, Match, Load, Undo, Reconcile, Sign, Hold, Release}
}

// Words tells a deed.
func (d Deed) Words() string {
	return map[Deed]string{TakeIn: "Stage and profile", Profile: "Profile", Match: "Match", Load: "Load", Undo: "Take the load back", Reconcile: "Reconcile", Sign: "Sign the report",
		Hold: "Hold feeds", Release: "Release feeds"}[d]
}

// Work is a deed at work, or ended.
type Work struct {
	Org     string
	Deed    Deed
	Extract string // its id; of the inbox, the folder
	By      string
	Began   time.Time
	Ended   time.Time // zero = at work
	Failed  error
	part    atomic.Pointer[onboard.Progress]
}

// AtWork tells whether it has not ended.
func (w *Work) AtWork() bool { return w != nil && w.Ended.IsZero() }

// Progress is how far it is.
func (w *Work) Progress() onboard.Progress {
	if p := w.part.Load(); p != nil {
		return *p
	}
	return onboard.Progress{Step: string(w.Deed)}
}

// Work is the organisation's deed that is at work or ended last, nil if there was
// none since the server was started.
func (o *Office) Work(org string) *Work {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := o.work[org]
	if w == nil {
		return nil
	}
	seen := &Work{Org: w.Org, Deed: w.Deed, Extract: w.Extract, By: w.By, Began: w.Began, Ended: w.Ended, Failed: w.Failed}
	seen.part.Store(w.part.Load())
	return seen
}

// Begin begins a deed for a requester: it is decided and in the audit log before
// anything is done, and goes on when the request is over. what is the front of an
// extract's id ("" = the newest), for TakeIn the name of a folder of the inbox.
// Errors: Denied; Invalid "course.deed"; Conflict "join.busy".
func (o *Office) Begin(ctx context.Context, e *record.Errand, org string, deed Deed, what string) error {
	w, err := o.admit(ctx, e, org, deed, what)
	if err != nil {
		return err
	}
	o.busy.Go(func() {
		going, stop := context.WithCancel(context.WithoutCancel(ctx))
		defer stop()
		defer context.AfterFunc(o.open, stop)()
		o.end(w, e.Who(), o.do(going, e, w))
	})
	return nil
}

// Do does a deed and waits for its end.
func (o *Office) Do(ctx context.Context, e *record.Errand, org string, deed Deed, what string) error {
	w, err := o.admit(ctx, e, org, deed, what)
	if err != nil {
		return err
	}
	err = o.do(ctx, e, w)
	o.end(w, e.Who(), err)
	return err
}

// Wait waits for what is at work.
func (o *Office) Wait() { o.busy.Wait() }

// Close stops what is at work, which goes on when it is begun again, and waits.
func (o *Office) Close() {
	o.close()
	o.busy.Wait()
}

func (o *Office) admit(ctx context.Context, e *record.Errand, org string, deed Deed, what string) (*Work, error) {
	s, err := o.Stage(org)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(Deeds(), deed) {
		return nil, fault.New(fault.Invalid, "course.deed", "there is no such step")
	}
	if err := e.Joining(ctx, access.Join, org, "onboard "+org+" "+string(deed)+" "+what); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.work[org].AtWork() {
		return nil, fault.New(fault.Conflict, "course.busy", "a step of %s is at work", org)
	}
	w := &Work{Org: org, Deed: deed, Extract: what, By: e.Who().ID, Began: o.opt.Now()}
	o.work[org] = w
	if id := stepOf(s, deed); id != "" {
		if _, err := runbook.Begin(s, id, e.Who()); err != nil && !runbook.Waits(err) {
			o.opt.Log.Warn("a step is not in the run", "organisation", org, "code", fault.Of(err).Code)
		}
	}
	return w, nil
}

// end notes how a deed ended; one that ended well is done in the run.
func (o *Office) end(w *Work, who access.Requester, failed error) {
	ctx := context.Background()
	if failed == nil {
		failed = o.tick(ctx, w, who)
	}
	if failed != nil {
		o.opt.Log.Warn("a step of a joining ended badly", "organisation", w.Org, "step", string(w.Deed), "code", fault.Of(failed).Code)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	w.Ended, w.Failed = o.opt.Now(), failed
}

// tick ticks the deed off in the run that is at work, if the run has it.
func (o *Office) tick(ctx context.Context, w *Work, who access.Requester) error {
	s, err := o.Stage(w.Org)
	if err != nil {
		return err
	}
	id := stepOf(s, w.Deed)
	if id == "" {
		return nil
	}
	f, err := o.Figures(ctx, w.Org)
	if err != nil {
		return err
	}
	if _, err = runbook.Tick(s, id, "", f, who); runbook.Waits(err) {
		return nil
	}
	return err
}

// stepOf is the first step of the run at work that a deed does and that is not
// done, "" if there is none.
func stepOf(s *onboard.Stage, deed Deed) string {
	r, err := runbook.Last(s)
	if err != nil || r == nil || !r.Ended.IsZero() {
		return ""
	}
	for _, step := range r.Book.Steps {
		if step.Do == string(deed) && r.Steps[step.ID].Ended.IsZero() {
			return step.ID
		}
	}
	return ""
}

// do does a deed.
func (o *Office) do(ctx context.Context, e *record.Errand, w *Work) error {
	s, err := o.Stage(w.Org)
	if err != nil {
		return err
	}
	s.Progress = func(p onboard.Progress) { w.part.Store(&p) }
	switch w.Deed {
	case Hold, Release:
		return e.HoldFeeds(ctx, w.Org, "joining", w.Deed == Hold)
	case TakeIn:
		return o.takeIn(ctx, s, w.Extract)
	}
	x, err := s.Find(w.Extract)
	if err != nil {
		return err
	}
	switch w.Deed {
	case Profile:
		err = o.profile(ctx, s, x)
	case Match:
		_, err = s.Match(ctx, x, o.opt.Operator(), onboard.MatchOptions{})
	case Load, Undo:
		err = o.load(ctx, s, x, w)
	case Reconcile:
		_, err = o.reconcile(ctx, s, x, w)
	case Sign:
		_, err = reconcile.Seal(ctx, s, x, o.opt.Sign, func(ctx context.Context, what string) error {
			return e.Joining(ctx, access.Join, w.Org, what)
		})
	}
	return err
}

// profile profiles an extract; where an earlier one is loaded, it becomes a delta of
// that: it was taken after the freeze, or between a load and its end.
func (o *Office) profile(ctx context.Context, s *onboard.Stage, x *onboard.Extract) error {
	opt, err := o.profileOptions(ctx, s.Trust)
	if err != nil {
		return err
	}
	if _, err = s.Profile(ctx, x, opt); err != nil {
		return err
	}
	_, err = s.GoOn(ctx, x, onboard.Options{})
	return err
}

func (o *Office) load(ctx context.Context, s *onboard.Stage, x *onboard.Extract, w *Work) error {
	loader, err := o.opt.Loader(w.Org)
	if err != nil {
		return err
	}
	if w.Deed == Undo {
		var opt onboard.UndoOptions
		if o.opt.UndoWith != nil {
			opt = o.opt.UndoWith(w.Org)
		}
		_, err := s.Undo(ctx, x, loader, opt)
		return err
	}
	var opt onboard.LoadOptions
	if o.opt.LoadWith != nil {
		if opt, err = o.opt.LoadWith(ctx, w.Org); err != nil {
			return err
		}
	}
	_, err = s.Load(ctx, x, loader, opt)
	return err
}

func (o *Office) reconcile(ctx context.Context, s *onboard.Stage, x *onboard.Extract, w *Work) (*reconcile.Report, error) {
	loader, err := o.opt.Loader(w.Org)
	if err != nil {
		return nil, err
	}
	opt, err := o.ReconcileOptions(ctx, w.Org)
	if err != nil {
		return nil, err
	}
	opt.Progress = func(done, total int64) { w.part.Store(&onboard.Progress{Step: "reconcile", Done: done, Total: total}) }
	return reconcile.Run(ctx, s, x, loader, opt)
}
