package pack

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// keptSystem and keptCode are the code of the Basic resource that a pack is
// kept in; keptText is the extension that holds it.
const (
	keptSystem = "urn:concord:code"
	keptCode   = "org-pack"
	keptText   = "urn:concord:org-pack"
)

func keptIdentifier(code string) string { return "urn:concord:" + code + ":org-pack" }

// Kept is a pack that runs.
type Kept struct {
	*Pack
	Version int64 // of the Basic resource that it is kept in
	id      string
}

// Running gives the packs that run, by code of organisation.
func Running(ctx context.Context, e *record.Errand) ([]Kept, error) {
	var out []Kept
	ask := record.Asked{Types: []string{"Basic"}, Form: url.Values{"code": {keptSystem + "|" + keptCode}, "_count": {strconv.Itoa(record.MaxCount)}}}
	for items, err := range e.Pages(ctx, ask) {
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			k, err := keptIn(it)
			if err != nil {
				return nil, err
			}
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b Kept) int { return compareCodes(a.Organisation.Code, b.Organisation.Code) })
	return out, nil
}

func compareCodes(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func keptIn(it *record.Item) (Kept, error) {
	body, err := it.Full()
	if err != nil {
		return Kept{}, err
	}
	for x := range body.Get("extension").Each() {
		if x.StrAt("url") == keptText {
			p, err := Parse([]byte(x.StrAt("valueString")))
			return Kept{p, it.Version, it.ID}, err
		}
	}
	return Kept{}, fault.New(fault.Internal, "pack.kept", "a pack that is kept has no text")
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
	kept := Find(running, next.Organisation.Code)
	var before *Pack
	if kept != nil {
		before = kept.Pack
	}
	changes := Diff(before, next)
	if len(changes) == 0 {
		return nil, nil
	}
	ops := writes(before, next)
	own, err := keep(kept, next)
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
func keep(kept *Kept, next *Pack) (record.Op, error) {
	text, err := next.Text()
	if err != nil {
		return record.Op{}, err
	}
	code := next.Organisation.Code
	body := fhir.Obj("resourceType", "Basic",
		"extension", fhir.Arr(fhir.Obj("url", keptText, "valueString", string(text))),
		"identifier", identifiers(keptIdentifier(code), keptCode),
		"code", fhir.Concept(keptSystem, keptCode, "", ""),
		"subject", next.owner())
	if kept == nil {
		return record.Op{Kind: record.Update, Type: "Basic", Resource: body, OnlyNew: true, At: "Basic",
			Where: url.Values{"identifier": {keptIdentifier(code) + "|" + keptCode}}.Encode()}, nil
	}
	return record.Op{Kind: record.Update, Type: "Basic", ID: kept.id, IfMatch: kept.Version, Resource: body.With("id", kept.id), At: "Basic"}, nil
}
