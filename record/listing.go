package record

import (
	"cmp"
	"context"
	"slices"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// maxListed bounds how many resources of a type are listed or counted when no
// parameter narrows them. Their bodies are not opened, so it is far above the
// limit of a search that has to look inside.
const maxListed = 1_000_000

// listed is what a listing keeps of a resource until its page is made.
type listed struct {
	key    store.Key
	change int64
}

// plain tells a search that names nothing to look for inside a resource.
func plain(q *search.Query) bool { return len(q.Clauses) == 0 && len(q.Sort) == 0 }

// listing answers a search without parameters: all of a type, newest first.
func (d *Desk) listing(ctx context.Context, r store.Reader, v access.Verdict, q *search.Query, offset int) (*Found, error) {
	all, err := d.listAll(ctx, r, fhir.R4().Number(q.Type))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b listed) int {
		if c := cmp.Compare(b.change, a.change); c != 0 {
			return c
		}
		return cmp.Compare(a.key.LID, b.key.LID)
	})
	first, last := pageOf(q, offset, len(all))
	f := &Found{Total: len(all), More: last < len(all) && last > first}
	if q.Summary == "count" || q.Count == 0 {
		f.More = false
		return f, nil
	}
	keys := make([]store.Key, 0, last-first)
	for _, l := range all[first:last] {
		keys = append(keys, l.key)
	}
	docs, err := r.GetMany(ctx, keys)
	if err != nil {
		return nil, err
	}
	if f.Matches, err = d.items(docs); err != nil {
		return nil, err
	}
	return f, d.along(ctx, r, v, q, f)
}

// listAll walks a type without opening bodies.
func (d *Desk) listAll(ctx context.Context, r store.Reader, typ uint16) ([]listed, error) {
	const step = 5000
	var out []listed
	var after store.Key
	for {
		docs, err := r.Scan(ctx, typ, after, step)
		if err != nil {
			return nil, err
		}
		for _, doc := range docs {
			after = doc.Key
			if !doc.Deleted {
				out = append(out, listed{doc.Key, doc.Change})
			}
		}
		if len(docs) < step {
			return out, nil
		}
		if len(out) > maxListed {
			return nil, fault.New(fault.TooCostly, "record.scan", "there are more than %d resources of this type; narrow the search", maxListed)
		}
	}
}

// pageOf cuts a page out of n matches.
func pageOf(q *search.Query, offset, n int) (first, last int) {
	count := q.Count
	if count < 0 {
		count = DefaultCount
	}
	first = min(offset, n)
	return first, min(n, first+min(count, MaxCount))
}
