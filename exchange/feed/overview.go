package feed

import (
	"cmp"
	"context"
	"slices"
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

// Overview is how everything that goes out stands.
type Overview struct {
	Channels     []ChannelView
	Destinations []DestinationView
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
	out := &Overview{}
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
	for _, c := range o.Channels {
		if c.Name == name {
			return c.Org
		}
	}
	return ""
}
