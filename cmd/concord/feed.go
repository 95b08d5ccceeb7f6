package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"concord/exchange/feed/channel"
	"concord/exchange/onboard/pack"
	"concord/fault"
)

type feedCmd struct {
	List    feedListCmd    `cmd:"" help:"List channels and destinations, and how each stands."`
	Test    feedTestCmd    `cmd:"" help:"Run the golden messages beside channel files."`
	Apply   feedApplyCmd   `cmd:"" help:"Make the channels of an org pack those that run, also beside a running server."`
	Pause   feedPauseCmd   `cmd:"" help:"Let a channel or destination stand still."`
	Resume  feedResumeCmd  `cmd:"" help:"Let it go on."`
	Search  feedSearchCmd  `cmd:"" help:"List messages to a destination, newest first."`
	Resend  feedResendCmd  `cmd:"" help:"Send messages again, as they were or corrected."`
	Aside   feedAsideCmd   `cmd:"" name:"set-aside" help:"Give up a message that was returned: what is held behind it goes on."`
	Systems feedSystemsCmd `cmd:"" help:"The register of legacy systems: what depends on each, and whether it may be switched off."`
}

// feedRequest is a command on feeds for the server at the socket.
type feedRequest struct {
	Org         string            `json:"org,omitempty"`
	Files       map[string][]byte `json:"files,omitempty"`
	Kind        string            `json:"kind,omitempty"` // "channel" or "destination"
	Name        string            `json:"name,omitempty"`
	Why         string            `json:"why,omitempty"`
	Pause       bool              `json:"pause,omitempty"`
	State       string            `json:"state,omitempty"`
	Control     string            `json:"control,omitempty"`
	Event       string            `json:"event,omitempty"`
	Limit       int               `json:"limit,omitempty"`
	Before      int64             `json:"before,omitempty"`
	Seqs        []int64           `json:"seqs,omitempty"`
	Text        []byte            `json:"text,omitempty"`
	Destination string            `json:"destination,omitempty"`
}

type feedTestCmd struct {
	Folders []string `arg:"" help:"Org packs, or their folders of channels." name:"folder"`
	Org     string   `help:"Organisation, where the folder is not within a pack." placeholder:"ODS"`
	Update  bool     `help:"Write what each case gives now; read what differs before you keep it."`
	JSON    bool     `help:"Print outcomes as JSON."`
}

func (c *feedTestCmd) Run() error {
	wrong := 0
	for _, folder := range c.Folders {
		dir, org, err := channelFolder(folder, c.Org)
		if err != nil {
			return err
		}
		n, err := c.test(dir, org)
		if err != nil {
			return err
		}
		wrong += n
	}
	if wrong > 0 {
		return errFindings
	}
	return nil
}

// channelFolder finds the channels of a pack, and whose they are.
func channelFolder(folder, org string) (dir, code string, err error) {
	dir = filepath.Join(folder, "channels")
	if _, err := os.Stat(dir); err != nil {
		dir, folder = folder, filepath.Dir(filepath.Clean(folder))
	}
	if _, err := os.Stat(dir); err != nil {
		return "", "", fault.New(fault.Invalid, "cli.folder", "there is no folder %s", dir)
	}
	if org != "" {
		return dir, org, nil
	}
	if names, err := filepath.Glob(filepath.Join(folder, "*.yaml")); err != nil || len(names) == 0 { // another's folder is not looked through
		return "", "", fault.New(fault.Invalid, "cli.channels", "no org pack stands in %s: say whose channels these are with --org", folder)
	}
	files, err := folderFiles(folder, pack.Files)
	if err != nil {
		return "", "", err
	}
	p, problems := pack.Read(files)
	if len(problems) > 0 {
		return "", "", fault.New(fault.Invalid, "cli.channels", "the org pack has problems: %s", problems[0])
	}
	return dir, p.Organisation.Code, nil
}

func (c *feedTestCmd) test(dir, org string) (wrong int, err error) {
	set, err := readChannels(dir, org, c.JSON)
	if err != nil || set == nil {
		return 1, err
	}
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return 0, err
	}
	if c.Update {
		return 0, updateGolden(set, dir, org, zone)
	}
	golden, err := openFolder(dir)
	if err != nil {
		return 0, err
	}
	outcomes, err := set.Test(golden, zone)
	if err != nil {
		return 0, err
	}
	outcomes = append(outcomes, set.TestInbound(golden, draftsOf(org, zone))...)
	spare, err := set.GoldenFiles(golden)
	if err != nil {
		return 0, err
	}
	for _, name := range spare {
		outcomes = append(outcomes, channel.Outcome{File: name, Problem: "no channel has these golden messages"})
	}
	for _, o := range outcomes {
		if !o.Passed() {
			wrong++
		}
	}
	if c.JSON {
		return wrong, json.NewEncoder(os.Stdout).Encode(outcomes)
	}
	for _, o := range outcomes {
		tellOutcome(os.Stdout, filepath.Join(dir, o.File), o)
	}
	fmt.Printf("%s: %d channels out, %d in, %d cases, %d wrong\n", dir, len(set.Channels), len(set.Inbound), len(outcomes), wrong)
	return wrong, nil
}

func tellOutcome(out io.Writer, path string, o channel.Outcome) {
	switch {
	case o.Passed():
	case o.Problem != "":
		fmt.Fprintf(out, "%s:%d: case %d: %s\n", path, max(o.Line, 1), o.Case, o.Problem)
	default:
		fmt.Fprintf(out, "%s:%d: case %d gives something else\n--- says\n%s\n--- gives\n%s\n", path, o.Line, o.Case, o.Want, o.Got)
	}
}

func updateGolden(set *channel.Set, dir, org string, zone *time.Location) error {
	update := func(name string, now func(text string) (string, error)) error {
		path := filepath.Join(dir, name+".golden")
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		next, err := now(string(text))
		if err != nil {
			return err
		}
		return os.WriteFile(path, []byte(next), 0o644)
	}
	for i := range set.Channels {
		c := &set.Channels[i]
		if err := update(c.Name, func(text string) (string, error) { return c.Update(text, zone) }); err != nil {
			return err
		}
	}
	for i := range set.Inbound {
		c := &set.Inbound[i]
		if err := update(c.Name, func(text string) (string, error) { return c.Update(text, draftsOf(org, zone)) }); err != nil {
			return err
		}
	}
	return nil
}

// readChannels reads a folder; nil when it has problems, which it prints.
func readChannels(dir, org string, asJSON bool) (*channel.Set, error) {
	files, err := folderFiles(dir, channel.Files)
	if err != nil {
		return nil, err
	}
	set, problems := channel.Read(files, org)
	if asJSON && len(problems) > 0 {
		return nil, json.NewEncoder(os.Stdout).Encode(problems)
	}
	for _, p := range problems {
		p.File = filepath.Join(dir, p.File)
		fmt.Println(p)
	}
	return set, nil
}

type feedApplyCmd struct {
	where  `embed:""`
	Folder string `arg:"" help:"Org pack, or its folder of channels." name:"folder"`
	Org    string `help:"Organisation, where the folder is not within a pack." placeholder:"ODS"`
	Untold bool   `help:"Apply also where golden messages are wrong or missing." name:"without-golden"`
}

func (c *feedApplyCmd) Run(ctx context.Context) error {
	dir, org, err := channelFolder(c.Folder, c.Org)
	if err != nil {
		return err
	}
	if !c.Untold {
		wrong, err := (&feedTestCmd{}).test(dir, org)
		if err != nil {
			return err
		}
		if wrong > 0 {
			return errFindings
		}
	} else if set, err := readChannels(dir, org, false); err != nil || set == nil {
		return orFindings(err)
	}
	files, err := folderFiles(dir, channel.Files)
	if err != nil {
		return err
	}
	return performFeed(ctx, c.where, "feed-apply", feedRequest{Org: org, Files: files})
}

func orFindings(err error) error {
	if err != nil {
		return err
	}
	return errFindings
}

func performFeed(ctx context.Context, w where, command string, r feedRequest) error {
	return perform(ctx, w, request{Command: command, Channels: &r}, os.Stdout)
}

type feedListCmd struct {
	where `embed:""`
	JSON  bool `help:"Print JSON."`
}

func (c *feedListCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "feed-list", JSON: c.JSON, Channels: &feedRequest{}}, os.Stdout)
}

type feedSystemsCmd struct {
	where `embed:""`
	JSON  bool `help:"Print JSON."`
}

func (c *feedSystemsCmd) Run(ctx context.Context) error {
	return perform(ctx, c.where, request{Command: "feed-systems", JSON: c.JSON, Channels: &feedRequest{}}, os.Stdout)
}

// steered is what is paused or resumed.
type steered struct {
	Name   string `arg:"" help:"Channel, feed or destination."`
	Reason string `help:"Why, in words." required:"" placeholder:"WORDS"`
}

type feedPauseCmd struct {
	where `embed:""`
	steered
}

func (c *feedPauseCmd) Run(ctx context.Context) error {
	return performFeed(ctx, c.where, "feed-steer", feedRequest{Name: c.Name, Why: c.Reason, Pause: true})
}

type feedResumeCmd struct {
	where `embed:""`
	steered
}

func (c *feedResumeCmd) Run(ctx context.Context) error {
	return performFeed(ctx, c.where, "feed-steer", feedRequest{Name: c.Name, Why: c.Reason})
}

type feedSearchCmd struct {
	where       `embed:""`
	Destination string `arg:"" help:"Destination."`
	State       string `help:"waiting, held, sent, returned, set-aside." placeholder:"STATE"`
	Control     string `help:"Control id (MSH-10)." placeholder:"ID"`
	Event       string `help:"Message type, such as ADT^A01." placeholder:"TYPE"`
	Before      int64  `help:"Sequence below which to go on."`
	Limit       int    `help:"How many at most." default:"50"`
	JSON        bool   `help:"Print JSON."`
}

func (c *feedSearchCmd) Run(ctx context.Context) error {
	r := feedRequest{Destination: c.Destination, State: c.State, Control: c.Control, Event: c.Event, Limit: c.Limit, Before: c.Before}
	return perform(ctx, c.where, request{Command: "feed-search", JSON: c.JSON, Channels: &r}, os.Stdout)
}

type feedResendCmd struct {
	where     `embed:""`
	Sequences []int64 `arg:"" help:"Sequences of messages." name:"sequence"`
	Corrected string  `help:"File with the text to send in the place of the one message named; the original stays." placeholder:"FILE"`
	Reason    string  `help:"Why, in words." required:"" placeholder:"WORDS"`
}

func (c *feedResendCmd) Run(ctx context.Context) error {
	r := feedRequest{Seqs: c.Sequences, Why: c.Reason}
	if c.Corrected != "" {
		if len(c.Sequences) != 1 {
			return fault.New(fault.Invalid, "cli.corrected", "--corrected is for one message")
		}
		var err error
		if r.Text, err = os.ReadFile(c.Corrected); err != nil {
			return err
		}
	}
	return performFeed(ctx, c.where, "feed-resend", r)
}

type feedAsideCmd struct {
	where    `embed:""`
	Sequence int64  `arg:"" help:"Sequence of the message."`
	Reason   string `help:"Why, in words." required:"" placeholder:"WORDS"`
}

func (c *feedAsideCmd) Run(ctx context.Context) error {
	return performFeed(ctx, c.where, "feed-aside", feedRequest{Seqs: []int64{c.Sequence}, Why: c.Reason})
}
