package feed

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"concord/exchange/feed/channel"
	"concord/record"
)

// ChannelView is a channel as the pages and the command show it.
type ChannelView struct {
	Org string
	*channel.Channel
	Paused *record.Pause
}

// InboundView is a channel for what comes in as the pages and the command show it.
type InboundView struct {
	Org string
	*channel.Inbound
	Paused *record.Pause
}

// DestinationView is a destination as the pages and the command show it.
type DestinationView struct {
	Org string
	channel.Destination
	record.DestinationStatus
	Channels []string
	// Known is false of a queue whose destination no file names any more: what
	// is in it stays, and nothing sends it.
	Known bool
}

// Overview is how the channels and everything that goes out stand, and which feeds are
// paused.
type Overview struct {
	Channels     []ChannelView
	Inbound      []InboundView
	Destinations []DestinationView
	Paused       map[string]record.Pause // feeds that come in, by name
}

// staleAfter is how long a sender may say nothing before it counts as gone.
const staleAfter = 3 * seenEvery

// Stale tells that no process works on the destination.
func (d *DestinationView) Stale(now time.Time) bool {
	return d.Known && now.Sub(d.Sending.Seen) > staleAfter
}

// Depth is how many messages are still to be sent.
func (d *DestinationView) Depth() int64 {
	return d.ByState[record.Waiting] + d.ByState[record.Held]
}

// Look gathers the overview, by what the requester may see.
func Look(ctx context.Context, e *record.Errand, sets []Kept) (*Overview, error) {
	stats, pauses, err := e.Destinations(ctx)
	if err != nil {
		return nil, err
	}
	byName := map[string]record.DestinationStatus{}
	for _, s := range stats {
		byName[s.Destination] = s
	}
	out := &Overview{Paused: map[string]record.Pause{}}
	for what, p := range pauses {
		if name, is := strings.CutPrefix(what, record.FeedPause+"/"); is {
			out.Paused[name] = p
		}
	}
	for i := range sets {
		k := &sets[i]
		users := map[string][]string{}
		for j := range k.Channels {
			c := &k.Channels[j]
			v := ChannelView{Org: k.Org, Channel: c}
			if p, ok := pauses[record.ChannelPause+"/"+c.Name]; ok {
				v.Paused = &p
			}
			out.Channels = append(out.Channels, v)
			for _, d := range c.Destinations {
				users[d] = append(users[d], c.Name)
			}
		}
		for j := range k.Inbound {
			v := InboundView{Org: k.Org, Inbound: &k.Inbound[j]}
			if p, ok := pauses[record.ChannelPause+"/"+v.Name]; ok {
				v.Paused = &p
			}
			out.Inbound = append(out.Inbound, v)
		}
		for _, d := range k.Destinations {
			s, seen := byName[d.Name]
			if !seen {
				s.Destination = d.Name
				if p, ok := pauses[record.DestinationPause+"/"+d.Name]; ok {
					s.Paused = &p
				}
			}
			out.Destinations = append(out.Destinations, DestinationView{Org: k.Org, Destination: d, DestinationStatus: s, Channels: users[d.Name], Known: true})
			delete(byName, d.Name)
		}
	}
	for name, s := range byName {
		if len(s.ByState) > 0 {
			out.Destinations = append(out.Destinations, DestinationView{Org: s.Org, Destination: channel.Destination{Name: name}, DestinationStatus: s})
		}
	}
	slices.SortFunc(out.Destinations, func(a, b DestinationView) int {
		return cmp.Or(cmp.Compare(a.Org, b.Org), cmp.Compare(a.Destination.Name, b.Destination.Name))
	})
	return out, nil
}

// Find gives the destination of a name, nil when there is none.
func (o *Overview) Find(name string) *DestinationView {
	for i := range o.Destinations {
		if o.Destinations[i].Destination.Name == name {
			return &o.Destinations[i]
		}
	}
	return nil
}

// Owner is the organisation of a channel or destination, "" when there is none
// of that name.
func (o *Overview) Owner(kind, name string) string {
	if kind == record.DestinationPause {
		if d := o.Find(name); d != nil {
			return d.Org
		}
		return ""
	}
	if kind != record.ChannelPause {
		return ""
	}
	for _, c := range o.Channels {
		if c.Name == name {
			return c.Org
		}
	}
	for _, c := range o.Inbound {
		if c.Name == name {
			return c.Org
		}
	}
	return ""
}

// OwnerOfFeed is the organisation for which a feed that comes in is journalled, "" when
// nothing ever came from it.
func OwnerOfFeed(ctx context.Context, e *record.Errand, name string) (string, error) {
	list, err := e.Feeds(ctx)
	for _, f := range list {
		if f.Feed == name {
			return f.Org, err
		}
	}
	return "", err
}
