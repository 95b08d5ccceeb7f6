package main

import (
	"context"
	"fmt"
	"os"

	"concord/fault"
	"concord/record/seal"
)

// keysCmd works on the keys of bodies at rest, beside a running server or on
// the store itself.
type keysCmd struct {
	Make   keysMakeCmd   `cmd:"" help:"Print the line of a new master key, to be put first in the key file."`
	List   keysListCmd   `cmd:"" help:"List the data keys of the store."`
	Rotate keysRotateCmd `cmd:"" help:"Give an organisation a new data key for what is written from now on."`
	Reseal keysResealCmd `cmd:"" help:"Seal what lies under older data keys, or in the clear, under the newest. It goes on where it was stopped; in a running server it goes on by itself."`
	Drop   keysDropCmd   `cmd:"" help:"Forget the data keys that the last reseal proved unused."`
	Rewrap keysRewrapCmd `cmd:"" help:"Wrap every data key under the first master key of the file; the others may then be forgotten. Not beside a server on the embedded store."`
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
	return perform(ctx, c.where, request{Command: "keys-list"}, os.Stdout)
}

type keysRotateCmd struct {
	where
	Org string `help:"ODS code of the organisation." required:"" placeholder:"ODS"`
}

func (c *keysRotateCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "keys-rotate", Org: c.Org}, os.Stdout)
}

type keysResealCmd struct{ where }

func (c *keysResealCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "keys-reseal"}, os.Stdout)
}

type keysDropCmd struct{ where }

func (c *keysDropCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "keys-drop"}, os.Stdout)
}

type keysRewrapCmd struct{ where }

func (c *keysRewrapCmd) Run(ctx context.Context) error {
	if c.SealKeys == "" {
		return fault.New(fault.Invalid, "cli.seal-keys", "name the key file with --seal-keys FILE or CONCORD_SEAL_KEYS")
	}
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err != nil {
		return err
	}
	defer h.close()
	n, err := h.seals.Rewrap(ctx)
	if err == nil {
		fmt.Printf("%d data keys wrapped anew\n", n)
	}
	return err
}
