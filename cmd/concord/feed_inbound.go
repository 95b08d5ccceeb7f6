package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"concord/exchange/feed"
	"concord/exchange/feed/channel"
	"concord/exchange/intake"
	"concord/exchange/onboard/pack"
	"concord/record"
	"concord/standard/hl7v2"
)

// draftsOf tells what messages of an organisation's feeds make, for golden cases.
func draftsOf(org string, zone *time.Location) channel.Drafts {
	return func(c *channel.Inbound, m *hl7v2.Message) (string, error) {
		return intake.Tell(m, intake.Feed{Name: c.Source.String(), Trust: org, Zone: zone})
	}
}

// unfed tells of inbound channels whose feed no setting names: perhaps the name is
// wrong, or the feed is still to be set up.
func (h *house) unfed(org string, set *channel.Set, packs []pack.Kept, out io.Writer) {
	known := map[string]bool{}
	for _, f := range h.ownFeeds {
		known[f.FeedName()] = true
	}
	if k := pack.Find(packs, org); k != nil {
		for _, f := range k.Feeds {
			known[f.Name] = true
		}
	}
	for i := range set.Inbound {
		if c := &set.Inbound[i]; c.Source.Feed != "" && !known[c.Source.Feed] {
			fmt.Fprintf(out, "note: no feed of %s is set up as %s, which the channel %s takes\n", org, c.Source.Feed, c.Name)
		}
	}
}

// listInbound lists the channels for what comes in.
func (h *house) listInbound(ctx context.Context, o *feed.Overview, w io.Writer) error {
	sets, err := feed.Each(ctx, h.operator())
	if err != nil {
		return err
	}
	passed, err := h.operator().Passings(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "\nCHANNEL IN\tOF\tTAKES\tVERSION\tPASSED OVER\tSTATE")
	for _, k := range sets {
		if k.Err != nil {
			fmt.Fprintf(w, "-\t%s\t-\t%d\tcannot be read: its messages wait\t-\n", k.Org, k.Version)
			continue
		}
		for i := range k.Inbound {
			c := &k.Inbound[i]
			var rules []string
			for _, p := range passed {
				if p.Org == k.Org && p.Channel == c.Name {
					rules = append(rules, fmt.Sprintf("%d by %s", p.Messages, p.Rule))
				}
			}
			state := "open"
			for _, v := range o.Inbound {
				if v.Org == k.Org && v.Name == c.Name && v.Paused != nil {
					state = pausedWords(*v.Paused)
				}
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", c.Name, k.Org, c.Source, k.Version, cmp.Or(strings.Join(rules, ", "), "0"), state)
		}
	}
	return h.listPaused(ctx, o, w)
}

// listPaused lists the feeds that are paused, with what waits of them.
func (h *house) listPaused(ctx context.Context, o *feed.Overview, w io.Writer) error {
	if len(o.Paused) == 0 {
		return nil
	}
	list, err := h.operator().Feeds(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "\nFEED\tOF\tWAITING\tOLDEST\tSTATE")
	for _, f := range list {
		p, paused := o.Paused[f.Feed]
		if !paused {
			continue
		}
		oldest := "-"
		if !f.OldestDue.IsZero() {
			oldest = time.Since(f.OldestDue).Truncate(time.Second).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", f.Feed, f.Org, f.ByState[record.Received], oldest, pausedWords(p))
	}
	return nil
}

func pausedWords(p record.Pause) string { return "paused by " + p.By + ": " + p.Why }
