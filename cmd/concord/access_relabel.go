package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"concord/record"
)

type relabelCmd struct{ where }

func (c *relabelCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "relabel"}, os.Stdout)
}

// relabel walks over the record, by the sensitive codes of the process that has
// the store open, and tells every few seconds how far it is. Stopped, it goes on
// from there the next time.
func (h *house) relabel(ctx context.Context, out io.Writer) error {
	const every = 5 * time.Second
	told := time.Now()
	st, err := h.operator().Relabel(ctx, 0, func(st record.Relabelling) error {
		if time.Since(told) > every {
			told = time.Now()
			if _, err := fmt.Fprintln(out, "looked at "+relabelWords(st)); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "done: "+relabelWords(st)); err != nil {
		return err
	}
	if st.Refused > 0 {
		return errFindings
	}
	return nil
}

func relabelWords(st record.Relabelling) string {
	return fmt.Sprintf("%d resources, %d labelled, %d could not be written", st.Looked, st.Labelled, st.Refused)
}
