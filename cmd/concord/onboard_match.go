package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"runtime/debug"

	"concord/exchange/onboard"
)

type onboardMatchCmd struct {
	where   `embed:""`
	Org     string  `help:"ODS code of the organisation that joins." required:"" placeholder:"ODS"`
	Extract string  `help:"Front of an extract's id; without it the newest." placeholder:"ID"`
	Most    int     `help:"Patients in memory at a time; beyond it the record is read again for each so many." default:"400000"`
	Minutes float64 `help:"Minutes that a steward takes for a pair." default:"4"`
	JSON    bool    `help:"Print the figures as JSON."`
}

// matchMemory is what the process may hold before it collects garbage in
// earnest, where it matches beside no server.
const matchMemory = 850 << 20

// roomy lets a process hold that much while a load or its undo is at work, beside a
// server too: at the limit of a small one it would do little but collect garbage.
func roomy() (done func()) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	before := debug.SetMemoryLimit(matchMemory)
	return func() { debug.SetMemoryLimit(before) }
}

func (c *onboardMatchCmd) Run(ctx context.Context) error {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(50)
		debug.SetMemoryLimit(matchMemory)
	}
	return perform(ctx, c.where, request{Command: "onboard-match", Org: c.Org, Extract: c.Extract, Most: c.Most, Minutes: c.Minutes, JSON: c.JSON}, os.Stdout)
}

// matchExtract holds a staged extract against the record of this house.
func (h *house) matchExtract(ctx context.Context, req request, out io.Writer) error {
	s, x, err := h.extractOf(req)
	if err != nil {
		return err
	}
	m, err := s.Match(ctx, x, h.operator(), onboard.MatchOptions{Most: req.Most, Minutes: req.Minutes})
	if err != nil {
		return err
	}
	if req.JSON {
		return json.NewEncoder(out).Encode(m)
	}
	m.Text(out)
	return nil
}
