package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"concord/fault"
	"concord/record/seal"
)

// keysCmd works on the keys of bodies at rest. But for make, it opens the
// store for writing: an embedded one not beside a running server.
type keysCmd struct {
	Make   keysMakeCmd   `cmd:"" help:"Print the line of a new master key, to be put first in the key file."`
	List   keysListCmd   `cmd:"" help:"List the data keys of the store."`
	Rotate keysRotateCmd `cmd:"" help:"Give an organisation a new data key for what is written from now on."`
	Rewrap keysRewrapCmd `cmd:"" help:"Wrap every data key under the first master key of the file; the others may then be forgotten."`
}

type keysMakeCmd struct {
	Name string `help:"Name of the key." required:"" placeholder:"2026-11"`
}

func (c *keysMakeCmd) Run() error {
	line, err := seal.NewMaster(c.Name)
	if err != nil {
		return err
	}
	_, err = fmt.Print(line)
	return err
}

type keysListCmd struct{ where }

func (c *keysListCmd) Run(ctx context.Context) error {
	return c.where.sealed(ctx, func(k *seal.Keyring) error {
		w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "KEY\tORGANISATION\tMASTER\tMADE\tUSED FOR NEW BODIES")
		for _, one := range k.Keys() {
			used := ""
			if one.Current {
				used = "yes"
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", one.Number, one.Org, one.Master, one.Made.UTC().Format(time.RFC3339), used)
		}
		return w.Flush()
	})
}

type keysRotateCmd struct {
	where
	Org string `help:"ODS code of the organisation." required:"" placeholder:"ODS"`
}

func (c *keysRotateCmd) Run(ctx context.Context) error {
	return c.where.sealed(ctx, func(k *seal.Keyring) error { return k.Rotate(ctx, c.Org) })
}

type keysRewrapCmd struct{ where }

func (c *keysRewrapCmd) Run(ctx context.Context) error {
	return c.where.sealed(ctx, func(k *seal.Keyring) error {
		n, err := k.Rewrap(ctx)
		if err == nil {
			fmt.Printf("%d data keys wrapped anew\n", n)
		}
		return err
	})
}

// sealed opens the store with its key file for a command.
func (w where) sealed(ctx context.Context, f func(*seal.Keyring) error) error {
	if w.SealKeys == "" {
		return fault.New(fault.Invalid, "cli.seal-keys", "name the key file with --seal-keys FILE or CONCORD_SEAL_KEYS")
	}
	h, err := openHouse(ctx, w, nil, quietLog())
	if err != nil {
		return err
	}
	defer h.close()
	return f(h.seals)
}
