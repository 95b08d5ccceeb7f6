package pds

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"concord/fault"
	"concord/record/person"
)

// Matches is the answer to a search, best first.
type Matches struct {
	Found   []*Found
	TooMany bool // more than 50: nobody is shown
}

// Search asks by particulars, by the same rules as a search here. Errors: those of
// person.Wanted.Check, Denied, Busy, Internal "pds.answer".
func (c *Client) Search(ctx context.Context, w person.Wanted) (*Matches, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	body, _, err := c.get(ctx, "/Patient?"+query(w).Encode())
	if err != nil {
		return nil, err
	}
	if spineCode(body) == "TOO_MANY_MATCHES" {
		return &Matches{TooMany: true}, nil
	}
	if body.Type() != "Bundle" || body.StrAt("type") != "searchset" {
		return nil, fault.New(fault.Internal, "pds.answer", "PDS answers a search with something else than a searchset")
	}
	out := &Matches{}
	for e := range body.Get("entry").Each() {
		f, err := read(e.Get("resource"))
		if err != nil {
			return nil, err
		}
		if f.Score, err = strconv.ParseFloat(e.Path("search.score").Raw(), 64); err != nil || f.Score < 0 || f.Score > 1 {
			return nil, fault.New(fault.Internal, "pds.answer", "a match that PDS answers with has no score")
		}
		if f.Restricted && (w.Postcode != "" || w.Practice != "") {
			continue // the service leaves them out; so do we, should it not
		}
		out.Found = append(out.Found, f)
	}
	slices.SortStableFunc(out.Found, func(a, b *Found) int { return cmp.Compare(b.Score, a.Score) })
	return out, nil
}

// query writes particulars as the service takes them.
func query(w person.Wanted) url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Add(name, value)
		}
	}
	span := func(name, from, to string) {
		switch {
		case from == "":
		case from == to:
			q.Add(name, "eq"+from)
		default:
			q.Add(name, "ge"+from)
			q.Add(name, "le"+to)
		}
	}
	set("family", w.Family)
	for _, g := range strings.Fields(w.Given) {
		set("given", g)
	}
	set("gender", w.Gender)
	span("birthdate", w.BornFrom, w.BornTo)
	span("death-date", w.DiedFrom, w.DiedTo)
	set("address-postalcode", w.Postcode)
	set("general-practitioner", w.Practice)
	set("phone", w.Phone)
	set("email", w.Email)
	switch {
	case w.Sounds: // which always looks at history
		set("_fuzzy-match", "true")
	case w.History:
		set("_history", "true")
	}
	if w.Exact {
		set("_exact-match", "true")
	}
	return q
}
