package intake

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"concord/record"
	"concord/standard/hl7v2"
)

// holds are the messages that are kept and not applied: those of organisations whose
// feeds are held, and of feeds and channels that are paused. The record says which:
// every process that applies looks there before each step, so that a hold outlives a
// restart and holds in all.
type holds struct {
	orgs   []string
	paused []string // "feed/NAME" and "channel/NAME"
	told   time.Time
}

// look reads what is held now; changed tells that it is no longer what it was, so
// that messages which were passed over may have to be taken up.
func (h *holds) look(ctx context.Context, journal *record.Errand) (changed bool, err error) {
	now, err := journal.FeedsHeld(ctx)
	if err != nil {
		return false, err
	}
	pauses, err := journal.Pauses(ctx)
	if err != nil {
		return false, err
	}
	maps.DeleteFunc(pauses, func(what string, _ record.Pause) bool { return strings.HasPrefix(what, record.DestinationPause+"/") })
	orgs, paused := slices.Sorted(maps.Keys(now)), slices.Sorted(maps.Keys(pauses))
	if !slices.Equal(paused, h.paused) {
		h.told = time.Time{}
	}
	changed = !slices.Equal(orgs, h.orgs) || !slices.Equal(paused, h.paused)
	h.orgs, h.paused = orgs, paused
	return changed, nil
}

// has tells whether a message waits: by the organisation that it was journalled
// for, by its feed, or by the channel that takes it.
func (h *holds) has(m *record.Message, channelOf func(*record.Message) string) bool {
	if _, held := slices.BinarySearch(h.orgs, m.Org); held {
		return true
	}
	if len(h.paused) == 0 {
		return false
	}
	if h.is(record.FeedPause, m.Feed) {
		return true
	}
	if !slices.ContainsFunc(h.paused, func(what string) bool { return strings.HasPrefix(what, record.ChannelPause+"/") }) {
		return false
	}
	name := channelOf(m)
	return name != "" && h.is(record.ChannelPause, name)
}

func (h *holds) is(kind, name string) bool {
	_, paused := slices.BinarySearch(h.paused, kind+"/"+name)
	return paused
}

// pausedAlarm is how often the log says that messages wait for a pause to end.
const pausedAlarm = time.Hour

// alarm says that a message waits since something is paused, now and then: whoever
// paused it may have forgotten.
func (h *holds) alarm(m *record.Message, now time.Time, log *slog.Logger) {
	if _, held := slices.BinarySearch(h.orgs, m.Org); held || len(h.paused) == 0 || now.Sub(h.told) < pausedAlarm {
		return
	}
	h.told = now
	log.Warn("messages wait: something is paused", "paused", strings.Join(h.paused, " "), "feed", m.Feed, "organisation", m.Org, "came", m.At)
}

// channelOf is the channel for what comes in that takes a message, "" when none does or
// the message cannot be read: then it is no channel's, and becomes a dead letter.
func (a *Applier) channelOf(row *record.Message) string {
	if a.rules == nil {
		return ""
	}
	m, err := hl7v2.Parse(row.Raw)
	if err != nil {
		return ""
	}
	feed := a.feedOf(row, m)
	set := a.rules.Channels[feed.Trust].Set
	if set == nil {
		return ""
	}
	if c := set.InboundOf(feed.Name, m.Header()); c != nil {
		return c.Name
	}
	return ""
}

// feedOf is the feed of a message: where its settings name no trust, its listener's.
func (a *Applier) feedOf(row *record.Message, m *hl7v2.Message) Feed {
	feed := a.feeds.Of(m.Header())
	if feed.Trust == "" && row.Org != Domain {
		feed.Trust = row.Org
	}
	return feed
}
