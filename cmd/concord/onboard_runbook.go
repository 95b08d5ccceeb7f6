package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"concord/exchange/onboard/runbook"
	"concord/fault"
	"concord/record/access"
)

type onboardRunbookCmd struct {
	Show   runbookShowCmd   `cmd:"" help:"Print the runbook that ships, to copy."`
	Start  runbookStartCmd  `cmd:"" help:"Begin a run."`
	Begin  runbookBeginCmd  `cmd:"" help:"Note that a step is at work."`
	Tick   runbookTickCmd   `cmd:"" help:"Tick a step off; its checks must hold."`
	End    runbookEndCmd    `cmd:"" help:"End a run before its end."`
	Status runbookStatusCmd `cmd:"" help:"Tell how the run stands, against its plan and the run before."`
	Report runbookReportCmd `cmd:"" help:"Tell how all runs went."`
}

type runbookShowCmd struct{}

func (runbookShowCmd) Run() error {
	_, err := os.Stdout.Write(runbook.StandardText())
	return err
}

type runbookStartCmd struct {
	joined
	Kind string `help:"trial, rehearsal or cutover." enum:"trial,rehearsal,cutover" default:"rehearsal"`
	File string `help:"Runbook (YAML), which becomes the organisation's own; without it the one that it has, else the one that ships." placeholder:"FILE"`
}

func (c *runbookStartCmd) Run(ctx context.Context) error {
	req := request{Command: "onboard-runbook", Do: "start", Step: c.Kind, Org: c.Org}
	if c.File != "" {
		text, err := os.ReadFile(c.File)
		if err != nil {
			return err
		}
		req.Book = text
	}
	return perform(ctx, c.where, req, os.Stdout)
}

// runbookStep names a step.
type runbookStep struct {
	joined
	Step  string `arg:"" help:"Id of the step." name:"step"`
	Words string `help:"Words on it." placeholder:"TEXT"`
}

type runbookBeginCmd struct{ runbookStep }

func (c *runbookBeginCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "onboard-runbook", Do: "begin", Step: c.Step, Org: c.Org}, os.Stdout)
}

type runbookTickCmd struct{ runbookStep }

func (c *runbookTickCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "onboard-runbook", Do: "tick", Step: c.Step, Words: c.Words, Org: c.Org}, os.Stdout)
}

type runbookEndCmd struct {
	joined
	Why string `help:"Why." required:"" placeholder:"TEXT"`
}

func (c *runbookEndCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "onboard-runbook", Do: "end", Words: c.Why, Org: c.Org}, os.Stdout)
}

type runbookStatusCmd struct{ joined }

func (c *runbookStatusCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "onboard-runbook", Do: "status", Org: c.Org}, os.Stdout)
}

type runbookReportCmd struct{ joined }

func (c *runbookReportCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "onboard-runbook", Do: "report", Org: c.Org}, os.Stdout)
}

// runbook does what a command asks of an organisation's runbook, for who holds the
// data folder.
func (h *house) runbook(ctx context.Context, req request, out io.Writer) error {
	s, err := h.stageOf(req.Org)
	if err != nil {
		return err
	}
	if req.Do != "status" && req.Do != "report" {
		if err := h.operator().Joining(ctx, access.Join, req.Org, "runbook of "+req.Org+": "+req.Do+" "+req.Step); err != nil {
			return err
		}
	}
	who := h.operator().Who()
	switch req.Do {
	case "start":
		if len(req.Book) > 0 {
			if err := h.joining.KeepRunbook(req.Org, req.Book); err != nil {
				return err
			}
		}
		book, err := h.joining.Runbook(ctx, req.Org)
		if err != nil {
			return err
		}
		if _, err = runbook.Start(s, book, runbook.Kind(req.Step), who); err != nil {
			return err
		}
	case "begin":
		_, err = runbook.Begin(s, req.Step, who)
	case "tick":
		var f runbook.Figures
		if f, err = h.joining.Figures(ctx, req.Org); err == nil {
			_, err = runbook.Tick(s, req.Step, req.Words, f, who)
		}
	case "end":
		_, err = runbook.End(s, req.Words)
	}
	if err != nil {
		return err
	}
	runs, err := runbook.Runs(s)
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		return fault.New(fault.NotFound, "runbook.none", "no run was begun")
	}
	if req.Do != "report" {
		last := runs[len(runs)-1]
		tellRun(out, last, runbook.Before(runs, last.N))
		return nil
	}
	for _, r := range runs {
		tellRun(out, r, runbook.Before(runs, r.N))
	}
	return nil
}

// tellRun prints a run, step by step.
func tellRun(out io.Writer, r, before *runbook.Run) {
	state := "at work"
	switch {
	case r.Stopped != "":
		state = "ended: " + r.Stopped
	case !r.Ended.IsZero():
		state = "done " + r.Ended.Format(time.DateTime)
	}
	fmt.Fprintf(out, "%s %d, begun %s, %s\n", r.Kind.Title(), r.N, r.Began.Format(time.DateTime), state)
	for _, t := range r.Times(before, time.Now()) {
		mark := " "
		switch {
		case !t.Ended.IsZero():
			mark = "x"
		case t.AtWork:
			mark = ">"
		case t.Ready:
			mark = "."
		}
		took, was := "", ""
		if t.Took > 0 || !t.Ended.IsZero() {
			took = t.Took.Round(time.Second).String()
		}
		if t.Before > 0 {
			was = ", before " + t.Before.Round(time.Second).String()
		}
		fmt.Fprintf(out, " %s %-12s %-55s %5.0f min  %s%s\n", mark, t.ID, t.Title, t.Minutes, took, was)
	}
	if d := r.Decision; d != nil {
		fmt.Fprintf(out, "   go: %v\n", d.Go)
		for _, o := range d.Rules {
			fmt.Fprintf(out, "   %v  %s: %g\n", o.Holds, o.Words(), o.Value)
		}
	}
}
