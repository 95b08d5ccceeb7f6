package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"concord/exchange/onboard/harmonise"
	"concord/fault"
	"concord/record/access"
)

type onboardBuildCmd struct {
	List      buildListCmd      `cmd:"" help:"List the joiner's codes: what is open first, with suggestions."`
	Catalogue buildCatalogueCmd `cmd:"" help:"Take in an organisation's catalogue; of the domain with --org QRV."`
	Decide    buildDecideCmd    `cmd:"" help:"Decide on a code: map, allow, variance or open."`
	Take      buildTakeCmd      `cmd:"" help:"Take in decisions that were made elsewhere (build.yaml)."`
	Export    buildExportCmd    `cmd:"" help:"Print the decisions, or the build as FHIR ConceptMaps."`
	Variances buildVariancesCmd `cmd:"" help:"Print the register of variances: what stays, or is allowed for now, with owner and reason."`
	Publish   buildPublishCmd   `cmd:"" help:"Write the codes of living feeds by the build as it stands from now on; a load does so when it is done."`
	Withdraw  buildWithdrawCmd  `cmd:"" help:"Write the codes of living feeds as they are sent again."`
	Published buildPublishedCmd `cmd:"" help:"Tell what living feeds go by, and which codes came that are not mapped."`
}

// ofJoiner says whose build is meant.
type ofJoiner struct {
	where   `embed:""`
	Org     string `help:"ODS code of the organisation that joins." required:"" placeholder:"ODS"`
	Extract string `help:"Front of an extract's id; without it the newest." placeholder:"ID"`
	JSON    bool   `help:"Print JSON."`
}

func (j ofJoiner) request(command string) request {
	return request{Command: command, Org: j.Org, Extract: j.Extract, JSON: j.JSON}
}

type buildListCmd struct {
	ofJoiner
	All bool `help:"List what is decided, too."`
}

func (c *buildListCmd) Run(ctx context.Context) error {
	req := c.request("build-list")
	req.All = c.All
	return perform(ctx, c.where, req, os.Stdout)
}

type buildCatalogueCmd struct {
	ofJoiner
	Dir string `arg:"" help:"Folder of the catalogue (docs/operate/harmonise.md)." name:"folder"`
}

func (c *buildCatalogueCmd) Run(ctx context.Context) error {
	files, err := folderFiles(c.Dir, harmonise.Files)
	if err != nil {
		return err
	}
	req := c.request("build-catalogue")
	req.Pack = files
	return perform(ctx, c.where, req, os.Stdout)
}

type buildDecideCmd struct {
	ofJoiner
	Kind  string `arg:"" help:"Kind of catalogue: results, drugs, wards, …"`
	Code  string `arg:"" help:"The joiner's code."`
	Verb  string `arg:"" help:"map, allow, variance or open." enum:"map,allow,variance,open"`
	To    string `help:"Target of map: SYSTEM|CODE, as the list shows it." placeholder:"SYSTEM|CODE"`
	Why   string `help:"The reason." required:""`
	Owner string `help:"Who answers for what is not mapped."`
	Until string `help:"Day on which what is allowed is looked at again (2027-03-31)." placeholder:"DAY"`
	Sure  bool   `help:"Confirm a drug of another name."`
}

func (c *buildDecideCmd) Run(ctx context.Context) error {
	req := c.request("build-decide")
	req.Kind, req.Code, req.Verb, req.To, req.Why, req.Owner, req.Until, req.Sure = c.Kind, c.Code, c.Verb, c.To, c.Why, c.Owner, c.Until, c.Sure
	return perform(ctx, c.where, req, os.Stdout)
}

type buildTakeCmd struct {
	ofJoiner
	File string `arg:"" help:"build.yaml of another system."`
}

func (c *buildTakeCmd) Run(ctx context.Context) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	req := c.request("build-take")
	req.Text = text
	return perform(ctx, c.where, req, os.Stdout)
}

type buildExportCmd struct {
	ofJoiner
	FHIR bool `help:"As FHIR R4 ConceptMaps, one a line." name:"fhir"`
}

func (c *buildExportCmd) Run(ctx context.Context) error {
	req := c.request("build-export")
	req.FHIR = c.FHIR
	return perform(ctx, c.where, req, os.Stdout)
}

type buildVariancesCmd struct{ ofJoiner }

func (c *buildVariancesCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, c.request("build-variances"), os.Stdout)
}

// buildCommand does a command on a build; the audit log says that it was done.
func (h *house) buildCommand(ctx context.Context, req request, out io.Writer) error {
	e := h.officeOf(req.Org)
	if err := e.Joining(ctx, access.Harmonise, req.Org, req.Command); err != nil {
		return err
	}
	switch req.Command {
	case "build-catalogue":
		return h.takeCatalogue(ctx, req, out)
	case "build-take":
		s, err := h.harmony.stage(req.Org)
		if err != nil {
			return err
		}
		n, err := harmonise.Take(s, req.Text)
		if err == nil {
			fmt.Fprintf(out, "%d decisions were taken in\n", n)
		}
		return err
	}
	switch req.Command {
	case "build-publish", "build-withdraw", "build-published":
		return h.publishing(ctx, req, out)
	}
	b, s, err := h.harmony.Build(ctx, req.Org, req.Extract)
	if err != nil {
		return err
	}
	switch req.Command {
	case "build-list":
		return tellBuild(out, b.Worklist(true), req)
	case "build-decide":
		ask := harmonise.Ask{Kind: harmonise.Kind(req.Kind), Code: req.Code, Verb: harmonise.Verb(req.Verb), Why: req.Why, Owner: req.Owner, Until: req.Until, Sure: req.Sure, Who: req.Org + "/operator"}
		if it := b.One(ask.Kind, ask.Code); it != nil && it.Decision != nil {
			ask.Seen = it.Decision.At
		}
		if system, code, ok := strings.Cut(req.To, "|"); ok {
			ask.To = harmonise.Coding{System: system, Code: code}
		}
		d, err := b.Decide(ask, time.Now())
		if err == nil {
			err = b.Keep(s, d)
		}
		if err == nil {
			fmt.Fprintf(out, "%s %s: %s\n", d.Kind, d.Code, d.Verb)
		}
		return err
	case "build-export":
		return exportBuild(out, b, s.Trust, req)
	}
	return tellVariances(out, b.Variances(), req.JSON)
}

// takeCatalogue takes a catalogue in; what is wrong with it are findings.
func (h *house) takeCatalogue(_ context.Context, req request, out io.Writer) error {
	c, problems := harmonise.Read(req.Org, req.Pack, req.Org == access.Domain)
	if len(problems) > 0 {
		for _, p := range problems {
			fmt.Fprintln(out, p)
		}
		return errFindings
	}
	s, err := h.harmony.stage(req.Org)
	if err != nil {
		return err
	}
	if err := harmonise.KeepCatalogue(s, c); err != nil {
		return err
	}
	h.harmony.forget()
	_, err = fmt.Fprintf(out, "%d entries of %s\n", len(c.Entries), req.Org)
	return err
}

// tellBuild prints a worklist; what is in the way of a load is a finding.
func tellBuild(out io.Writer, items []harmonise.Item, req request) error {
	sum := harmonise.Sum(items)
	if req.JSON {
		if err := json.NewEncoder(out).Encode(struct {
			Summary harmonise.Summary `json:"summary"`
			Items   []harmonise.Item  `json:"items"`
		}{sum, items}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "%d codes are open and rows have them, %d more are open; %d mapped, %d by policy, %d allowed, %d variances\n", sum.Blocks, sum.Codes[harmonise.Open]-sum.Blocks,
			sum.Codes[harmonise.Mapped], sum.Codes[harmonise.ByRule], sum.Codes[harmonise.Allowed], sum.Codes[harmonise.Stays])
		for i := range items {
			if it := &items[i]; req.All || it.State == harmonise.Open {
				tellItem(out, it)
			}
		}
	}
	if sum.Blocks > 0 {
		return errFindings
	}
	return nil
}

func tellItem(out io.Writer, it *harmonise.Item) {
	fmt.Fprintf(out, "%10d rows  %-11s %s  %s: %s\n", it.Rows, it.Kind, it.Code, it.Name, strings.TrimSpace(string(it.State)+" "+it.Why))
	if it.Target != nil {
		fmt.Fprintf(out, "                 → %s|%s  %s\n", it.Target.System, it.Target.Code, it.Target.Name)
	}
	for _, n := range it.Notes {
		fmt.Fprintf(out, "                 %s\n", n)
	}
	for _, s := range it.Suggestions {
		fmt.Fprintf(out, "             %3d %s|%s  %s: %s\n", s.Score, s.Target.System, s.Target.Code, s.Target.Name, strings.Join(append(s.Reasons, s.Against...), "; "))
	}
	for _, n := range it.LookAlikes {
		fmt.Fprintf(out, "                 looks like %s, which is another drug\n", n)
	}
}

func exportBuild(out io.Writer, b *harmonise.Build, org string, req request) error {
	if req.FHIR {
		for _, m := range b.ConceptMaps(time.Now()) {
			if _, err := fmt.Fprintf(out, "%s\n", m.JSON()); err != nil {
				return err
			}
		}
		return nil
	}
	text, err := b.Decisions()
	if err != nil {
		return err
	}
	if len(text) == 0 {
		return fault.New(fault.NotFound, "build.none", "nothing was decided for %s", path.Base(org))
	}
	_, err = out.Write(text)
	return err
}

func tellVariances(out io.Writer, list []harmonise.Decision, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(append([]harmonise.Decision{}, list...))
	}
	for _, d := range list {
		until := "stays"
		if d.Until != "" {
			until = "until " + d.Until
		}
		fmt.Fprintf(out, "%-11s %s  %s: %s, owner %s; %s on %s: %s\n", d.Kind, d.Code, d.Name, until, d.Owner, d.Who, d.At.Format(time.DateOnly), d.Why)
	}
	if len(list) == 0 {
		fmt.Fprintln(out, "there are no variances")
	}
	return nil
}
