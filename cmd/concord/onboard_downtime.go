package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"concord/exchange/onboard/downtime"
	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
)

type onboardDowntimeCmd struct {
	joined
	By   string `help:"Who enters the log, by name." required:"" placeholder:"NAME"`
	File string `arg:"" help:"CSV with the columns key, happened, by, patient, kind, what, value, unit (docs/operate/join.md)." name:"file"`
}

func (c *onboardDowntimeCmd) Run(ctx context.Context) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return perform(ctx, c.where, request{Command: "onboard-downtime", Org: c.Org, Words: c.By, Book: text}, os.Stdout)
}

// enterDowntime brings a downtime log into the record; rows that cannot be entered
// are findings, told by line and reason alone.
func (h *house) enterDowntime(ctx context.Context, req request, out io.Writer) error {
	if req.Words == "" || len(req.Words) > 100 {
		return fault.New(fault.Invalid, "cli.by", "--by is the name of who enters the log")
	}
	rows, err := downtime.Read(bytes.NewReader(req.Book), h.desk.Zone(), time.Now())
	if err != nil {
		return err
	}
	if err := h.operator().Joining(ctx, access.Join, req.Org, "downtime log of "+req.Org+" entered"); err != nil {
		return err
	}
	e, err := h.loaderOf(req.Org)
	if err != nil {
		return err
	}
	done, err := downtime.Enter(ctx, e, rows, req.Words, fhir.FormatInstant(time.Now()))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d entered, %d there already, %d refused\n", done.Entered, done.There, len(done.Refused))
	for _, r := range done.Refused {
		fmt.Fprintf(out, "line %d: %s\n", r.Line, r.Wrong)
	}
	if len(done.Refused) > 0 {
		return errFindings
	}
	return nil
}
