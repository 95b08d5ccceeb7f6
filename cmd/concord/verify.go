package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"concord/record"
)

type verifyCmd struct{ where }

func (c *verifyCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "verify"}, os.Stdout)
}

// verify prints each finding and what was looked at; findings are its error.
func (h *house) verify(ctx context.Context, out io.Writer) error {
	n := 0
	v, err := h.operator().Verify(ctx, func(f record.Finding) {
		n++
		fmt.Fprintf(out, "%s\t%s\t%s\n", f.Code, f.Where, f.Text)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d resources, %d audit entries, change %d, audit root %s: ", v.Resources, v.Audit.Size, v.Change, v.Audit.Root)
	if n > 0 {
		fmt.Fprintf(out, "%d findings\n", n)
		return errFindings
	}
	fmt.Fprintln(out, "clean")
	return nil
}
