package record

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// source is how the candidates of one type are come by: all at once, or by
// walking records.
type source struct {
	typ     string
	lookup  search.Lookup
	docs    []*store.Doc   // candidates, when they were gathered
	keys    []store.Key    // candidates that are not read yet
	home    map[int64]bool // records that the query is pinned to
	feed    *stretch       // candidates, as lines of the change feed
	walk    bool
	pks     []int64                  // the records to walk; nil = those of the index
	many    bool                     // more candidates than were listed; walk is the other way
	beside  bool                     // the terms speak of other types too
	bare    bool                     // the candidates came without their bodies
	reads   func(member string) bool // what of a candidate is looked at; nil = all of it
	named   *[]int64                 // the records that the pin's terms name, when they were asked for already
	besides *[]int64                 // the first record, from the first of home on, in which anything lies beside, likewise
	unread  bool                     // of one in a record that the query is pinned to, nothing is
}

// source chooses the cheapest way to the candidates of a type: ids, then
// identifiers, then the records that the query is pinned to, then values,
// then strings, then what a chain leads to; else records are walked.
func (s *searching) source(ctx context.Context, typ string) (*source, error) {
	src := s.plain(typ)
	l := &src.lookup
	if s.q.Contained != "" {
		src.walk = true
		s.tell(typ + ": walk the records that hold contained resources of the type")
		return src, nil
	}
	var err error
	switch {
	case l.IDs != nil:
		s.tell(fmt.Sprintf("%s: read %d ids", typ, len(l.IDs)))
		src.docs, err = s.desk.byIDs(ctx, s.r, typ, l.IDs)
	case l.Idents != nil:
		s.tell(fmt.Sprintf("%s: look up %d identifiers (%s)", typ, len(l.Idents), l.By["identifiers"]))
		src.keys, err = s.byKeys(typ, func(limit int) ([]store.Key, error) { return s.idents(ctx, l.Idents, limit) })
	case l.Pin != nil:
		err = s.pinned(ctx, src, maxPinned)
	case s.v.Filter.Bound(typ):
		err = s.bound(ctx, src)
	default:
		err = s.narrowed(ctx, src)
	}
	if err != nil {
		return nil, err
	}
	if src.home != nil || l.IDs != nil {
		s.told.looked(len(src.docs))
		return src, nil // a record is looked through whatever its size
	}
	return src, s.spend(len(src.docs))
}

// plain is a source that nothing was looked up for yet.
func (s *searching) plain(typ string) *source {
	src := &source{typ: typ, lookup: s.desk.searches().asks.LookupType(s.q, typ), reads: s.q.Reads(typ)}
	src.unread = s.q.Unread()
	return src
}

// narrowed finds candidates by value or string, or by what a chain leads to.
func (s *searching) narrowed(ctx context.Context, src *source) error {
	l := &src.lookup
	if l.Value != nil && s.listing != listNone {
		other, err := s.r.FindRecords(ctx, [][]uint64{{l.Value.Unless}}, 0, 1)
		if err != nil {
			return err
		}
		if len(other) == 0 {
			s.tell(fmt.Sprintf("%s: look up the index of code and value (%s)", src.typ, l.By["value"]))
			return s.listed(src, func(limit int) ([]store.Key, error) {
				return s.r.FindQuantity(ctx, l.Value.Name, l.Value.Low, l.Value.High, limit)
			})
		}
	}
	if l.Strings != nil && s.listing != listNone {
		s.tell(fmt.Sprintf("%s: look up %d strings (%s)", src.typ, len(l.Strings), l.By["strings"]))
		return s.listed(src, func(limit int) ([]store.Key, error) { return s.strings(ctx, l.Strings, limit) })
	}
	if done, err := s.updated(ctx, src); done || err != nil {
		return err
	}
	if done, err := s.ahead(ctx, src); done || err != nil {
		return err
	}
	src.walk = true
	by := []string{}
	for part, clause := range l.By {
		if strings.HasPrefix(part, "records") || strings.HasPrefix(part, "months") {
			by = append(by, clause)
		}
	}
	slices.Sort(by)
	s.tell(fmt.Sprintf("%s: walk the records that hold the type and %v", src.typ, by))
	return nil
}

// byKeys are an index's hits of a type; the index may hold other types too.
func (s *searching) byKeys(typ string, find func(limit int) ([]store.Key, error)) ([]store.Key, error) {
	const limit = maxCandidates + 1
	keys, err := find(limit)
	if err != nil {
		return nil, err
	}
	if len(keys) >= limit {
		return nil, fault.New(fault.TooCostly, "record.scan", "more than %d resources may match; narrow the search", maxCandidates)
	}
	n := fhir.R4().Number(typ)
	return slices.DeleteFunc(keys, func(k store.Key) bool { return k.Type() != n }), nil
}

func (s *searching) idents(ctx context.Context, hashes []uint64, limit int) ([]store.Key, error) {
	return gather(limit, len(hashes), func(i, limit int) ([]store.Key, error) { return s.r.Find(ctx, hashes[i], limit) })
}

func (s *searching) strings(ctx context.Context, entries []search.StringEntry, limit int) ([]store.Key, error) {
	return gather(limit, len(entries), func(i, limit int) ([]store.Key, error) {
		return s.r.FindString(ctx, entries[i].Param, entries[i].Value, false, limit)
	})
}

// gather collects the keys of several look-ups, each once.
func gather(limit, n int, find func(i, limit int) ([]store.Key, error)) ([]store.Key, error) {
	var out []store.Key
	seen := map[store.Key]bool{}
	for i := range n {
		keys, err := find(i, limit)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			if !seen[k] {
				seen[k] = true
				out = append(out, k)
			}
		}
	}
	return out, nil
}

func (d *Desk) byIDs(ctx context.Context, r store.Reader, typ string, list []string) ([]*store.Doc, error) {
	var out []*store.Doc
	seen := map[store.Key]bool{}
	for _, id := range list {
		doc, err := d.fetch(ctx, r, typ, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !seen[doc.Key] {
			seen[doc.Key] = true
			out = append(out, doc)
		}
	}
	return out, nil
}

// hit confirms a candidate: nil when it does not match.
func (s *searching) hit(ctx context.Context, doc *store.Doc, src *source) (*Item, error) {
	if doc.Deleted {
		return nil, nil
	}
	if !s.q.MatchTime(doc.Updated) {
		return nil, nil // what the columns tell needs no body
	}
	o, err := s.v.look(ctx, doc, s.asked.Page != "") // later pages show versions of then
	if err != nil || !o.Shown {
		return nil, err
	}
	it, err := s.confirm(ctx, doc, src, o)
	if err != nil || it == nil {
		return nil, err
	}
	s.v.note(o, doc.PK)
	return it, nil
}

// confirm holds a candidate against the query, as the requester would see it:
// by what is kept back of it nobody finds it.
func (s *searching) confirm(ctx context.Context, doc *store.Doc, src *source, o access.Outcome) (*Item, error) {
	if src.reads == nil || !o.Contact {
		it, err := s.desk.item(doc)
		if err != nil {
			return nil, err
		}
		s.v.veil(o, it)
		ok, err := s.matches(ctx, s.q, it, src.home[doc.PK])
		if err != nil || !ok {
			return nil, err
		}
		it.order = s.orderOf(subject(it))
		return it, nil
	}
	it, part, err := s.read(doc, src)
	if err != nil {
		return nil, err
	}
	seen := search.Subject{Resource: part, ID: it.ID, Updated: it.Updated, Home: src.home[doc.PK]}
	ok, err := s.holds(ctx, s.q, seen, it.Ref())
	if err != nil || !ok {
		return nil, err
	}
	it.order = s.orderOf(seen)
	return it, nil
}

// read makes an item of a candidate, and gives what of it the query looks at.
func (s *searching) read(doc *store.Doc, src *source) (*Item, *fhir.Value, error) {
	if src.unread && src.home[doc.PK] {
		it, _, err := s.desk.unread(doc)
		return it, nil, err
	}
	return s.desk.scanned(doc, src.reads)
}

// orderOf is by what a hit is sorted, so that its body need not be kept.
func (s *searching) orderOf(sub search.Subject) []string {
	if len(s.q.Sort) == 0 {
		return nil
	}
	out := make([]string, len(s.q.Sort))
	for i, by := range s.q.Sort {
		out[i] = by.Param.SortKey(sub, s.desk.london, by.Down)
	}
	return out
}
