package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"concord/edge/transport"
	"concord/exchange/intake"
	"concord/record/account"
)

type tokenCmd struct {
	where
	Client      string `help:"Name of the client that uses it." required:""`
	Scope       string `help:"SMART system scopes." required:"" placeholder:"'system/*.cruds'"`
	Org         string `help:"ODS code of the organisation that the client writes for." default:"QRV"`
	Lenient     bool   `help:"Let its searches ignore parameters that are not known, and report them."`
	Certificate string `help:"Client certificate (PEM) that the token is good with, and with no other." type:"existingfile" placeholder:"FILE"`
	Hours       int    `help:"How long it is good." default:"24"`
}

func (c *tokenCmd) Run(ctx context.Context) error {
	bound := ""
	if c.Certificate != "" {
		text, err := os.ReadFile(c.Certificate)
		if err != nil {
			return err
		}
		if bound, err = transport.ReadThumbprint(text); err != nil {
			return err
		}
	}
	return perform(ctx, c.where, request{Command: "token", Client: c.Client, Org: c.Org, Scope: c.Scope, Lenient: c.Lenient, Certificate: bound, Hours: c.Hours}, os.Stdout)
}

func (h *house) token(ctx context.Context, req request, out io.Writer) error {
	org := req.Org
	if org == "" {
		org = intake.Domain
	}
	secret, _, err := h.accounts.Office(h.operator()).Issue(ctx, account.Grant{
		Client: req.Client, Org: org, Scopes: req.Scope, Lenient: req.Lenient, Certificate: req.Certificate, Life: time.Duration(req.Hours) * time.Hour,
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, secret)
	return err
}

// quietLog is the log of a command: warnings only.
func quietLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
