package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"concord/exchange/crosswalk"
	"concord/fault"
	"concord/record"
	"concord/standard/uk"
)

type buildPublishCmd struct {
	ofJoiner
	Why string `help:"The reason." required:""`
}

func (c *buildPublishCmd) Run(ctx context.Context) error {
	req := c.request("build-publish")
	req.Why = c.Why
	return perform(ctx, c.where, req, os.Stdout)
}

type buildWithdrawCmd struct {
	ofJoiner
	Why string `help:"The reason." required:""`
}

func (c *buildWithdrawCmd) Run(ctx context.Context) error {
	req := c.request("build-withdraw")
	req.Why = c.Why
	return perform(ctx, c.where, req, os.Stdout)
}

type buildPublishedCmd struct{ ofJoiner }

func (c *buildPublishedCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, c.request("build-published"), os.Stdout)
}

// publishing does a command on what living feeds go by.
func (h *house) publishing(ctx context.Context, req request, out io.Writer) error {
	if !uk.ODSCode(req.Org) {
		return fault.New(fault.Invalid, "cli.org", "--org is an ODS code")
	}
	if req.Command == "build-published" {
		return h.tellPublished(ctx, req, out)
	}
	changed, err := h.harmony.Publish(ctx, req.Org, req.Org+"/operator", req.Why, req.Command == "build-withdraw")
	if err != nil {
		return err
	}
	if !changed {
		fmt.Fprintln(out, "nothing to change")
		return nil
	}
	return h.tellPublished(ctx, req, out)
}

// published is what living feeds go by, as JSON has it.
type published struct {
	crosswalk.Made
	Version  string            `json:"version,omitempty"`
	Mapped   int               `json:"mapped"`
	Stays    int               `json:"stays"`
	Unmapped []record.Unmapped `json:"unmapped,omitempty"`
}

func (h *house) tellPublished(ctx context.Context, req request, out io.Writer) error {
	k, err := h.harmony.Published(ctx, req.Org)
	if err != nil {
		return err
	}
	var p published
	if k != nil {
		if p.Made = k.Made; k.Err != nil {
			return k.Err
		}
		if k.Table != nil {
			p.Version, p.Mapped, p.Stays = k.Version, len(k.Codes), len(k.Stays)
		}
	}
	if p.Unmapped, err = h.operator().Unmapped(ctx, req.Org); err != nil {
		return err
	}
	if req.JSON {
		return json.NewEncoder(out).Encode(p)
	}
	switch {
	case k == nil:
		fmt.Fprintf(out, "nothing is published for %s: codes of its feeds are written as they are sent\n", req.Org)
	case k.Withdrawn:
		fmt.Fprintf(out, "withdrawn by %s on %s: %s; codes of its feeds are written as they are sent\n", k.By, k.At.Format(time.DateOnly), k.Why)
	default:
		fmt.Fprintf(out, "%s: %d codes are mapped, %d stay as sent; by %s on %s: %s\n", p.Version, p.Mapped, p.Stays, k.By, k.At.Format(time.DateOnly), k.Why)
	}
	for _, u := range p.Unmapped {
		fmt.Fprintf(out, "%10d messages  %-11s %s  %s %s\n", u.Messages, u.Kind, u.Code, u.Name, u.Unit)
	}
	return nil
}
