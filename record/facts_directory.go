package record

import (
	"context"
	"slices"
	"strings"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// directory looks up, while facts are read, what the places and clinicians are called
// to which a resource refers by id. It remembers what it asked, so that the facts can be
// read again when one of those changes.
type directory struct {
	desk  *Desk
	r     store.Reader
	known map[string]directoryEntry
	err   error // of the store; the first

	org  string      // that controls the resource at hand
	body *fhir.Value // the resource at hand
	said *recordFacts
}

// directoryEntry is what one resource of the directory is called.
type directoryEntry struct {
	org string
	called
	keys    []store.Key // what was read for it
	missing bool        // something is not there (yet)
}

// called are the names of a place or a clinician.
type called struct {
	identifiers []*fhir.Value
	names       []string      // of a place, in words
	services    []*fhir.Value // concepts: of a role the specialty
}

const (
	mostLookedUp = 500 // of one reading of facts; what comes after names no place
	mostPartsOf  = 5   // from a bed to the site
)

// directoryTypes are what is looked up.
func directoryTypes() []string { return []string{"Location", "Practitioner", "PractitionerRole"} }

// of is what a reference of the resource at hand names: by its identifier, by the id of
// a resource of the same organisation's or of the domain's, or of one that it contains.
func (x *directory) of(ctx context.Context, reference *fhir.Value) called {
	var c called
	if id := reference.Get("identifier"); id != nil {
		c.identifiers = append(c.identifiers, id)
	}
	ref := reference.StrAt("reference")
	if id, inside := strings.CutPrefix(ref, "#"); inside {
		for part := range x.body.Get("contained").Each() {
			if part.ID() == id {
				e := x.read(ctx, part, x.org, 0)
				x.note(e)
				c.add(e.called)
			}
		}
		return c
	}
	if typ, id, ok := ofDirectory(ref); ok {
		e := x.find(ctx, typ, id, 0)
		if x.note(e); e.org == x.org || e.org == access.Domain {
			c.add(e.called)
		}
	}
	return c
}

// ahead reads what some resources refer to in the directory, and what that is a part
// of, in as many journeys as there are steps up, for find to have at hand.
func (x *directory) ahead(ctx context.Context, bodies []*fhir.Value) error {
	r := &fetched{Reader: x.r, docs: map[store.Key]*store.Doc{}}
	asked := map[store.Key]bool{}
	practitioner := fhir.R4().Number("Practitioner")
	for range mostPartsOf {
		var keys []store.Key
		for _, body := range bodies {
			keys = x.named(body, asked, keys)
		}
		if keys = keys[:min(len(keys), max(0, mostLookedUp-len(r.docs)))]; len(keys) < 2 {
			break
		}
		docs, err := x.r.GetMany(ctx, keys)
		if err != nil {
			return err
		}
		bodies = bodies[:0:0]
		for _, doc := range docs {
			r.docs[doc.Key] = doc
			if doc.Deleted || doc.Type() == practitioner { // is part of nothing
				continue
			}
			body, err := x.desk.parse(doc)
			if err != nil {
				return err
			}
			bodies = append(bodies, body)
		}
	}
	x.r = r
	return nil
}

// named adds the keys of what a value refers to in the directory, each once.
func (x *directory) named(v *fhir.Value, asked map[store.Key]bool, keys []store.Key) []store.Key {
	if v.Kind() != fhir.Object && v.Kind() != fhir.Array {
		return keys
	}
	for i := range v.Len() {
		m := v.Member(i)
		if m.Name != "reference" || m.Kind() != fhir.String {
			keys = x.named(&m.Value, asked, keys)
			continue
		}
		typ, id, ok := ofDirectory(m.Str())
		if k, known := x.desk.keyNamed(typ + "/" + id); ok && known && !asked[k] {
			asked[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}

func (c *called) add(o called) {
	c.identifiers = append(c.identifiers, o.identifiers...)
	c.names = append(c.names, o.names...)
	c.services = append(c.services, o.services...)
}

// note remembers in the facts what they rest on.
func (x *directory) note(e directoryEntry) {
	for _, k := range e.keys {
		if !slices.Contains(x.said.rests, k) {
			x.said.rests = append(x.said.rests, k)
		}
	}
	x.said.lacks = x.said.lacks || e.missing
}

// ofDirectory takes a reference to the directory apart.
func ofDirectory(ref string) (typ, id string, ok bool) {
	r, ok := fhir.ParseReference(ref)
	if !ok || r.Base != "" {
		return "", "", false
	}
	for _, t := range directoryTypes() {
		if r.Type == t {
			return r.Type, r.ID, true
		}
	}
	return "", "", false
}

// find reads one resource of the directory, once.
func (x *directory) find(ctx context.Context, typ, id string, depth int) directoryEntry {
	name := typ + "/" + id
	if e, have := x.known[name]; have || x.err != nil || len(x.known) >= mostLookedUp {
		return e
	}
	x.known[name] = directoryEntry{} // what refers to itself ends here
	e := directoryEntry{missing: true}
	doc, err := x.desk.fetch(ctx, x.r, typ, id)
	switch {
	case fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone):
	case err != nil:
		x.err = err
	case doc.Deleted:
		e.keys = []store.Key{doc.Key}
	default:
		body, err := x.desk.parse(doc)
		if err != nil {
			x.err = err
			break
		}
		e = x.read(ctx, body, doc.Org, depth)
		e.org, e.keys = doc.Org, append(e.keys, doc.Key)
	}
	x.known[name] = e
	return e
}

// read takes the names from a Location and what it is part of, a Practitioner, or a
// PractitionerRole and who has it; org controls it.
func (x *directory) read(ctx context.Context, body *fhir.Value, org string, depth int) directoryEntry {
	var e directoryEntry
	for id := range body.Get("identifier").Each() {
		e.identifiers = append(e.identifiers, id)
	}
	up := ""
	switch body.Type() {
	case "Location":
		if name := body.StrAt("name"); name != "" {
			e.names = append(e.names, name)
		}
		up = "partOf"
	case "PractitionerRole":
		for s := range body.Get("specialty").Each() {
			e.services = append(e.services, s)
		}
		up = "practitioner"
	}
	if up == "" || depth >= mostPartsOf {
		return e
	}
	above := body.Get(up)
	if id := above.Get("identifier"); id != nil {
		e.identifiers = append(e.identifiers, id)
	}
	if typ, id, ok := ofDirectory(above.StrAt("reference")); ok {
		more := x.find(ctx, typ, id, depth+1)
		if more.org == org || more.org == access.Domain {
			e.add(more.called)
		}
		e.keys, e.missing = append(e.keys, more.keys...), e.missing || more.missing
	}
	return e
}

// referred forgets the facts that rest on resources of the directory that have changed,
// or that lacked one.
func (g *guard) referred(changed map[store.Key]bool) {
	if len(changed) == 0 {
		return
	}
	for pk, f := range g.facts {
		gone := f.lacks
		for _, k := range f.rests {
			gone = gone || changed[k]
		}
		if gone {
			delete(g.facts, pk)
		}
	}
}
