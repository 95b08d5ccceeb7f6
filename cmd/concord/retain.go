package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"concord/record/audit"
)

type retainCmd struct {
	where
	Rules string `help:"File of rules: docs/operate/audit.md." required:"" type:"existingfile"`
}

func (c *retainCmd) Run(ctx context.Context) error {
	text, err := os.ReadFile(c.Rules)
	if err != nil {
		return err
	}
	return perform(ctx, c.where, request{Command: "retain", Rules: text}, os.Stdout)
}

// retain says how many payloads were removed.
func (h *house) retain(ctx context.Context, req request, out io.Writer) error {
	rules, err := audit.ParseRetention(req.Rules)
	if err != nil {
		return err
	}
	n, err := h.operator().Retain(ctx, rules)
	fmt.Fprintf(out, "%d payloads removed\n", n)
	return err
}
