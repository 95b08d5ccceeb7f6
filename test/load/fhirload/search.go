package fhirload

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"concord/standard/fhir"
)

// PageSize is what every search asks for.
const PageSize = 20

// inquiry is one kind of search.
type inquiry struct {
	name string
	make func(s *subject) ask
}

// ask is one search, and what must hold of its matches.
type ask struct {
	typ      string // of the matches
	query    string // below the base, without _count
	fits     func(*fhir.Value) bool
	includes string // type that comes along, "" = nothing
	newest   string // path of the date by which the matches are in descending order
}

// Kinds are the names of the 22 kinds of search.
func Kinds() []string {
	var names []string
	for _, k := range inquiries() {
		names = append(names, k.name)
	}
	return names
}

// Search asks for pages of 20 by 22 kinds of parameter, each as often; only
// names some of them, none = all.
func (t *Target) Search(ctx context.Context, p *Pool, b Bounds, only ...string) (*Report, error) {
	var kinds []inquiry
	var names []string
	for _, k := range inquiries() {
		if len(only) == 0 || slices.Contains(only, k.name) {
			kinds, names = append(kinds, k), append(names, k.name)
		}
	}
	if len(kinds) == 0 {
		return nil, fmt.Errorf("there is no search by %s", strings.Join(only, ", "))
	}
	r, err := t.run(ctx, fmt.Sprintf("search by %d parameters", len(kinds)), b, func(ctx context.Context, c *client) error {
		k := kinds[c.round%len(kinds)]
		return c.search(ctx, k.name, k.make(&subject{p, c.draw}), true)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(r.Lines, func(a, b Line) int { return slices.Index(names, a.Name) - slices.Index(names, b.Name) })
	return r, nil
}

var searchset, match = []byte(`"searchset"`), []byte(`"match"`)

// search asks, and checks the answer: that there are matches, always; that
// they fit, in one of fifty. A paged one asks for pages of 20.
func (c *client) search(ctx context.Context, name string, a ask, paged bool) error {
	query := a.query
	if paged {
		query = a.paged()
	}
	ans, ok, err := c.call(ctx, name, "GET", query, nil, 200, 200)
	if err != nil || !ok {
		return err
	}
	if !bytes.Contains(ans.body, searchset) || !bytes.Contains(ans.body, match) {
		c.tally.fail(name, "GET %s: no match: %.300s", a.query, ans.body)
		return nil
	}
	if c.sampled(name) {
		if err := a.check(ans.body, paged); err != nil {
			c.tally.fail(name, "GET %s: %v", a.query, err)
		}
	}
	return nil
}

// paged is the query for a page of 20.
func (a ask) paged() string {
	separator := "&"
	if !strings.Contains(a.query, "?") {
		separator = "?"
	}
	return fmt.Sprintf("%s%s_count=%d", a.query, separator, PageSize)
}

// check reads a page whole.
func (a ask) check(body []byte, paged bool) error {
	b, err := fhir.ParseObject(body)
	if err != nil {
		return err
	}
	found := matches(b)
	if len(found) == 0 || paged && len(found) > PageSize {
		return fmt.Errorf("%d matches on a page of %d", len(found), PageSize)
	}
	last := ""
	for _, m := range found {
		if m.Type() != a.typ || m.ID() == "" {
			return fmt.Errorf("%s/%s is no match", m.Type(), m.ID())
		}
		if a.fits != nil && !a.fits(m) {
			return fmt.Errorf("%s/%s does not fit", m.Type(), m.ID())
		}
		if a.newest == "" {
			continue
		}
		at := instant(m.StrAt(a.newest))
		if last != "" && at > last {
			return fmt.Errorf("%s/%s of %s comes after %s", m.Type(), m.ID(), at, last)
		}
		last = at
	}
	if a.includes == "" {
		return nil
	}
	for e := range b.Get("entry").Each() {
		if e.StrAt("search.mode") == "include" && e.Get("resource").Type() == a.includes {
			return nil
		}
	}
	return fmt.Errorf("no %s is included", a.includes)
}
