package record

import (
	"context"
	"net/url"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// maxIncluded bounds what a page may bring along.
const maxIncluded = 5000

// includes follows _include and _revinclude from a page of matches. The filter
// of the verdict holds for each of them.
func (d *Desk) includes(ctx context.Context, r store.Reader, v access.Verdict, q *search.Query, matches []*Item) ([]*Item, error) {
	if len(q.Include) == 0 && len(q.RevInclude) == 0 {
		return nil, nil
	}
	seen := map[string]bool{}
	for _, it := range matches {
		seen[it.Ref()] = true
	}
	var out []*Item
	add := func(it *Item) error {
		if it.Deleted || seen[it.Ref()] || !v.Filter.Type(it.Type) {
			return nil
		}
		seen[it.Ref()] = true
		out = append(out, it)
		if len(out) > maxIncluded {
			return fault.New(fault.TooCostly, "record.include", "a page may bring along %d resources; ask for smaller pages", maxIncluded)
		}
		return nil
	}
	for _, in := range q.Include {
		if err := d.include(ctx, r, in, matches, add); err != nil {
			return nil, err
		}
	}
	for _, in := range q.RevInclude {
		if err := d.revInclude(ctx, r, v, in, matches, add); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *Desk) include(ctx context.Context, r store.Reader, in search.Include, matches []*Item, add func(*Item) error) error {
	p := d.table.Param(in.Source, in.Param)
	for _, it := range matches {
		if it.Type != in.Source {
			continue
		}
		for _, ref := range p.Refs(it.Resource) {
			parsed, ok := fhir.ParseReference(ref)
			if !ok || parsed.Base != "" || in.Target != "" && parsed.Type != in.Target {
				continue
			}
			k, err := d.locate(ctx, r, parsed.Type, parsed.ID)
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			docs, err := r.GetMany(ctx, []store.Key{k})
			if err != nil {
				return err
			}
			for _, doc := range docs {
				found, err := d.item(doc)
				if err != nil {
					return err
				}
				if err := add(found); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// revInclude finds what points at the matches: within a match's record by its
// tokens. Resources outside every patient's record are reached by a bounded
// scan.
func (d *Desk) revInclude(ctx context.Context, r store.Reader, v access.Verdict, in search.Include, matches []*Item, add func(*Item) error) error {
	if !v.Filter.Type(in.Source) {
		return nil
	}
	for _, it := range matches {
		q, err := d.table.Parse(in.Source, url.Values{in.Param: {it.Ref()}}, d.london, false)
		if err != nil {
			return err
		}
		l := d.extract.Lookup(q)
		var docs []*store.Doc
		if it.Type == "Patient" || d.table.InCompartment(it.Type) {
			groups, err := r.Chart(ctx, []int64{it.key.PK}, []store.Range{{Type: fhir.R4().Number(in.Source), Need: l.Need}}, time.Time{})
			if err != nil {
				return err
			}
			docs = groups[0]
		} else if docs, err = d.lookup(ctx, r, q, l); err != nil {
			return err
		}
		for _, doc := range docs {
			found, err := d.item(doc)
			if err != nil {
				return err
			}
			if found.Deleted || !q.Match(subject(found), d.london) {
				continue
			}
			if err := add(found); err != nil {
				return err
			}
		}
	}
	return nil
}

// single finds the one resource that a condition names: nil when none does,
// Conflict "record.multiple" when several do.
func (d *Desk) single(ctx context.Context, r store.Reader, typ, query string) (*Item, error) {
	form, err := url.ParseQuery(query)
	if err != nil || len(form) == 0 {
		return nil, fault.New(fault.Invalid, "record.condition", "the condition is not a search query")
	}
	q, err := d.table.Parse(typ, form, d.london, false)
	if err != nil {
		return nil, err
	}
	if len(q.Clauses) == 0 {
		return nil, fault.New(fault.Invalid, "record.condition", "the condition names no search parameter")
	}
	hits, err := d.candidates(ctx, r, q)
	if err != nil || len(hits) == 0 {
		return nil, err
	}
	if len(hits) > 1 {
		return nil, fault.New(fault.Conflict, "record.multiple", "several resources match the condition")
	}
	return hits[0], nil
}
