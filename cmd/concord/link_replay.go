package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"concord/record"
	"concord/standard/match"
)

type linkReplayCmd struct {
	where `embed:""`
	Model string `help:"The model file to try." required:"" placeholder:"FILE"`
	Out   string `help:"Write every pair that would change, with both waterfalls, as one JSON object a line." placeholder:"FILE"`
	JSON  bool   `help:"Print the report as JSON."`
}

// Run tells what would change if the index went by another model: before that
// model goes live.
func (c *linkReplayCmd) Run(ctx context.Context) error {
	text, err := os.ReadFile(c.Model)
	if err != nil {
		return err
	}
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err != nil {
		return err
	}
	defer h.close()
	var report record.WhatIf
	if c.Out == "" {
		report, err = replayed(ctx, h, text, io.Discard)
	} else {
		err = writeFile(c.Out, func(w io.Writer) error {
			b := bufio.NewWriter(w)
			if report, err = replayed(ctx, h, text, b); err != nil {
				return err
			}
			return b.Flush()
		})
	}
	if err != nil {
		return err
	}
	return tellWhatIf(os.Stdout, report, c.JSON)
}

// replayed tries a model's file and writes each pair that would change as a line
// of JSON.
func replayed(ctx context.Context, h *house, text []byte, w io.Writer) (record.WhatIf, error) {
	model, err := match.ParseModel(text)
	if err != nil {
		return record.WhatIf{}, err
	}
	enc := json.NewEncoder(w)
	return h.operator().WhatWouldChange(ctx, model, func(d record.IdentityChange) error { return enc.Encode(d) })
}

func tellWhatIf(w io.Writer, r record.WhatIf, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	fmt.Fprintf(w, "%d entries, %d pairs; in use %s, tried %s\n", r.Entries, r.Pairs, r.InUse, r.Model)
	var kinds []string
	for k := range r.Changes {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	for _, k := range kinds {
		fmt.Fprintf(w, "%10d  %s\n", r.Changes[k], k)
	}
	if len(kinds) == 0 {
		fmt.Fprintln(w, "nothing would change")
	}
	if r.Against > 0 {
		fmt.Fprintf(w, "%10d  pairs that a human decided the other way; they stay\n", r.Against)
	}
	return nil
}
