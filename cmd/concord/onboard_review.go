package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"concord/exchange/onboard"
	"concord/record/access"
)

type onboardReviewCmd struct {
	List   reviewListCmd   `cmd:"" help:"List the pairs of the last match: those that wait first. Stewards decide on them at /onboard/ODS/matches."`
	Export reviewExportCmd `cmd:"" help:"Print the decisions on pairs, to be taken in elsewhere."`
	Take   reviewTakeCmd   `cmd:"" help:"Take in decisions on pairs that were made on a copy of this record."`
}

type reviewListCmd struct{ ofJoiner }

func (c *reviewListCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, c.request("review-list"), os.Stdout)
}

type reviewExportCmd struct{ ofJoiner }

func (c *reviewExportCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, c.request("review-export"), os.Stdout)
}

type reviewTakeCmd struct {
	ofJoiner
	File string `arg:"" help:"File of decisions (review.ndjson)."`
}

func (c *reviewTakeCmd) Run(ctx context.Context) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	req := c.request("review-take")
	req.Text = text
	return perform(ctx, c.where, req, os.Stdout)
}

// reviewCommand lists pairs by keys, ids and figures, without saying anything of
// a patient.
func (h *house) reviewCommand(ctx context.Context, req request, out io.Writer) error {
	if err := h.officeOf(req.Org).Joining(ctx, access.Harmonise, req.Org, req.Command); err != nil {
		return err
	}
	s, err := h.stageOf(req.Org)
	if err != nil {
		return err
	}
	switch req.Command {
	case "review-take":
		n, err := s.TakeRulings(req.Text)
		if err == nil {
			fmt.Fprintf(out, "%d decisions were taken in\n", n)
		}
		return err
	case "review-export":
		list, err := s.Rulings()
		if err != nil {
			return err
		}
		e := json.NewEncoder(out)
		for _, r := range list {
			if err := e.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	x, err := s.Find(req.Extract)
	if err != nil {
		return err
	}
	v, err := s.Review(ctx, x, onboard.ReviewAsked{All: true})
	if err != nil {
		return err
	}
	return tellReview(out, v, req.JSON)
}

func tellReview(out io.Writer, v *onboard.Review, asJSON bool) error {
	if asJSON {
		for i := range v.Pairs {
			v.Pairs[i].Row = nil // what the source says of the patient
		}
		return json.NewEncoder(out).Encode(v)
	}
	fmt.Fprintf(out, "%d pairs wait (%.1f hours at %.0f minutes a pair), %d of them since their grounds have changed; %d are decided; %d decisions are on pairs that this extract has not\n",
		v.Waiting, v.Hours, v.Minutes, v.Changed, v.Decided, v.Gone)
	for i := range v.Pairs {
		p := &v.Pairs[i]
		stands := "waits"
		switch {
		case p.Changed != "":
			stands = "waits again: " + p.Changed + " has changed"
		case p.Ruling != nil:
			stands = string(p.Ruling.Verb) + " by " + p.Ruling.Who
		}
		fmt.Fprintf(out, "%s  (%s)\n", p.Pair.String(), stands)
	}
	for _, l := range v.Lost {
		why := "no pair of this extract"
		if l.Into != "" {
			why = "the source has merged it into " + l.Into
		}
		fmt.Fprintf(out, "%s and %s  (%s by %s does not hold: %s)\n", l.Key, l.Entry, l.Verb, l.Who, why)
	}
	return nil
}
