package feed

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"concord/exchange/feed/channel"
	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// keptSystem and keptCode are the code of the Basic resource that a set is kept
// in; keptText is the extension that holds it.
const (
	keptSystem = "urn:concord:code"
	keptCode   = "channels"
	keptText   = "urn:concord:channels"
)

func keptIdentifier(org string) string { return "urn:concord:" + org + ":channels" }

// Kept is the set of channels of an organisation that runs.
type Kept struct {
	*channel.Set
	Org     string
	Version int64 // of the Basic resource that it is kept in
	Err     error // why it cannot be read; then there is no set
	id      string
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
	var out []Kept
	ask := record.Asked{Types: []string{"Basic"}, Form: url.Values{"code": {keptSystem + "|" + keptCode}, "_count": {strconv.Itoa(record.MaxCount)}}}
	for items, err := range e.Pages(ctx, ask) {
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			body, err := it.Full()
			if err != nil {
				return nil, err
			}
			if k := keptIn(it, body); k.Org == it.Org { // nobody else's word counts
				out = append(out, k)
			}
		}
	}
	slices.SortFunc(out, func(a, b Kept) int { return strings.Compare(a.Org, b.Org) })
	return out, nil
}

func keptIn(it *record.Item, body *fhir.Value) Kept {
	k := Kept{Org: body.StrAt("subject.identifier.value"), Version: it.Version, id: it.ID}
	k.Err = fault.New(fault.Internal, "feed.kept", "channels that are kept have no text")
	for x := range body.Get("extension").Each() {
		if x.StrAt("url") != keptText {
			continue
		}
		set, problems := channel.Read(map[string][]byte{"kept.yaml": []byte(x.StrAt("valueString"))}, k.Org)
		if k.Set, k.Err = set, nil; len(problems) > 0 {
			k.Err = fault.New(fault.Internal, "feed.kept", "the channels that are kept cannot be read: %s", problems[0])
		}
		break
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
	owner := fhir.Obj("type", "Organization", "identifier", fhir.Obj("system", uk.ODSOrganization, "value", org))
	body := fhir.Obj("resourceType", "Basic",
		"extension", fhir.Arr(fhir.Obj("url", keptText, "valueString", string(text))),
		"identifier", fhir.Arr(fhir.Obj("system", keptIdentifier(org), "value", keptCode)),
		"code", fhir.Concept(keptSystem, keptCode, "", ""),
		"subject", owner)
	if before == nil {
		return record.Op{Kind: record.Update, Type: "Basic", Resource: body, OnlyNew: true, At: "Basic",
			Where: url.Values{"identifier": {keptIdentifier(org) + "|" + keptCode}}.Encode()}, nil
	}
	return record.Op{Kind: record.Update, Type: "Basic", ID: before.id, IfMatch: before.Version, Resource: body.With("id", before.id), At: "Basic"}, nil
}
