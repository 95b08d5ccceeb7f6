package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"concord/record"
	"concord/record/audit"
)

type verifyCmd struct {
	where
	Checkpoint []string `help:"Signed checkpoint of the audit log that was kept elsewhere; the log must go on from it." type:"existingfile"`
	WitnessKey []string `help:"Public key of a witness that must have co-signed those checkpoints and the newest co-signed one." name:"witness-key" placeholder:"KEY"`
}

func (c *verifyCmd) Run(ctx context.Context) error {
	req := request{Command: "verify", WitnessKeys: c.WitnessKey}
	for _, path := range c.Checkpoint {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		req.Checkpoints = append(req.Checkpoints, b)
	}
	return perform(ctx, c.where, req, os.Stdout)
}

// rootOf is the root of the audit log's tree in words: of nothing there is none.
func rootOf(v audit.Verified) string {
	if v.Size == 0 {
		return "none"
	}
	return v.Root.String()
}

// verify prints each finding and what was looked at; findings are its error.
func (h *house) verify(ctx context.Context, out io.Writer, req request) error {
	n := 0
	elsewhere := record.Elsewhere{Checkpoints: req.Checkpoints}
	for _, key := range req.WitnessKeys {
		w, err := audit.WitnessKey(key)
		if err != nil {
			return err
		}
		elsewhere.Witnesses = append(elsewhere.Witnesses, w)
	}
	v, err := h.operator().Verify(ctx, func(f record.Finding) {
		n++
		fmt.Fprintf(out, "%s\t%s\t%s\n", f.Code, f.Where, f.Text)
	}, elsewhere)
	if err != nil {
		return err
	}
	for _, rule := range v.Audit.Removed {
		fmt.Fprintf(out, "payloads of audit entries removed by the rule %s\n", rule)
	}
	if v.Audit.Behind > 0 {
		fmt.Fprintf(out, "the audit root is of the first %d entries: %d more are not in the tree yet, and no checkpoint vouches for them; a server adds them within a second\n", v.Audit.Size, v.Audit.Behind)
	}
	fmt.Fprintf(out, "%d resources, %d audit entries, change %d, audit root %s: ", v.Resources, v.Audit.Rows, v.Change, rootOf(v.Audit))
	if n > 0 {
		fmt.Fprintf(out, "%d findings\n", n)
		return errFindings
	}
	fmt.Fprintln(out, "clean")
	return nil
}
