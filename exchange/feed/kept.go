package feed

import (
	"context"
	"slices"

	"concord/exchange/feed/channel"
	"concord/exchange/kept"
	"concord/fault"
	"concord/record"
)

// keptSets is the kind of text that a set is kept as; keptText is where it says it.
const (
	keptSets = kept.Kind("channels")
	keptText = "urn:concord:channels"
)

// Kept is the set of channels of an organisation that runs.
type Kept struct {
	*channel.Set
	Org     string
	Version int64 // of what it is kept as
	Err     error // why it cannot be read; then there is no set
	kept    *kept.Text
}

// Running gives the sets that run, by code of organisation.
func Running(ctx context.Context, e *record.Errand) ([]Kept, error) {
	list, err := Each(ctx, e)
	for _, k := range list {
		if err == nil {
			err = k.Err
		}
	}
	return list, err
}

// Each is Running in which a set that cannot be read says so, and the others do not
// suffer from it.
func Each(ctx context.Context, e *record.Errand) ([]Kept, error) {
	list, err := keptSets.All(ctx, e)
	var out []Kept
	for i := range list {
		out = append(out, keptIn(&list[i]))
	}
	return out, err
}

func keptIn(t *kept.Text) Kept {
	k := Kept{Org: t.Org, Version: t.Version, kept: t}
	text := t.Parts(keptText)
	if len(text) == 0 {
		k.Err = fault.New(fault.Internal, "feed.kept", "channels that are kept have no text")
		return k
	}
	set, problems := channel.Read(map[string][]byte{"kept.yaml": []byte(text[0])}, k.Org)
	if k.Set = set; len(problems) > 0 {
		k.Err = fault.New(fault.Internal, "feed.kept", "the channels that are kept cannot be read: %s", problems[0])
	}
	return k
}

// Apply makes a set the one that runs, and says whether that changed anything.
// A channel that is new takes what comes from now on; channels is the errand of
// the organisation's own. Errors: Conflict
// "feed.other-name" when another organisation has a destination or channel of
// that name; "store.version", "record.exists" when the set was changed
// meanwhile.
func Apply(ctx context.Context, e *record.Errand, channels *record.Errand, org string, next *channel.Set) (bool, error) {
	running, err := Each(ctx, e)
	if err != nil {
		return false, err
	}
	var before *Kept
	for i := range running {
		if running[i].Org == org {
			before = &running[i]
		} else if running[i].Err != nil {
			continue // it runs nothing
		} else if err := agree(&running[i], next); err != nil {
			return false, err
		}
	}
	for i := range next.Channels { // first, so that nothing falls between
		if err := channels.Begin(ctx, next.Channels[i].Name, next.Channels[i].Source.Feed); err != nil {
			return false, err
		}
	}
	if before != nil && before.Err == nil && channel.Same(before.Set, next) {
		return false, nil
	}
	op, err := keep(before, org, next)
	if err != nil {
		return false, err
	}
	if _, err = e.Transact(ctx, []record.Op{op}, record.Commit{}); err != nil {
		return false, err
	}
	return true, channels.MarkApplied(ctx)
}

// agree refuses a name that another organisation has: queues go by names.
func agree(other *Kept, next *channel.Set) error {
	for _, d := range next.Destinations {
		if slices.ContainsFunc(other.Destinations, func(o channel.Destination) bool { return o.Name == d.Name }) {
			return fault.New(fault.Conflict, "feed.other-name", "the destination %s belongs to %s", d.Name, other.Org)
		}
	}
	names := map[string]bool{}
	for _, name := range other.names() {
		names[name] = true
	}
	for _, name := range (&Kept{Set: next}).names() {
		if names[name] {
			return fault.New(fault.Conflict, "feed.other-name", "the channel %s belongs to %s", name, other.Org)
		}
	}
	return nil
}

// names are those of all channels of a set.
func (k *Kept) names() []string {
	var out []string
	for i := range k.Channels {
		out = append(out, k.Channels[i].Name)
	}
	for i := range k.Inbound {
		out = append(out, k.Inbound[i].Name)
	}
	return out
}

// keep writes the set, on the condition that nobody else has.
func keep(before *Kept, org string, next *channel.Set) (record.Op, error) {
	text, err := next.Text()
	if err != nil {
		return record.Op{}, err
	}
	var was *kept.Text
	if before != nil {
		was = before.kept
	}
	return keptSets.Write(was, org, "", kept.Part{URL: keptText, Text: string(text)}), nil
}
