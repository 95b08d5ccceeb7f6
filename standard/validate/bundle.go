package validate

import (
	"strings"

	"concord/standard/fhir"
)

// bundleIndex finds the resources of a bundle
// (https://hl7.org/fhir/R4/bundle.html#references).
type bundleIndex struct {
	byURL  map[string]*fhir.Value
	byName map[string][]*fhir.Value // by Type/id
}

func indexBundle(v *fhir.Value) *bundleIndex {
	x := &bundleIndex{byURL: map[string]*fhir.Value{}, byName: map[string][]*fhir.Value{}}
	for e := range v.Get("entry").Each() {
		r := e.Get("resource")
		if r.Kind() != fhir.Object {
			continue
		}
		url := e.StrAt("fullUrl")
		if url != "" && x.byURL[url] == nil {
			x.byURL[url] = r
		}
		if id := r.ID(); id != "" {
			name := r.Type() + "/" + id
			x.byName[name] = append(x.byName[name], r)
		}
	}
	return x
}

// exact follows a reference that stands in the entry with that fullUrl, as the
// specification says: a relative one starts from a RESTful fullUrl.
func (x *bundleIndex) exact(ref, from string) *fhir.Value {
	if r := x.byURL[ref]; r != nil {
		return r
	}
	parsed, ok := fhir.ParseReference(ref)
	if !ok {
		return nil
	}
	parsed.Version = ""
	if home, ok := fhir.ParseReference(from); ok && parsed.Base == "" {
		parsed.Base = home.Base
	}
	return x.byURL[parsed.String()]
}

// find is exact, or else the only resource with that type and id: many senders
// write so.
func (x *bundleIndex) find(ref, from string) *fhir.Value {
	if r := x.exact(ref, from); r != nil {
		return r
	}
	parsed, ok := fhir.ParseReference(ref)
	if named := x.byName[parsed.Type+"/"+parsed.ID]; ok && parsed.Base == "" && len(named) == 1 {
		return named[0]
	}
	return nil
}

// inBundle finds what a reference leads to in the bundle around it.
func (c *check) inBundle(ref string) *fhir.Value {
	if c.bundleAt == nil {
		return nil
	}
	return c.index().find(ref, c.entryURL)
}

// index is that of the bundle at hand.
func (c *check) index() *bundleIndex {
	x := c.bundles[c.bundleAt]
	if x == nil {
		x = indexBundle(c.bundleAt)
		if c.bundles == nil {
			c.bundles = map[*fhir.Value]*bundleIndex{}
		}
		c.bundles[c.bundleAt] = x
	}
	return x
}

// bundle checks what R4 says of bundles in words: a fullUrl is absolute and
// does not disagree with the id of its resource
// (https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.fullUrl).
func (c *check) bundle(v *fhir.Value) {
	if v.Get("entry").Kind() != fhir.Array || !c.push(step{name: "entry"}) {
		return
	}
	typ := v.StrAt("type")
	for e := range v.Get("entry").Each() {
		c.fullURL(typ, e)
		if c.full && typ == "searchset" {
			c.found(e)
		}
		c.path[c.depth-1].index++
	}
	c.pop()
}

func (c *check) fullURL(bundleType string, e *fhir.Value) {
	url, resource := e.StrAt("fullUrl"), e.Get("resource")
	if url == "" {
		return
	}
	if strings.IndexByte(url, ':') <= 0 {
		c.reportAt("fullUrl", RuleFullURL, "a fullUrl is absolute")
		return
	}
	ref, restful := fhir.ParseReference(url)
	if !restful || resource.Kind() != fhir.Object || !strings.HasPrefix(url, "http") || fhir.R4().Number(ref.Type) == 0 {
		return
	}
	isNew := bundleType == "transaction" || bundleType == "batch"
	switch id := resource.ID(); {
	case ref.Type != resource.Type(), id != "" && ref.ID != id:
		c.reportAt("fullUrl", RuleFullURL, "the fullUrl is that of another resource")
	case id == "" && !isNew && c.full:
		c.reportAt("fullUrl", RuleFullURL, "the fullUrl tells an id, the resource has none")
	}
}

// found checks a search result: what a server holds has an id, and what speaks of
// the search itself is an OperationOutcome
// (https://hl7.org/fhir/R4/resource-definitions.html#Resource.id,
// https://hl7.org/fhir/R4/valueset-search-entry-mode.html).
func (c *check) found(e *fhir.Value) {
	r := e.Get("resource")
	outcome := r.Type() == "OperationOutcome"
	switch {
	case r.Kind() != fhir.Object:
	case !outcome && e.StrAt("search.mode") == "outcome":
		c.reportAt("resource", RuleSearch, "the outcome of a search is an OperationOutcome")
	case !outcome && r.ID() == "":
		c.reportAt("resource", RuleSearch, "a search result has an id")
	}
}

// resolve finds what a reference leads to: what is contained, what is in the
// same bundle, and what the caller knows.
func (c *check) resolve(ref string) *fhir.Value {
	if ref == "" {
		return nil
	}
	if ref[0] == '#' {
		if ref == "#" {
			return c.container
		}
		for r := range c.container.Get("contained").Each() {
			if r.ID() == ref[1:] {
				return r
			}
		}
		return nil
	}
	if r := c.inBundle(ref); r != nil {
		return r
	}
	if c.options.Resolve == nil {
		return nil
	}
	return c.options.Resolve(ref)
}
