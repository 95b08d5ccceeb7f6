package kept

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// codes is the system of the codes by which kinds are found.
const codes = "urn:concord:code"

// Kind is a kind of text, by its code: "org-pack".
type Kind string

// Text is what an organisation keeps of a kind, in one version.
type Text struct {
	Org     string
	Version int64
	id      string
	body    *fhir.Value
}

// Parts are what a version says under an address, in order.
func (t *Text) Parts(url string) (out []string) {
	for x := range t.body.Get("extension").Each() {
		if x.StrAt("url") == url {
			out = append(out, x.StrAt("valueString"))
		}
	}
	return out
}

// Part is one string under an address, of at most 1 MB.
type Part struct{ URL, Text string }

// identifier is the system under which an organisation has its text of the kind.
func (k Kind) identifier(org string) string { return "urn:concord:" + org + ":" + string(k) }

// All are the texts of a kind, by code of organisation. Errors: those of Pages.
func (k Kind) All(ctx context.Context, e *record.Errand) ([]Text, error) {
	var out []Text
	ask := record.Asked{Types: []string{"Basic"}, Form: url.Values{"code": {codes + "|" + string(k)}, "_count": {strconv.Itoa(record.MaxCount)}}}
	for items, err := range e.Pages(ctx, ask) {
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			t, err := textOf(it)
			if err != nil {
				return nil, err
			}
			if t.Org == it.Org { // nobody else's word counts
				out = append(out, t)
			}
		}
	}
	slices.SortFunc(out, func(a, b Text) int { return strings.Compare(a.Org, b.Org) })
	return out, nil
}

// Past are all versions of a text, newest first. Errors: those of History.
func (t *Text) Past(ctx context.Context, e *record.Errand) ([]Text, error) {
	var out []Text
	ask := record.AskedHistory{Type: "Basic", ID: t.id, Count: record.MaxCount}
	for {
		page, err := e.History(ctx, ask)
		if err != nil {
			return nil, err
		}
		for _, it := range page.Versions {
			v, err := textOf(it)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		if ask.Page = page.Next; ask.Page == "" {
			return out, nil
		}
	}
}

func textOf(it *record.Item) (Text, error) {
	body, err := it.Full()
	if err != nil {
		return Text{}, err
	}
	return Text{body.StrAt("subject.identifier.value"), it.Version, it.ID, body}, nil
}

// Write gives the op that writes the text of an organisation, name in words or "", on the
// condition that before stands, nil for none: else its error is Conflict "store.version"
// or "record.exists".
func (k Kind) Write(before *Text, org, name string, parts ...Part) record.Op {
	var list []any
	for _, p := range parts {
		list = append(list, fhir.Obj("url", p.URL, "valueString", p.Text))
	}
	owner := fhir.Obj("type", "Organization", "identifier", fhir.Obj("system", uk.ODSOrganization, "value", org))
	if name != "" {
		owner = owner.With("display", name)
	}
	body := fhir.Obj("resourceType", "Basic", "extension", fhir.Arr(list...),
		"identifier", fhir.Arr(fhir.Obj("system", k.identifier(org), "value", string(k))),
		"code", fhir.Concept(codes, string(k), "", ""), "subject", owner)
	if before == nil {
		return record.Op{Kind: record.Update, Type: "Basic", Resource: body, OnlyNew: true, At: "Basic",
			Where: url.Values{"identifier": {k.identifier(org) + "|" + string(k)}}.Encode()}
	}
	return record.Op{Kind: record.Update, Type: "Basic", ID: before.id, IfMatch: before.Version, Resource: body.With("id", before.id), At: "Basic"}
}
