package main

import (
	"context"
	"path/filepath"
	"time"

	"concord/demo/joining"
	"concord/exchange/onboard"
	"concord/exchange/onboard/course"
	"concord/exchange/onboard/reconcile"
	"concord/exchange/onboard/runbook"
	"concord/fault"
	"concord/record"
	"concord/record/access"
)

// joiner is one trust of the story, on its way.
type joiner struct {
	*joinStory
	org    string
	stage  *onboard.Stage
	lead   *record.Errand
	who    access.Requester
	doctor access.Requester
	kind   runbook.Kind
}

// joins brings one trust through a trial, which ends in no-go, and the cutover.
func (j *joinStory) joins(ctx context.Context, org string) error {
	g, err := j.joiner(org)
	if err != nil {
		return err
	}
	j.say("\n%s joins.", organisationName(org))
	p, err := demoPack(org)
	if err != nil {
		return err
	}
	if err := j.h.joining.Apply(ctx, g.lead, p); err != nil {
		return err
	}
	r, err := g.run(ctx, runbook.Trial)
	if err != nil {
		return err
	}
	j.expect(!r.Go && r.Lists.Listed > r.Lists.Equal, "the waiting lists of the bad extract are found")
	j.expect(r.Clocks.Equal == r.Clocks.Pathways, "the clocks are equal on both sides")
	if err := j.settled(ctx); err != nil { // the feeds were released: the old system goes on
		return err
	}
	if err := g.do(ctx, course.Undo, ""); err != nil {
		return err
	}
	if err := g.mended(); err != nil {
		return err
	}
	if r, err = g.run(ctx, runbook.Cutover); err != nil {
		return err
	}
	j.expect(r.Go, "the mended extract is a go")
	if err := j.h.joining.WatchOne(ctx, org); err != nil {
		return err
	}
	last, err := runbook.Last(g.stage)
	if err != nil {
		return err
	}
	j.expect(last.Decision != nil && last.Decision.Go && last.Stopped == "" && !last.Ended.IsZero(), "the cutover goes to its end")
	return nil
}

func (j *joinStory) joiner(org string) (*joiner, error) {
	stage, err := j.h.joining.Stage(org)
	if err != nil {
		return nil, err
	}
	g := &joiner{joinStory: j, org: org, stage: stage}
	if g.lead, g.who, err = j.as("lead.mensah"); err != nil {
		return nil, err
	}
	_, g.doctor, err = j.as(map[string]string{"R1K": "dr.achebe", "RAS": "dr.silva"}[org])
	return g, err
}

// mended lets the second extract arrive.
func (g *joiner) mended() error {
	list, err := g.stage.Extracts()
	if err != nil {
		return err
	}
	taken := list[0].Taken.AddDate(0, 0, 1)
	a := joining.Arrival{Trust: g.org, Patients: joinPatients()[g.org], Taken: taken, Name: "mended-" + taken.Format(time.DateOnly)}
	_, err = a.Write(filepath.Join(g.stage.Dir, ".inbox"))
	return err
}

// hurry is how many times as fast the demonstration's runbook is planned.
const hurry = 600

// do does a step and tells how long it took.
func (g *joiner) do(ctx context.Context, deed course.Deed, what string) error {
	began := time.Now()
	if err := g.h.joining.Do(ctx, g.lead, g.org, deed, what); err != nil {
		return err
	}
	g.say("  %-22s %6.1f s", deed.Words(), time.Since(began).Seconds())
	return nil
}

// run is one run of the runbook, and what its load came to.
func (g *joiner) run(ctx context.Context, kind runbook.Kind) (*reconcile.Report, error) {
	book, err := g.h.joining.Runbook(ctx, g.org)
	if err != nil {
		return nil, err
	}
	for i := range book.Steps { // a demonstration's hours are short
		book.Steps[i].Minutes /= hurry
	}
	if _, err := runbook.Start(g.stage, book, kind, g.who); err != nil {
		return nil, err
	}
	g.kind = kind
	g.say(" %s", kind.Title())
	for _, s := range book.Steps {
		if err := g.step(ctx, s); err != nil {
			return nil, err
		}
		if r, err := runbook.Last(g.stage); err != nil || !r.Ended.IsZero() {
			break
		}
	}
	return g.report()
}

func (g *joiner) report() (*reconcile.Report, error) {
	x, err := g.stage.Find("")
	if err != nil {
		return nil, err
	}
	r, err := reconcile.Of(x)
	if err == nil && r == nil {
		err = fault.New(fault.Internal, "cli.demo", "nothing was reconciled")
	}
	return r, err
}

// step does a step of the runbook, or has the made-up people do it.
func (g *joiner) step(ctx context.Context, s runbook.Step) error {
	switch {
	case s.Do != "" && s.Do != runbook.Decide:
		if err := g.do(ctx, course.Deed(s.Do), ""); err != nil {
			return err
		}
		return g.after(ctx, course.Deed(s.Do))
	case s.ID == "sample":
		if err := g.check(); err != nil {
			return err
		}
		if err := g.takeOn(); err != nil {
			return err
		}
	}
	f, err := g.h.joining.Figures(ctx, g.org)
	if err != nil {
		return err
	}
	r, err := runbook.Tick(g.stage, s.ID, "", f, g.who)
	if err == nil && s.Do == runbook.Decide {
		g.say("  %s", map[bool]string{true: "GO", false: "NO GO"}[r.Decision.Go])
		for _, o := range r.Decision.Rules {
			if !o.Holds {
				g.say("    %s is %g", o.Words(), o.Value)
			}
		}
		if !r.Decision.Go { // the old system goes on
			return g.h.joining.Do(ctx, g.lead, g.org, course.Release, "")
		}
	}
	return err
}

// after is what happens behind a step: messages while feeds are held, and what
// became of them.
func (g *joiner) after(ctx context.Context, deed course.Deed) error {
	switch deed {
	case course.Hold:
		return joining.Meanwhile(ctx, g.addr, g.org, g.people/4, 20)
	case course.Release:
		if err := g.settled(ctx); err != nil {
			return err
		}
		f, err := g.h.joining.Figures(ctx, g.org)
		g.expect(f["feeds.waiting"] == 0 && f["feeds.dead"] == 0, "the messages that waited are applied: %g wait, %g could not be", f["feeds.waiting"], f["feeds.dead"])
		return err
	case course.Match:
		f, err := g.h.joining.Figures(ctx, g.org)
		g.say("    %.1f %% are known to the live trusts, %g possible, %g conflicts", f["match.overlap-percent"], f["match.possible"], f["match.conflict"])
		return err
	case course.Reconcile:
		r, err := g.report()
		if err == nil {
			g.say("    %d of %d rows equal; %d of %d clocks equal; %d of %d waiting lists as their events say, %d clocks on no list; %d of %d appointments in slot", r.Total(func(c reconcile.ClassCount) int64 { return c.Equal }),
				r.Total(func(c reconcile.ClassCount) int64 { return c.Loadable }), r.Clocks.Equal, r.Clocks.Pathways, r.Lists.Equal, r.Lists.Listed, r.Lists.Unlisted, r.Appointments.InSlot, r.Appointments.Booked)
		}
		return err
	}
	return nil
}

// check has a clinician find that every row of the sample agrees.
func (g *joiner) check() error {
	x, err := g.stage.Find("")
	if err != nil {
		return err
	}
	r, err := g.report()
	if err != nil {
		return err
	}
	for _, s := range r.Sample {
		if err := reconcile.Check(g.stage, x, s.N, true, "", g.doctor, time.Now()); err != nil {
			return err
		}
	}
	g.say("  %d rows of the sample are checked", len(r.Sample))
	return nil
}

// takeOn has somebody take on what may be taken on, but for waiting lists.
func (g *joiner) takeOn() error {
	x, err := g.stage.Find("")
	if err != nil {
		return err
	}
	r, err := g.report()
	if err != nil {
		return err
	}
	for _, b := range r.Blocks {
		if !b.Acceptable || b.Accepted || b.Code == reconcile.BlockLists {
			continue
		}
		if err := reconcile.Accept(g.stage, x, b.Code, "made-up: the wards and clinics see to it within a week", g.who, time.Now()); err != nil {
			return err
		}
	}
	return nil
}
