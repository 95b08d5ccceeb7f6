package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"concord/exchange/onboard"
	"concord/exchange/onboard/course"
	"concord/exchange/onboard/pack"
	"concord/exchange/onboard/reconcile"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/audit"
)

// office does the steps of organisations that join, in this house.
func (h *house) office() *course.Office {
	return course.New(course.Options{
		Stages: h.stages, Operator: h.operator, Loader: h.loaderOf, Messages: readMessages(h.desk.Zone()), Sign: h.audit.note, Now: time.Now, Zone: h.desk.Zone(), Log: h.log,
		Pairs: h.pairsWaiting, UndoWith: func(org string) onboard.UndoOptions { return h.undoOptions(org, h.pace) },
		LoadWith: func(ctx context.Context, org string) (onboard.LoadOptions, error) {
			return h.loadOptions(ctx, request{Org: org, Factor: h.pace})
		},
		Apply: func(ctx context.Context, next *pack.Pack) ([]pack.Change, error) {
			return h.applyPack(ctx, h.officeOf(next.Organisation.Code), next)
		},
	})
}

// pairsWaiting counts the pairs that wait for a steward.
func (h *house) pairsWaiting(ctx context.Context, org string) (int, error) {
	e := h.desk.For(access.Requester{ID: "joining", Name: "Watch after a go-live", Role: access.Steward, Org: access.Domain}, access.Reason{Purpose: access.Administration})
	return e.PairsOf(ctx, org)
}

// watchJoinedEvery is how often what is watched after a go-live is counted.
const watchJoinedEvery = time.Hour

// watchJoined counts what is watched after organisations have gone live.
func (h *house) watchJoined(ctx context.Context) {
	tick := time.NewTicker(watchJoinedEvery)
	defer tick.Stop()
	for {
		if err := h.joining.Watch(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("what is watched after a go-live could not be counted", "code", fault.Of(err).Code)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// joined says whose joining is meant.
type joined struct {
	where   `embed:""`
	Org     string `help:"ODS code of the organisation that joins." required:"" placeholder:"ODS"`
	Extract string `help:"Front of an extract's id; without it the newest." placeholder:"ID"`
}

func (c joined) stage() (*onboard.Stage, error) {
	return staged{Data: c.Data, Stages: c.Stages, Org: c.Org}.stage()
}

func (c joined) found() (*onboard.Stage, *onboard.Extract, error) {
	return staged{Data: c.Data, Stages: c.Stages, Org: c.Org, Extract: c.Extract}.found()
}

type onboardReconcileCmd struct{ joined }

func (c *onboardReconcileCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "onboard-step", Do: string(course.Reconcile), Org: c.Org, Extract: c.Extract}, os.Stdout)
}

type onboardFeedsCmd struct {
	joined
	Do string `arg:"" enum:"hold,release" help:"hold or release."`
}

func (c *onboardFeedsCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "onboard-step", Do: c.Do + "-feeds", Org: c.Org}, os.Stdout)
}

type onboardReportCmd struct {
	joined
	Sign   bool   `help:"Sign the report, and put its hash into the audit log."`
	Verify bool   `help:"Hold the signed report against its signature and the audit log, and make it again from the load."`
	PDF    string `help:"Write it as PDF." name:"pdf" placeholder:"FILE"`
	JSON   bool   `help:"Print it as JSON."`
}

func (c *onboardReportCmd) Run(ctx context.Context) error {
	switch {
	case c.Verify:
		return perform(ctx, c.where, request{Command: "onboard-verify", Org: c.Org, Extract: c.Extract}, os.Stdout)
	case c.Sign:
		return perform(ctx, c.where, request{Command: "onboard-step", Do: string(course.Sign), Org: c.Org, Extract: c.Extract}, os.Stdout)
	}
	s, err := c.stage()
	if err != nil {
		return err
	}
	x, err := s.Find(c.Extract)
	if err != nil {
		return err
	}
	r, err := reconcile.Of(x)
	if err != nil {
		return err
	}
	if r == nil {
		return fault.New(fault.Conflict, "reconcile.not-loaded", "the load has not been reconciled yet")
	}
	sealed, err := reconcile.SealedOf(x, r.Load)
	if err != nil {
		return err
	}
	if c.PDF != "" {
		text, err := r.PDF(sealed)
		if err != nil {
			return err
		}
		return os.WriteFile(c.PDF, text, 0o600)
	}
	if c.JSON {
		text, err := r.JSON()
		if sealed != nil {
			text = sealed.Text
		}
		if err == nil {
			_, err = os.Stdout.Write(text)
		}
		return err
	}
	return tellReport(os.Stdout, r)
}

// tellReport says what stands against the go, which is a finding.
func tellReport(out io.Writer, r *reconcile.Report) error {
	for _, c := range r.Classes {
		state := "same"
		if c.SourceHash != c.RecordHash {
			state = "NOT the same"
		}
		fmt.Fprintf(out, "%-13s %9d to load, %9d in the record, %d there before, %d differ, %d absent, %d extra: %s\n", c.Class, c.Loadable, c.Record, c.Before, c.Differ, c.Absent, c.Extra+c.Doubled, state)
	}
	fmt.Fprintf(out, "clocks: %d of %d equal, %d run; waiting lists: %d of %d as the events say, %d clocks on no list\n", r.Clocks.Equal, r.Clocks.Pathways, r.Clocks.Running, r.Lists.Equal, r.Lists.Listed, r.Lists.Unlisted)
	fmt.Fprintf(out, "appointments: %s; %d unsent documents\n", r.Appointments.Words(), r.Documents.Unsent)
	for _, b := range r.Blocks {
		state := "stands against the go"
		if b.Accepted {
			state = "taken on"
		}
		fmt.Fprintf(out, "%9d %s (%s): %s\n", b.Rows, b.Words(), b.Code, state)
	}
	if !r.Go {
		fmt.Fprintln(out, "no go")
		return errFindings
	}
	fmt.Fprintln(out, "go")
	return nil
}

// joiningStep does a step of a joining for who holds the data folder, or verifies
// its report.
func (h *house) joiningStep(ctx context.Context, req request, out io.Writer) error {
	if req.Command == "onboard-verify" {
		return h.verifyReport(ctx, req, out)
	}
	deed := course.Deed(req.Do)
	if err := h.joining.Do(ctx, h.operator(), req.Org, deed, req.Extract); err != nil {
		return err
	}
	if deed != course.Reconcile {
		fmt.Fprintf(out, "%s: done\n", deed.Words())
		return nil
	}
	_, x, err := h.extractOf(req)
	if err != nil {
		return err
	}
	r, err := reconcile.Of(x)
	if err != nil {
		return err
	}
	return tellReport(out, r)
}

func (h *house) verifyReport(ctx context.Context, req request, out io.Writer) error {
	s, x, err := h.extractOf(req)
	if err != nil {
		return err
	}
	loader, err := h.loaderOf(req.Org)
	if err != nil {
		return err
	}
	wrong, err := reconcile.Verify(ctx, s, x, loader, reconcile.Options{}, h.audit.known, h.entered)
	if err != nil {
		return err
	}
	for _, w := range wrong {
		fmt.Fprintln(out, w)
	}
	if len(wrong) > 0 {
		return errFindings
	}
	fmt.Fprintln(out, "the report holds: its signature, its entry in the audit log, and every figure of it")
	return nil
}

// entered tells whether the audit log has an entry of an act that says what.
func (h *house) entered(ctx context.Context, what string) (bool, error) {
	found, err := h.operator().FindAudit(ctx, record.AuditAsk{Query: audit.Query{Thing: what, Limit: 1}})
	if err != nil {
		return false, err
	}
	return len(found.Events) > 0, nil
}

type onboardBedsCmd struct {
	joined
	File string `arg:"" help:"CSV with the columns ward, bed and state (occupied, empty, closed)." name:"file"`
}

func (c *onboardBedsCmd) Run(context.Context) error {
	s, err := c.stage()
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 16<<20))
	if err != nil {
		return err
	}
	beds, err := reconcile.KeepBeds(s, text)
	if err != nil {
		return err
	}
	fmt.Printf("%d beds are kept in %s\n", beds, filepath.Join(s.Dir, reconcile.BedFile))
	return nil
}
