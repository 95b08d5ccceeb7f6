package record

import (
	"context"
	"net/url"
	"slices"
	"sort"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// Found is one page of a search.
type Found struct {
	Matches  []*Item
	Included []*Item
	Total    int  // matches in all; -1 when not counted
	More     bool // another page follows
	Ignored  []string
}

// DefaultCount and MaxCount are the page sizes.
const (
	DefaultCount = 50
	MaxCount     = 1000
)

// maxCandidates bounds what one search may collect before it is cut to a page.
const maxCandidates = 50_000

// Search runs a search of one type and returns the page at an offset.
// Errors: Invalid, Unsupported, Denied, TooCostly "record.scan".
func (e *Errand) Search(ctx context.Context, typ string, form url.Values, offset int, lenient bool) (*Found, error) {
	q, err := e.desk.table.Parse(typ, form, e.desk.london, lenient)
	if err != nil {
		return nil, err
	}
	var out *Found
	err = e.read(ctx, access.Search, typ, func(r store.Reader, v access.Verdict, t *trace) error {
		t.what = []string{searchNames(q)}
		if !v.Filter.Type(typ) {
			out = &Found{}
			return nil
		}
		if plain(q) {
			out, err = e.desk.listing(ctx, r, v, q, offset)
		} else {
			out, err = e.desk.found(ctx, r, v, q, offset)
		}
		if err != nil {
			return err
		}
		t.count = len(out.Matches) + len(out.Included)
		keys := make([]store.Key, 0, t.count)
		for _, it := range append(slices.Clip(out.Matches), out.Included...) {
			keys = append(keys, it.key)
		}
		t.records = e.desk.recordIDs(keys...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Ignored = q.Ignored
	return out, nil
}

// searchNames writes a search for the audit: parameters without their values.
func searchNames(q *search.Query) string {
	s := q.Type + "?"
	for i, c := range q.Clauses {
		if i > 0 {
			s += "&"
		}
		s += c.Param.Name
	}
	return s
}

// candidates finds every match, sorted.
func (d *Desk) candidates(ctx context.Context, r store.Reader, q *search.Query) ([]*Item, error) {
	l := d.extract.Lookup(q)
	docs, err := d.lookup(ctx, r, q, l)
	if err != nil {
		return nil, err
	}
	hits := make([]*Item, 0, len(docs))
	for _, doc := range docs {
		if doc.Deleted {
			continue
		}
		it, err := d.item(doc)
		if err != nil {
			return nil, err
		}
		if q.Match(subject(it), d.london) {
			hits = append(hits, it)
		}
	}
	d.order(q, hits)
	return hits, nil
}

func (d *Desk) lookup(ctx context.Context, r store.Reader, q *search.Query, l search.Lookup) ([]*store.Doc, error) {
	typ := fhir.R4().Number(q.Type)
	switch {
	case l.IDs != nil:
		return d.byIDs(ctx, r, q.Type, l.IDs)
	case l.Records != nil:
		pks, err := d.recordsOf(ctx, r, l.Records)
		if err != nil || len(pks) == 0 {
			return nil, err
		}
		groups, err := r.Chart(ctx, pks, []store.Range{{Type: typ, Need: l.Need}}, time.Time{})
		if err != nil {
			return nil, err
		}
		return groups[0], nil
	case l.Idents != nil || l.Strings != nil:
		keys, err := d.indexed(ctx, r, l)
		if err != nil {
			return nil, err
		}
		return r.GetMany(ctx, keys)
	}
	return d.scanType(ctx, r, typ)
}

func (d *Desk) byIDs(ctx context.Context, r store.Reader, typ string, list []string) ([]*store.Doc, error) {
	var keys []store.Key
	for _, id := range list {
		k, err := d.locate(ctx, r, typ, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return r.GetMany(ctx, keys)
}

func (d *Desk) recordsOf(ctx context.Context, r store.Reader, patients []string) ([]int64, error) {
	var pks []int64
	for _, id := range patients {
		n, err := d.whose(ctx, r, id, time.Time{})
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		pks = append(pks, n.records()...)
	}
	return pks, nil
}

// indexed collects the keys filed under any of the hashes or strings.
func (d *Desk) indexed(ctx context.Context, r store.Reader, l search.Lookup) ([]store.Key, error) {
	seen := map[store.Key]bool{}
	var out []store.Key
	add := func(keys []store.Key) error {
		for _, k := range keys {
			if !seen[k] {
				seen[k] = true
				out = append(out, k)
			}
		}
		if len(out) > maxCandidates {
			return fault.New(fault.TooCostly, "record.scan", "too many resources match; narrow the search")
		}
		return nil
	}
	if l.Idents != nil {
		for _, h := range l.Idents {
			keys, err := r.Find(ctx, h, maxCandidates+1)
			if err != nil {
				return nil, err
			}
			if err := add(keys); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	for _, s := range l.Strings {
		keys, err := r.FindString(ctx, s.Param, s.Value, false, maxCandidates+1)
		if err != nil {
			return nil, err
		}
		if err := add(keys); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// scanType looks at every resource of a type, within the cost limit.
func (d *Desk) scanType(ctx context.Context, r store.Reader, typ uint16) ([]*store.Doc, error) {
	const step = 2000
	var out []*store.Doc
	var after store.Key
	for {
		docs, err := r.Scan(ctx, typ, after, step)
		if err != nil {
			return nil, err
		}
		out = append(out, docs...)
		if len(docs) < step {
			return out, nil
		}
		after = docs[len(docs)-1].Key
		if len(out) >= d.scan {
			return nil, fault.New(fault.TooCostly, "record.scan",
				"nothing in the search is indexed over all records, and there are more than %d resources to look at: name a patient or an identifier", d.scan)
		}
	}
}

// order sorts by the query, then newest first, then by key, so that pages hold
// still.
func (d *Desk) order(q *search.Query, hits []*Item) {
	keys := make(map[*Item][]string, len(hits))
	for _, it := range hits {
		for _, s := range q.Sort {
			keys[it] = append(keys[it], s.Param.SortKey(subject(it), d.london))
		}
	}
	sort.SliceStable(hits, func(i, j int) bool {
		a, b := keys[hits[i]], keys[hits[j]]
		for n, s := range q.Sort {
			if a[n] != b[n] {
				if a[n] == "" || b[n] == "" {
					return b[n] == "" // missing values last, whichever way
				}
				return (a[n] < b[n]) != s.Down
			}
		}
		if hits[i].Change != hits[j].Change {
			return hits[i].Change > hits[j].Change
		}
		return hits[i].key.LID < hits[j].key.LID
	})
}

// found answers a search that has something to look for.
func (d *Desk) found(ctx context.Context, r store.Reader, v access.Verdict, q *search.Query, offset int) (*Found, error) {
	hits, err := d.candidates(ctx, r, q)
	if err != nil {
		return nil, err
	}
	f := &Found{Total: len(hits)}
	if q.Summary == "count" || q.Count == 0 {
		return f, nil
	}
	first, last := pageOf(q, offset, len(hits))
	f.Matches, f.More = hits[first:last], last < len(hits)
	return f, d.along(ctx, r, v, q, f)
}

// along adds to a page what it brings along: included resources, and the link
// from each Patient entry to its person.
func (d *Desk) along(ctx context.Context, r store.Reader, v access.Verdict, q *search.Query, f *Found) error {
	var err error
	if f.Included, err = d.includes(ctx, r, v, q, f.Matches); err != nil {
		return err
	}
	for _, it := range append(slices.Clip(f.Matches), f.Included...) {
		if it.Type != "Patient" {
			continue
		}
		p, err := r.PersonOf(ctx, it.key.PK, time.Time{})
		if err != nil {
			return err
		}
		withRefer(it, d.ids.person(p))
	}
	return nil
}
