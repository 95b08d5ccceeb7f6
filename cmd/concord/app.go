package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"concord/edge/smart"
	"concord/fault"
	"concord/record/access"
)

// appCmd works on SMART apps, also beside a running server.
type appCmd struct {
	List     appListCmd     `cmd:"" help:"List the registered apps and how they stand."`
	Register appRegisterCmd `cmd:"" help:"Register an app by its metadata (RFC 7591); prints its client id. It then waits to be approved."`
	Approve  appApproveCmd  `cmd:"" help:"Let people of an organisation use an app; a backend service then acts for that organisation."`
	Refuse   appRefuseCmd   `cmd:"" help:"Turn an app down, or withdraw one that was approved: its tokens are worth nothing from then on."`
	Rotate   appRotateCmd   `cmd:"" name:"rotate-keys" help:"Make new keys for signing identity tokens; the old stay published for a while."`
}

type appListCmd struct{ where }

func (c *appListCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "app-list"}, os.Stdout)
}

type appRegisterCmd struct {
	where
	File string `arg:"" help:"JSON file with the metadata." type:"existingfile"`
}

func (c *appRegisterCmd) Run(ctx context.Context) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return perform(ctx, c.where, request{Command: "app-register", Metadata: text}, os.Stdout)
}

type appApproveCmd struct {
	where
	ID  string `arg:"" help:"Client id of the app."`
	Org string `help:"ODS code of those who may use it; QRV = everybody." default:"QRV"`
}

func (c *appApproveCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "app-approve", Client: c.ID, Org: c.Org}, os.Stdout)
}

type appRefuseCmd struct {
	where
	ID string `arg:"" help:"Client id of the app."`
}

func (c *appRefuseCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "app-refuse", Client: c.ID}, os.Stdout)
}

type appRotateCmd struct{ where }

func (c *appRotateCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "app-rotate"}, os.Stdout)
}

// app does a command on apps, for who holds the data folder.
func (h *house) app(ctx context.Context, req request, out io.Writer) error {
	office := h.grants.Office(h.operator())
	switch req.Command {
	case "app-list":
		all, err := office.List(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "CLIENT ID\tNAME\tSTANDING\tFOR\tSCOPES")
		for _, a := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", a.ID, a.Name, a.State, a.Org, a.Scopes)
		}
		return w.Flush()
	case "app-register":
		return h.registerApp(ctx, req.Metadata, out)
	case "app-approve":
		return office.Approve(ctx, req.Client, req.Org)
	case "app-refuse":
		return office.Refuse(ctx, req.Client)
	case "app-rotate":
		return h.rotateAppKeys(ctx, out)
	}
	return fault.New(fault.Invalid, "cli.command", "unknown command")
}

func (h *house) registerApp(ctx context.Context, text []byte, out io.Writer) error {
	var m smart.Metadata
	if err := json.Unmarshal(text, &m); err != nil {
		return fault.New(fault.Invalid, "cli.app", "the file is no JSON object of client metadata")
	}
	a, err := m.App()
	if err != nil {
		return err
	}
	made, err := h.grants.Register(ctx, a)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, made.ID)
	return err
}

func (h *house) rotateAppKeys(ctx context.Context, out io.Writer) error {
	var ids []string
	for _, kind := range []string{"RSA", "P-384"} {
		k, err := h.grants.NewKey(ctx, kind)
		if err != nil {
			return err
		}
		ids = append(ids, kind+" "+k.ID)
	}
	if err := h.operator().Note(ctx, access.SignIn, "rotate the keys of identity tokens", nil); err != nil && !fault.Is(err, fault.Denied) {
		return err
	}
	_, err := fmt.Fprintln(out, strings.Join(ids, "\n"))
	return err
}
