package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"concord/exchange/feed"
	"concord/exchange/feed/channel"
	"concord/exchange/onboard/pack"
	"concord/fault"
	"concord/jobs"
	"concord/record"
	"concord/record/access"
	"concord/standard/uk"
)

// newFeeds makes the engine for what goes out.
func (h *house) newFeeds() *feed.Engine {
	o := feed.Options{Desk: h.desk, Now: time.Now, Zone: h.desk.Zone(), Log: h.log, Owner: h.owner(),
		Address: func(name string) string { return h.addresses[name] }}
	if h.shared {
		o.Lead = func(ctx context.Context, name string, f func(context.Context)) {
			l := &jobs.Lead{Engine: h.engine, Name: name, Owner: h.owner(), Life: 15 * time.Second, Now: time.Now}
			l.Run(ctx, f)
		}
	}
	return feed.New(o)
}

// addressesOf reads NAME=ADDRESS settings.
func addressesOf(list []string) (map[string]string, error) {
	out := map[string]string{}
	for _, s := range list {
		name, to, ok := strings.Cut(s, "=")
		if !ok || name == "" || to == "" {
			return nil, fault.New(fault.Invalid, "cli.destination", "%q is not NAME=ADDRESS", s)
		}
		out[name] = to
	}
	return out, nil
}

// because is the operator's errand for a reason in words.
func (h *house) because(why string) *record.Errand {
	return h.desk.For(access.Requester{ID: "operator", Name: "Operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity, Text: why})
}

// feed does a command on feeds.
func (h *house) feed(ctx context.Context, req request, out io.Writer) error {
	r := req.Channels
	if r == nil {
		return fault.New(fault.Invalid, "cli.command", "the command says nothing of feeds")
	}
	switch req.Command {
	case "feed-apply":
		set, problems := channel.Read(r.Files, r.Org)
		if len(problems) > 0 {
			return fault.New(fault.Invalid, "cli.channels", "%s", problems[0])
		}
		return h.applyChannels(ctx, r.Org, set, out)
	case "feed-list":
		return h.listFeeds(ctx, req.JSON, out)
	case "feed-systems":
		return h.listSystems(ctx, req.JSON, out)
	case "feed-steer":
		return h.steerFeed(ctx, r, out)
	case "feed-search":
		return h.searchFeed(ctx, r, req.JSON, out)
	case "feed-resend":
		return h.resendFeed(ctx, r, out)
	case "feed-aside":
		if err := h.because(r.Why).SetAside(ctx, r.Seqs[0], r.Why); err != nil {
			return err
		}
		fmt.Fprintf(out, "%d is set aside\n", r.Seqs[0])
		return nil
	}
	return fault.New(fault.Invalid, "cli.command", "unknown command")
}

// applyChannels makes a set the one that runs. A destination may not be called
// as a feed is: the pages tell both by name.
func (h *house) applyChannels(ctx context.Context, org string, set *channel.Set, out io.Writer) error {
	packs, err := pack.Running(ctx, h.operator())
	if err != nil {
		return err
	}
	for _, k := range packs {
		for _, f := range k.Feeds {
			if slices.ContainsFunc(set.Destinations, func(d channel.Destination) bool { return d.Name == f.Name }) {
				return fault.New(fault.Conflict, "feed.other-name", "%s is a feed of %s: call the destination otherwise", f.Name, k.Organisation.Code)
			}
		}
	}
	channels := h.desk.For(access.Requester{ID: "channels", Name: "Channels", Role: access.System, Org: org}, access.Reason{Purpose: access.DirectCare})
	changed, err := feed.Apply(ctx, h.officeOf(org), channels, org, set)
	if err != nil {
		return err
	}
	h.feeds.Applied()
	h.applier.Wake()
	h.unfed(org, set, packs, out)
	word := "nothing to change"
	if changed {
		word = "applied"
	}
	fmt.Fprintf(out, "%s: %d channels out, %d in, %d destinations, %d legacy systems: %s\n", org, len(set.Channels), len(set.Inbound), len(set.Destinations), len(set.Systems), word)
	return nil
}

// overview reads what runs and how it stands.
func (h *house) overview(ctx context.Context, e *record.Errand) (*feed.Overview, []feed.Kept, error) {
	sets, err := feed.Running(ctx, h.operator())
	if err != nil {
		return nil, nil, err
	}
	o, err := feed.Look(ctx, e, sets)
	return o, sets, err
}

func (h *house) listFeeds(ctx context.Context, asJSON bool, out io.Writer) error {
	o, _, err := h.overview(ctx, h.operator())
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(out).Encode(o)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CHANNEL\tOF\tTAKES\tTO\tSTATE")
	for _, c := range o.Channels {
		takes, state := "changes of the record", "open"
		if c.Relays() {
			takes = "messages of " + c.Source.Feed
		}
		if c.Paused != nil {
			state = "paused by " + c.Paused.By + ": " + c.Paused.Why
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.Name, c.Org, takes, strings.Join(c.Destinations, ", "), state)
	}
	if err := h.listInbound(ctx, o, w); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nDESTINATION\tOF\tWAITING\tHELD\tRETURNED\tSENT\tOLDEST\tSTATE")
	for _, d := range o.Destinations {
		oldest := "-"
		if !d.OldestDue.IsZero() {
			oldest = time.Since(d.OldestDue).Truncate(time.Second).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n", d.Destination.Name, d.Org, d.ByState[record.Waiting], d.ByState[record.Held],
			d.ByState[record.Returned], d.ByState[record.Sent]+d.ByState[record.Emptied], oldest, feedState(&d))
	}
	return w.Flush()
}

func feedState(d *feed.DestinationView) string {
	switch {
	case !d.Known:
		return "in no file"
	case d.Paused != nil:
		return "paused by " + d.Paused.By + ": " + d.Paused.Why
	case d.Stale(time.Now()):
		return "no server works on it"
	case d.Sending.State == "down":
		return "down: " + d.Sending.Error
	}
	return d.Sending.State
}

func (h *house) listSystems(ctx context.Context, asJSON bool, out io.Writer) error {
	_, sets, err := h.overview(ctx, h.operator())
	if err != nil {
		return err
	}
	list, err := feed.Register(ctx, h.operator(), sets, time.Now())
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(out).Encode(list)
	}
	for i := range list {
		s := &list[i]
		verdict := "may be switched off"
		if !s.MayGo() {
			verdict = "may not be switched off yet"
		}
		fmt.Fprintf(out, "%s  %s (%s), owner %s: %s", s.Org, s.Name, s.Code, s.Owner, verdict)
		if s.SwitchOff != "" {
			fmt.Fprintf(out, "; planned for %s", s.SwitchOff)
		}
		if s.Overdue {
			fmt.Fprint(out, ", which has passed")
		}
		fmt.Fprintln(out)
		for _, d := range s.Dependences {
			last := "never"
			if !d.Last.IsZero() {
				last = uk.DisplayDateTime(d.Last.In(h.desk.Zone()))
			}
			fmt.Fprintf(out, "    %s %s, last message %s\n", d.Kind, d.Name, last)
		}
		for _, why := range s.Reasons {
			fmt.Fprintf(out, "    - %s\n", why)
		}
	}
	if len(list) == 0 {
		fmt.Fprintln(out, "no legacy system is registered")
	}
	return nil
}

func (h *house) steerFeed(ctx context.Context, r *feedRequest, out io.Writer) error {
	o, _, err := h.overview(ctx, h.operator())
	if err != nil {
		return err
	}
	kind := record.DestinationPause
	org := o.Owner(kind, r.Name)
	if org == "" {
		kind = record.ChannelPause
		org = o.Owner(kind, r.Name)
	}
	if org == "" {
		kind = record.FeedPause
		if org, err = feed.OwnerOfFeed(ctx, h.operator(), r.Name); err != nil {
			return err
		}
	}
	if org == "" {
		return fault.New(fault.NotFound, "cli.feed", "there is no channel, feed or destination %s", r.Name)
	}
	if err := h.because(r.Why).Steer(ctx, kind, r.Name, org, r.Why, r.Pause); err != nil {
		return err
	}
	word := "goes on"
	if r.Pause {
		word = "is paused"
	}
	fmt.Fprintf(out, "the %s %s %s\n", kind, r.Name, word)
	h.applier.Wake()
	return nil
}

// outStates are the words for states of messages that go out.
func outStates() map[string][]record.State {
	return map[string][]record.State{"waiting": {record.Waiting}, "held": {record.Held}, "sent": {record.Sent, record.Emptied},
		"returned": {record.Returned}, "set-aside": {record.Closed}}
}

func (h *house) searchFeed(ctx context.Context, r *feedRequest, asJSON bool, out io.Writer) error {
	states, ok := outStates()[r.State]
	if r.State != "" && !ok {
		return fault.New(fault.Invalid, "cli.state", "a state is waiting, held, sent, returned or set-aside")
	}
	list, _, err := feed.Search(ctx, h.operator(), feed.Query{Destination: r.Destination, States: states, Control: r.Control, Event: r.Event, Before: r.Before, Limit: r.Limit})
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(out).Encode(list)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SEQUENCE\tFILED\tMESSAGE\tCONTROL ID\tSTATE\tREASON")
	for _, m := range list {
		state := "unknown"
		for word, s := range outStates() {
			if slices.Contains(s, m.State) {
				state = word
			}
		}
		reason := strings.TrimSpace(m.Code + " " + m.Place + " " + m.Text)
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", m.Seq, uk.DisplayDateTime(m.At.In(h.desk.Zone())), m.Trigger, m.Control, state, reason)
	}
	return w.Flush()
}

func (h *house) resendFeed(ctx context.Context, r *feedRequest, out io.Writer) error {
	e := h.because(r.Why)
	if len(r.Text) == 0 {
		n, err := e.Resend(ctx, r.Seqs)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%d of %d are sent again\n", n, len(r.Seqs))
		return nil
	}
	seq, differs, err := feed.ResendCorrected(ctx, e, r.Seqs[0], r.Text, r.Why)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d is sent corrected, as %d: %s\n", r.Seqs[0], seq, strings.Join(differs, ", "))
	return nil
}
