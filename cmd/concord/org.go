package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"slices"

	"concord/exchange/intake"
	"concord/exchange/onboard/pack"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
)

type orgCmd struct {
	Check orgCheckCmd `cmd:"" help:"Hold org packs against the rules; names file, line, field and rule of each problem."`
	Diff  orgDiffCmd  `cmd:"" help:"Tell what a pack would change of what runs."`
	Apply orgApplyCmd `cmd:"" help:"Make a pack the one that runs, also beside a running server."`
	List  orgListCmd  `cmd:"" help:"List the organisations whose packs run."`
}

type orgCheckCmd struct {
	Packs []string `arg:"" help:"Folders of YAML (docs/operate/org-pack.md)." name:"folder"`
	JSON  bool     `help:"Print problems as JSON."`
}

func (c *orgCheckCmd) Run() error {
	var all []pack.Problem
	for _, dir := range c.Packs {
		files, err := folderFiles(dir, pack.Files)
		if err != nil {
			return err
		}
		p, problems := pack.Read(files)
		for i := range problems {
			problems[i].File = path.Join(dir, problems[i].File)
		}
		all = append(all, problems...)
		if p != nil && !c.JSON {
			fmt.Printf("%s %s: %d sites, %d wards, %d clinics, %d consultants, %d feeds\n", p.Organisation.Code, p.Organisation.Name,
				len(p.Sites), len(p.Wards), len(p.Clinics), len(p.Consultants), len(p.Feeds))
		}
	}
	return tellProblems(os.Stdout, all, c.JSON)
}

// tellProblems prints what is wrong with packs, which is a finding.
func tellProblems(out io.Writer, list []pack.Problem, asJSON bool) error {
	if asJSON {
		if err := json.NewEncoder(out).Encode(slices.Concat([]pack.Problem{}, list)); err != nil {
			return err
		}
	} else {
		for _, p := range list {
			fmt.Fprintln(out, p)
		}
	}
	if len(list) > 0 {
		return errFindings
	}
	return nil
}

type orgDiffCmd struct {
	where `embed:""`
	Pack  string `arg:"" help:"Folder of the pack." name:"folder"`
	JSON  bool   `help:"Print changes as JSON."`
}

func (c *orgDiffCmd) Run(ctx context.Context) error {
	return performPack(ctx, c.where, "org-diff", c.Pack, c.JSON)
}

type orgApplyCmd struct {
	where `embed:""`
	Pack  string `arg:"" help:"Folder of the pack." name:"folder"`
	JSON  bool   `help:"Print changes as JSON."`
}

func (c *orgApplyCmd) Run(ctx context.Context) error {
	if err := performPack(ctx, c.where, "org-apply", c.Pack, c.JSON); err != nil {
		return err
	}
	if _, err := os.Stat(path.Join(c.Pack, "channels")); err != nil || c.JSON {
		return nil // JSON is of the pack alone: channels have their own command
	}
	return (&feedApplyCmd{where: c.where, Folder: c.Pack}).Run(ctx)
}

type orgListCmd struct {
	where `embed:""`
}

func (c *orgListCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "org-list"}, os.Stdout)
}

// performPack reads the files of a pack here, and does the rest where the data
// are.
func performPack(ctx context.Context, w where, command, dir string, asJSON bool) error {
	files, err := folderFiles(dir, pack.Files)
	if err != nil {
		return err
	}
	if _, problems := pack.Read(files); len(problems) > 0 {
		return tellProblems(os.Stdout, problems, asJSON)
	}
	req := request{Command: command, Pack: files, JSON: asJSON}
	return perform(ctx, w, req, os.Stdout)
}

// org does a command on packs.
func (h *house) org(ctx context.Context, req request, out io.Writer) error {
	if req.Command == "org-list" {
		return h.listPacks(ctx, out)
	}
	next, problems := pack.Read(req.Pack)
	if len(problems) > 0 {
		return tellProblems(out, problems, req.JSON)
	}
	e := h.officeOf(next.Organisation.Code)
	var changes []pack.Change
	var err error
	if req.Command == "org-diff" {
		changes, err = h.diffPack(ctx, e, next)
	} else {
		changes, err = h.applyPack(ctx, e, next)
	}
	if err != nil {
		return err
	}
	return tellChanges(out, changes, req.JSON)
}

// officeOf is the errand of an operator who acts for an organisation, so that
// what is written is the organisation's own.
func (h *house) officeOf(org string) *record.Errand {
	return h.desk.For(access.Requester{ID: "operator", Name: "Operator", Role: access.Operator, Org: org}, access.Reason{Purpose: access.Integrity})
}

func (h *house) diffPack(ctx context.Context, e *record.Errand, next *pack.Pack) ([]pack.Change, error) {
	running, err := pack.Running(ctx, e)
	if err != nil {
		return nil, err
	}
	if kept := pack.Find(running, next.Organisation.Code); kept != nil {
		return pack.Diff(kept.Pack, next), nil
	}
	return pack.Diff(nil, next), nil
}

// applyPack applies a pack, makes its teams, and reads its feeds from now on.
func (h *house) applyPack(ctx context.Context, e *record.Errand, next *pack.Pack) ([]pack.Change, error) {
	changes, err := pack.Apply(ctx, e, next)
	if err != nil {
		return nil, err
	}
	h.harmony.forget() // its places are what codes can be mapped to
	office := h.accounts.Office(e)
	for _, t := range next.Teams {
		err := office.AddWorkgroup(ctx, account.Workgroup{Org: next.Organisation.Code, Code: t.Code, Name: t.Name})
		if err != nil && fault.Of(err).Code != "account.workgroup-taken" {
			return nil, err
		}
	}
	return changes, h.usePacks(ctx)
}

// usePacks goes by the packs that run from now on: their feeds are read after those
// of the settings file, and pages have their letterheads and roles.
func (h *house) usePacks(ctx context.Context) error {
	running, err := pack.Running(ctx, h.operator())
	if err != nil {
		return err
	}
	h.packs.Store(&running)
	settings := slices.Clone(h.ownFeeds)
	for _, k := range running {
		for _, f := range k.Feeds {
			settings = append(settings, intake.FeedSetting{Sender: f.Sender, Facility: f.Facility, Name: f.Name, Trust: k.Organisation.Code, Ack: f.Ack, Accept: f.Accept})
		}
	}
	return h.receiver.Feeds().Use(settings)
}

// runningPacks are the packs that run, as they were when the server was started or
// one was applied: pages ask for them each time.
func (h *house) runningPacks() []pack.Kept {
	if p := h.packs.Load(); p != nil {
		return *p
	}
	return nil
}

func (h *house) listPacks(ctx context.Context, out io.Writer) error {
	running, err := pack.Running(ctx, h.operator())
	if err != nil {
		return err
	}
	for _, k := range running {
		fmt.Fprintf(out, "%s  version %d  %s: %d sites, %d wards, %d clinics, %d consultants, %d feeds\n", k.Organisation.Code, k.Version, k.Organisation.Name,
			len(k.Sites), len(k.Wards), len(k.Clinics), len(k.Consultants), len(k.Feeds))
	}
	if len(running) == 0 {
		fmt.Fprintln(out, "no pack runs")
	}
	return nil
}

func tellChanges(out io.Writer, changes []pack.Change, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(slices.Concat([]pack.Change{}, changes))
	}
	for _, c := range changes {
		fmt.Fprintln(out, c)
	}
	if len(changes) == 0 {
		fmt.Fprintln(out, "nothing to change")
	}
	return nil
}
