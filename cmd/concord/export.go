package main

import (
	"bufio"
	"context"
	"io"
	"os"

	"concord/record"
)

type exportCmd struct {
	where
	Out  string   `help:"File to write; - for standard output." default:"-" placeholder:"FILE"`
	Type []string `help:"Resource types; all when empty."`
}

func (c *exportCmd) Run(ctx context.Context) error {
	out := os.Stdout
	if c.Out != "-" {
		f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		out = f
	}
	w := bufio.NewWriterSize(out, 1<<20)
	if err := perform(ctx, c.where, request{Command: "export", Types: c.Type}, w); err != nil {
		return err
	}
	return w.Flush()
}

func (h *house) export(ctx context.Context, req request, out io.Writer) error {
	types := req.Types
	if len(types) == 0 {
		types = []string{""}
	}
	var buf []byte
	for _, t := range types {
		err := h.operator().Export(ctx, t, func(items []*record.Item) error {
			for _, it := range items {
				buf = append(it.Resource.Append(buf[:0]), '\n')
				if _, err := out.Write(buf); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
