package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"concord/fault"
	"concord/record"
)

// keys does a command on data keys, in the process that has the store open.
func (h *house) keys(ctx context.Context, req request, out io.Writer) error {
	if !h.seals.Seals() {
		return fault.New(fault.Invalid, "cli.seal-keys", "name the key file with --seal-keys FILE or CONCORD_SEAL_KEYS")
	}
	switch req.Command {
	case "keys-list":
		return h.listKeys(ctx, out)
	case "keys-rotate":
		return h.operator().RotateKey(ctx, req.Org)
	case "keys-reseal":
		return h.reseal(ctx, out)
	case "keys-drop":
		dropped, err := h.operator().DropKeys(ctx)
		if err != nil {
			return err
		}
		if len(dropped) == 0 {
			_, err = fmt.Fprintln(out, "no data key to drop")
			return err
		}
		_, err = fmt.Fprintln(out, "dropped data keys "+numbers(dropped))
		return err
	}
	return fault.New(fault.Invalid, "cli.command", "unknown command")
}

func numbers(list []int) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(list)), ", "), "[]")
}

func (h *house) listKeys(ctx context.Context, out io.Writer) error {
	keys, err := h.operator().DataKeys(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tORGANISATION\tMASTER\tMADE\tUSED FOR NEW BODIES")
	for _, one := range keys {
		used := ""
		if one.Current {
			used = "yes"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", one.Number, one.Org, one.Master, one.Made.UTC().Format(time.RFC3339), used)
	}
	return w.Flush()
}

// reseal begins, or takes up, the sealing anew and tells how far it is. In a
// server it goes on when whoever looks has left; else it is done here.
func (h *house) reseal(ctx context.Context, out io.Writer) error {
	if _, err := h.operator().Reseal(ctx); err != nil {
		return err
	}
	if !h.serves {
		working, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { h.desk.Work(working, h.owner()); close(done) }()
		defer func() { stop(); <-done }()
	}
	const every = 500 * time.Millisecond
	last := ""
	for {
		st, err := h.operator().Resealing(ctx)
		if err != nil {
			return err
		}
		if words := resealWords(st); words != last {
			if _, err := fmt.Fprintln(out, words); err != nil {
				return err
			}
			last = words
		}
		if st.Phase == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}
}

func resealWords(st record.Resealing) string {
	switch st.Phase {
	case "":
		words := fmt.Sprintf("done: %d bodies sealed anew, %d checked", st.Sealed, st.Looked)
		if len(st.Spent) > 0 {
			words += "; nothing lies under data keys " + numbers(st.Spent) + ", which can be dropped"
		}
		return words
	case "checking":
		return fmt.Sprintf("checking: %d looked at", st.Looked)
	}
	return fmt.Sprintf("sealing: %d looked at, %d sealed anew", st.Looked, st.Sealed)
}
