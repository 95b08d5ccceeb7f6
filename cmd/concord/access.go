package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/account"
)

// deciding says who may see what, beyond what comes with the program.
type deciding struct {
	Policies  string `help:"Folder of Cedar policies of your own: forbids, and files that take the place of ours by name." placeholder:"DIR"`
	Sensitive string `help:"File of sensitive codes of your own (YAML, as record/access/sensitive.yaml): sets that are added to ours, or take the place of one by name." placeholder:"FILE"`
	OptOuts   string `help:"File of NHS numbers with a National Data Opt-out, one a line (numbers may end with a comma). Looked at again every 10 seconds; without it, or while it cannot be read, everybody counts as opted out of use beyond their own care." placeholder:"FILE"`
}

// policies loads the policies; nothing starts without them.
func (d deciding) policies() (*access.Policies, error) {
	if d.Policies == "" {
		return access.Standard(), nil
	}
	own, err := openFolder(d.Policies)
	if err != nil {
		return nil, err
	}
	return access.Load(own)
}

// sensitive reads the sensitive codes; nothing starts without them.
func (d deciding) sensitive() (*access.SensitiveCodes, error) {
	if d.Sensitive == "" {
		return access.StandardSensitive(), nil
	}
	text, err := os.ReadFile(d.Sensitive)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "access.sensitive", "the file of sensitive codes cannot be read: %s", d.Sensitive)
	}
	return access.LoadSensitive(text, d.Sensitive)
}

// optOuts reads the file of opt-outs; nil = there is none. Nothing starts on a file
// that cannot be read; what becomes of it later, see optOutFile.
func (d deciding) optOuts() (func(nhs string) (bool, error), error) {
	if d.OptOuts == "" {
		return nil, nil
	}
	f := &optOutFile{name: d.OptOuts, now: time.Now}
	if err := f.read(); err != nil {
		return nil, err
	}
	return f.ask, nil
}

type accessCmd struct {
	Explain explainCmd `cmd:"" help:"Tell why a user may or may not read a patient's resource, and what would change it."`
	Relabel relabelCmd `cmd:"" help:"Give what was written before its codes were listed as sensitive the labels that they ask for."`
	Check   checkCmd   `cmd:"" help:"Hold the policies against every stated property, for every case there is."`
}

type explainCmd struct {
	where
	User     string `help:"User name." required:""`
	Patient  string `help:"Id of the patient or person, or an NHS number." required:""`
	Resource string `help:"Type/id; without it, clinical content in general."`
	JSON     bool   `help:"Answer as JSON." name:"json"`
}

func (c *explainCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "explain", Client: c.User, Patient: c.Patient, Resource: c.Resource, JSON: c.JSON}, os.Stdout)
}

func (h *house) explain(ctx context.Context, req request, out io.Writer) error {
	a, err := h.accounts.Get(ctx, req.Client)
	if err != nil {
		return err
	}
	who := a.Requester()
	e, err := h.operator().Explain(ctx, who, access.Reason{Purpose: account.PurposeOf(who.Role)}, req.Patient, req.Resource)
	if err != nil {
		return err
	}
	if req.JSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(e)
	}
	outcome := map[bool]string{true: "allowed", false: "refused"}[e.Allowed]
	fmt.Fprintf(out, "%s (%s of %s): %s, by %s\n\nPolicies that spoke\n", e.User, e.Role, e.Org, outcome, e.Rule)
	for _, p := range e.Spoke {
		fmt.Fprintf(out, "  %s %s: %s\n", p.Effect, p.ID, p.Says)
	}
	fmt.Fprintln(out, "\nFacts")
	for _, f := range e.Facts {
		fmt.Fprintf(out, "  %s: %s\n", f.Name, f.Value)
	}
	fmt.Fprintln(out, "\nWho is known to look after the patient")
	for _, r := range e.Relations {
		fmt.Fprintf(out, "  %s %s: %s %s until %s\n", r.Org, r.Workgroup, r.How, r.Ref, r.Until.Format("2006-01-02 15:04"))
	}
	if len(e.Seals) > 0 {
		fmt.Fprintln(out, "\nSeals that stand, on what comes later too")
	}
	for _, s := range e.Seals {
		fmt.Fprintf(out, "  %s of %s: %s since %s, by %s: %s\n", s.Ref, s.Org, s.Label, s.Since.Format("2006-01-02 15:04"), cmp.Or(s.Who, "a client"), s.Why)
	}
	fmt.Fprintln(out, "\nIt would be otherwise if")
	for _, x := range e.Changes {
		fmt.Fprintf(out, "  %s (%s, by %s)\n", x.If, x.Then, x.Rule)
	}
	return nil
}

type checkCmd struct{ deciding }

func (c *checkCmd) Run() error {
	p, err := c.policies()
	if err != nil {
		return err
	}
	sensitive, err := c.sensitive()
	if err != nil {
		return err
	}
	sets, codes := sensitive.Count()
	fmt.Printf("%d sets of sensitive codes, %d codes and beginnings\n", sets, codes)
	n, broken := p.Check(access.Properties())
	fmt.Printf("%d cases, %d properties, %d broken\n", n, len(access.Properties()), len(broken))
	for _, b := range broken {
		fmt.Println(b)
	}
	if len(broken) > 0 {
		return errFindings
	}
	return nil
}
