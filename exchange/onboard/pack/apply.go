package pack

import (
	"context"
	"net/url"
	"slices"

	"concord/exchange/kept"
	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// keptPacks is the kind of text that a pack is kept as; keptText is where it says it.
const (
	keptPacks = kept.Kind("org-pack")
	keptText  = "urn:concord:org-pack"
)

// Kept is a pack that runs.
type Kept struct {
	*Pack
	Version int64 // of what it is kept as
	kept    *kept.Text
}

// Running gives the packs that run, by code of organisation.
func Running(ctx context.Context, e *record.Errand) ([]Kept, error) {
	list, err := keptPacks.All(ctx, e)
	if err != nil {
		return nil, err
	}
	var out []Kept
	for i := range list {
		text := list[i].Parts(keptText)
		if len(text) == 0 {
			return nil, fault.New(fault.Internal, "pack.kept", "a pack that is kept has no text")
		}
		p, err := Parse([]byte(text[0]))
		if err != nil {
			return nil, err
		}
		if p.Organisation.Code == list[i].Org { // nobody else's word counts
			out = append(out, Kept{p, list[i].Version, &list[i]})
		}
	}
	return out, nil
}

// Find gives the pack of one organisation among those that run, nil if it has
// none.
func Find(running []Kept, code string) *Kept {
	for i := range running {
		if running[i].Organisation.Code == code {
			return &running[i]
		}
	}
	return nil
}

// Apply makes a pack the one that runs: what differs is written in one
// transaction, with the pack itself; the same pack writes nothing. Errors:
// Conflict "pack.other-site", "pack.other-feed" when another organisation owns
// a site or sender; "store.version" or "record.exists" when the pack was
// changed meanwhile.
func Apply(ctx context.Context, e *record.Errand, next *Pack) ([]Change, error) {
	running, err := Running(ctx, e)
	if err != nil {
		return nil, err
	}
	if err := agree(running, next); err != nil {
		return nil, err
	}
	was := Find(running, next.Organisation.Code)
	var before *Pack
	if was != nil {
		before = was.Pack
	}
	changes := Diff(before, next)
	if len(changes) == 0 {
		return nil, nil
	}
	ops := writes(before, next)
	own, err := keep(was, next)
	if err != nil {
		return nil, err
	}
	_, err = e.Transact(ctx, append(ops, own), record.Commit{})
	return changes, err
}

// agree refuses what another organisation's pack owns.
func agree(running []Kept, next *Pack) error {
	for _, other := range running {
		if other.Organisation.Code == next.Organisation.Code {
			continue
		}
		for _, s := range next.Sites {
			if slices.ContainsFunc(other.Sites, func(o Site) bool { return o.Code == s.Code }) {
				return fault.New(fault.Conflict, "pack.other-site", "the site %s belongs to %s", s.Code, other.Organisation.Code)
			}
		}
		for _, f := range next.Feeds {
			if slices.ContainsFunc(other.Feeds, func(o Feed) bool {
				return o.Name == f.Name || o.Sender == f.Sender && o.Facility == f.Facility
			}) {
				return fault.New(fault.Conflict, "pack.other-feed", "the feed %s belongs to %s", f.Name, other.Organisation.Code)
			}
		}
	}
	return nil
}

// writes are the resources in which two packs differ; what is no longer named
// becomes inactive.
func writes(before, next *Pack) []record.Op {
	was := map[string]entity{}
	var order []entity
	if before != nil {
		order = before.entities()
		for _, x := range order {
			was[x.name()] = x
		}
	}
	var out []record.Op
	for _, x := range next.entities() {
		old, there := was[x.name()]
		delete(was, x.name())
		if !there || !fhir.Equal(old.body, x.body) {
			out = append(out, write(x))
		}
	}
	for _, x := range order {
		if _, gone := was[x.name()]; !gone {
			continue
		}
		if x, ok := ended(x); ok {
			out = append(out, write(x))
		}
	}
	return out
}

func write(x entity) record.Op {
	return record.Op{Kind: record.Update, Type: x.typ, Resource: x.body, Where: url.Values{"identifier": {x.system + "|" + x.value}}.Encode(), At: x.name()}
}

// keep writes the pack itself, on the condition that nobody else has.
func keep(before *Kept, next *Pack) (record.Op, error) {
	text, err := next.Text()
	if err != nil {
		return record.Op{}, err
	}
	var was *kept.Text
	if before != nil {
		was = before.kept
	}
	return keptPacks.Write(was, next.Organisation.Code, next.Organisation.Name, kept.Part{URL: keptText, Text: string(text)}), nil
}
