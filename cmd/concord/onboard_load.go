package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"concord/exchange/onboard"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/uk"
)

type onboardLoadCmd struct {
	where   `embed:""`
	Org     string  `help:"ODS code of the organisation that joins." required:"" placeholder:"ODS"`
	Extract string  `help:"Front of an extract's id; without it the newest." placeholder:"ID"`
	Rest    float64 `help:"How long is waited after each transaction, as a share of the time that it took; 1 leaves half of the time to others." default:"0"`
	Factor  float64 `help:"Slow down so that the 95th percentile of what others wait is at most so many times what it was before; 0 = go as fast as it can." name:"p95-factor" default:"1.5"`
	AsSent  string  `help:"Load codes as sent, whatever is open in the build, for this reason (audited)." name:"as-sent" placeholder:"REASON"`
	JSON    bool    `help:"Print the figures as JSON."`
}

func (c *onboardLoadCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "onboard-load", Org: c.Org, Extract: c.Extract, Rest: c.Rest, Factor: c.Factor, AsSent: c.AsSent, JSON: c.JSON}, os.Stdout)
}

type onboardUndoCmd struct {
	where   `embed:""`
	Org     string  `help:"ODS code of the organisation that joins." required:"" placeholder:"ODS"`
	Extract string  `help:"Front of an extract's id; without it the newest." placeholder:"ID"`
	Factor  float64 `help:"Slow down so that the 95th percentile of what others wait is at most so many times what it was before; 0 = go as fast as it can." name:"p95-factor" default:"1.5"`
	JSON    bool    `help:"Print the figures as JSON."`
}

func (c *onboardUndoCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "onboard-undo", Org: c.Org, Extract: c.Extract, Factor: c.Factor, JSON: c.JSON}, os.Stdout)
}

// stageOf opens the stage of an organisation beside this house.
func (h *house) stageOf(org string) (*onboard.Stage, error) {
	if !uk.ODSCode(org) {
		return nil, fault.New(fault.Invalid, "cli.org", "--org is an ODS code")
	}
	return &onboard.Stage{Dir: filepath.Join(h.stages, org), Trust: org, Now: time.Now, Zone: h.desk.Zone()}, nil
}

// loaderOf is the errand that brings a trust's rows in: what it writes is the
// trust's.
func (h *house) loaderOf(org string) (*record.Errand, error) {
	scopes, err := access.ParseScopes("system/*.cruds")
	if err != nil {
		return nil, err
	}
	return h.desk.For(access.Requester{ID: "load", Name: "Load of an extract", Role: access.System, Org: org, Scopes: scopes}, access.Reason{Purpose: access.DirectCare}), nil
}

// loadExtract loads a staged extract, or takes its load back.
func (h *house) loadExtract(ctx context.Context, req request, out io.Writer) error {
	s, x, err := h.extractOf(req)
	if err != nil {
		return err
	}
	if req.Factor < 0 || req.Factor > 0 && req.Factor < 1 {
		return fault.New(fault.Invalid, "cli.p95-factor", "--p95-factor is 0, or 1 and more")
	}
	e, err := h.loaderOf(req.Org)
	if err != nil {
		return err
	}
	defer roomy()()
	if req.Command == "onboard-undo" {
		u, err := s.Undo(ctx, x, e, h.undoOptions(req.Org, req.Factor))
		if err != nil {
			return err
		}
		return tellUndo(out, u, req.JSON)
	}
	opt, err := h.loadOptions(ctx, req)
	if err != nil {
		return err
	}
	l, err := s.Load(ctx, x, e, opt)
	if err != nil {
		return err
	}
	return tellLoad(out, l, req.JSON)
}

// tellLoad says what became of the rows; refused ones are findings.
func tellLoad(out io.Writer, l *onboard.Loading, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(l)
	}
	fmt.Fprintf(out, "load %s: %s, from %s to %s\n", l.Load, l.State, l.Began.Format(time.TimeOnly), l.Ended.Format(time.TimeOnly))
	refused := int64(0)
	for _, c := range onboard.Layout() {
		p := l.Classes[c.Name]
		fmt.Fprintf(out, "%10d created, %d there already  %s\n", p.Created, p.There, c.Name)
		if p.Refiled > 0 {
			fmt.Fprintf(out, "%10d of them moved from another patient's record: the source has put them right\n", p.Refiled)
		}
		for _, code := range slices.Sorted(maps.Keys(p.Refused)) {
			fmt.Fprintf(out, "%10d refused: %s\n", p.Refused[code], code)
			refused += p.Refused[code]
		}
	}
	if l.Rulings != nil {
		for _, what := range slices.Sorted(maps.Keys(l.Rulings.Out)) {
			fmt.Fprintf(out, "%10d decisions of the rehearsal: %s\n", l.Rulings.Out[what], what)
		}
	}
	tellPaced(out, l.Paced)
	if refused > 0 {
		return errFindings
	}
	return nil
}

// tellPaced says what others felt of a load or an undo, if that was measured.
func tellPaced(out io.Writer, p *onboard.Paced) {
	if p == nil {
		return
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1e3 }
	fmt.Fprintf(out, "95 of 100 waited at most %.1f ms (%.1f ms before, %.1f ms while this stood still; the limit is %.1f ms); slowed down %d times, to %d rows a transaction and %.1f times its length of rest\n",
		ms(p.Felt), ms(p.Quiet), ms(p.Resting), ms(p.Limit), p.Slowed, p.Smallest, p.Longest)
}

// tellUndo says what was taken back; what stays is a finding.
func tellUndo(out io.Writer, u *onboard.Undoing, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(u)
	}
	fmt.Fprintf(out, "load %s is taken back\n", u.Load)
	for _, typ := range slices.Sorted(maps.Keys(u.Removed)) {
		fmt.Fprintf(out, "%10d removed: %s\n", u.Removed[typ], typ)
	}
	for _, typ := range slices.Sorted(maps.Keys(u.Restored)) {
		fmt.Fprintf(out, "%10d as before the load: %s\n", u.Restored[typ], typ)
	}
	if u.Codes != "" {
		fmt.Fprintln(out, u.Codes.Words())
	}
	tellPaced(out, u.Paced)
	for _, k := range u.Kept {
		fmt.Fprintf(out, "kept: %s, version %d by %s (%s)\n", k.Ref, k.Version, k.By, k.Why)
	}
	if len(u.Kept) > 0 {
		return errFindings
	}
	return nil
}

// extractOf opens the stage of an organisation and finds the extract that a
// command means.
func (h *house) extractOf(req request) (*onboard.Stage, *onboard.Extract, error) {
	s, err := h.stageOf(req.Org)
	if err != nil {
		return nil, nil, err
	}
	x, err := s.Find(req.Extract)
	return s, x, err
}
