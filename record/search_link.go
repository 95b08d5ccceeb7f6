package record

import (
	"context"
	"slices"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// matches tells whether a resource matches a query, what it is linked with
// included.
func (s *searching) matches(ctx context.Context, q *search.Query, it *Item, home bool) (bool, error) {
	if q.Contained != "" {
		return s.containing(ctx, q, it)
	}
	return s.holds(ctx, q, search.Subject{Resource: it.Resource, ID: it.ID, Updated: it.Updated, Home: home}, it.Ref())
}

// containing looks at the resources that an item contains, and at the item
// itself when both are searched.
func (s *searching) containing(ctx context.Context, q *search.Query, it *Item) (bool, error) {
	for c := range it.Resource.Get("contained").Each() {
		if !slices.Contains(q.Types, c.Type()) {
			continue
		}
		ok, err := s.holds(ctx, q, search.Subject{Resource: c, ID: c.ID(), Updated: it.Updated}, "#"+c.ID())
		if ok || err != nil {
			return ok, err
		}
	}
	if q.Contained != "both" || !slices.Contains(q.Types, it.Type) {
		return false, nil
	}
	return s.holds(ctx, q, subject(it), it.Ref())
}

func (s *searching) holds(ctx context.Context, q *search.Query, sub search.Subject, ref string) (bool, error) {
	if movedTo(sub.Resource) != "" || !q.Match(sub, s.desk.london) {
		return false, nil
	}
	for i := range q.Clauses {
		c := &q.Clauses[i]
		if !c.Linked() {
			continue
		}
		ok, err := s.linked(ctx, c, sub, ref)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// linked decides one clause that looks beyond the resource. What the
// requester may not see takes no part: it neither makes a match nor breaks one.
func (s *searching) linked(ctx context.Context, c *search.Clause, sub search.Subject, ref string) (bool, error) {
	switch {
	case c.Filter != nil:
		return c.Filter.Holds(func(leaf *search.Clause) (bool, error) {
			if leaf.Linked() {
				return s.linked(ctx, leaf, sub, ref)
			}
			return leaf.Match(sub, s.desk.london), nil
		})
	case c.Chain != nil:
		return s.chained(ctx, c, sub)
	case c.Has != nil:
		return s.referred(ctx, c.Has, ref)
	}
	list, err := s.list(ctx, c.List)
	return list[ref], err
}

// chained follows a reference and asks what it leads to.
func (s *searching) chained(ctx context.Context, c *search.Clause, sub search.Subject) (bool, error) {
	for _, ref := range c.Param.Refs(sub.Resource) {
		if id, ok := strings.CutPrefix(ref, "#"); ok {
			for contained := range sub.Resource.Get("contained").Each() {
				if contained.ID() != id {
					continue
				}
				if ok, err := s.among(ctx, c.Chain, contained.Type(), search.Subject{Resource: contained, ID: id, Updated: sub.Updated}, ref); ok || err != nil {
					return ok, err
				}
			}
			continue
		}
		target, err := s.target(ctx, ref)
		if err != nil {
			return false, err
		}
		if target == nil {
			continue
		}
		body, err := target.content()
		if err != nil {
			return false, err
		}
		if ok, err := s.among(ctx, c.Chain, target.Type, search.Subject{Resource: body, ID: target.ID, Updated: target.Updated}, target.Ref()); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func (s *searching) among(ctx context.Context, chain []*search.Query, typ string, sub search.Subject, ref string) (bool, error) {
	for _, q := range chain {
		if q.Type == typ {
			return s.holds(ctx, q, sub, ref)
		}
	}
	return false, nil
}

// maxTargets bounds what one search remembers of references.
const maxTargets = 5000

// target reads what a literal reference leads to: nil when it is not here, or
// may not be seen.
func (s *searching) target(ctx context.Context, ref string) (*Item, error) {
	if it, known := s.targets[ref]; known {
		return it, nil
	}
	it, err := s.readTarget(ctx, ref)
	if err != nil {
		return nil, err
	}
	s.remember(ref, it)
	return it, nil
}

func (s *searching) remember(ref string, it *Item) {
	if s.targets == nil || len(s.targets) > maxTargets {
		s.targets = map[string]*Item{}
	}
	s.targets[ref] = it
}

func (s *searching) readTarget(ctx context.Context, ref string) (*Item, error) {
	for range maxHops {
		it, to, err := s.readOne(ctx, ref)
		if to == "" || err != nil {
			return it, err
		}
		ref = to
	}
	return nil, fault.New(fault.Internal, "record.moved", "moves go in a circle")
}

// readOne reads what a reference names; to is where it was moved to.
func (s *searching) readOne(ctx context.Context, ref string) (it *Item, to string, err error) {
	r, ok := fhir.ParseReference(ref)
	if !ok || r.Base != "" || fhir.R4().Number(r.Type) == 0 || !s.v.Filter.Type(r.Type) {
		return nil, "", nil
	}
	doc, err := s.desk.fetch(ctx, s.r, r.Type, r.ID)
	if fault.Is(err, fault.NotFound) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	if err := s.spend(1); err != nil || doc.Deleted {
		return nil, "", err
	}
	o, err := s.v.look(ctx, doc, false)
	if err != nil || !o.Shown {
		return nil, "", err
	}
	s.v.note(o, doc.PK)
	if !o.Contact {
		if it, err = s.desk.item(doc); err != nil {
			return nil, "", err
		}
		s.v.veil(o, it)
		return it, movedTo(it.Resource), nil
	}
	return s.desk.unread(doc)
}

// referred tells whether a resource of another type refers to this one and
// matches.
func (s *searching) referred(ctx context.Context, has *search.Has, ref string) (bool, error) {
	if strings.HasPrefix(ref, "#") || !s.v.Filter.Type(has.Query.Type) {
		return false, nil
	}
	if s.own != nil && s.own.has == has {
		if r, ok := fhir.ParseReference(ref); ok && r.Type == "Patient" {
			if pk, _, ok := s.desk.ids.decode(r.ID); ok {
				return s.holdsOwn(ctx, pk)
			}
		}
	}
	q := &search.Query{Type: has.Query.Type, Types: has.Query.Types, Count: 1,
		Clauses: append([]search.Clause{search.Refer(has.Ref, ref)}, has.Query.Clauses...)}
	hits, _, err := s.sub(ctx, q, 1, s.budget)
	return len(hits) > 0, err
}

// sub runs a search within this one: at most limit hits, looking at no more
// than budget documents. whole is false when there may be more.
func (s *searching) sub(ctx context.Context, q *search.Query, limit, budget int) (hits []*Item, whole bool, err error) {
	inner := *s
	inner.q, inner.asked, inner.own = q, Asked{}, nil
	inner.listing = listAll
	s.told.within(1)
	inner.budget, inner.looked = min(budget, s.budget), 0
	defer func() {
		s.told.within(-1)
		s.targets, s.lists = inner.targets, inner.lists
		s.looked += inner.looked
		s.budget -= inner.looked
	}()
	src, err := inner.source(ctx, q.Type)
	if err == nil {
		hits, whole, err = inner.first(ctx, src, limit)
	}
	if tooMany(err) && budget < s.budget {
		return nil, false, nil // the attempt was not worth more
	}
	return hits, whole, err
}

// first gives the first hits of a source, in the order in which they are met.
func (s *searching) first(ctx context.Context, src *source, limit int) (hits []*Item, whole bool, err error) {
	take := func(doc *store.Doc) (bool, error) {
		it, err := s.hit(ctx, doc, src)
		if err != nil {
			return false, err
		}
		if it != nil {
			hits = append(hits, it)
		}
		return len(hits) < limit, nil
	}
	if src.walk {
		whole, err = s.walk(ctx, src, store.Key{}, take)
		return hits, whole, err
	}
	if src.feed != nil {
		next, err := s.eachChange(ctx, src, *src.feed, 0, s.now, take)
		return hits, !next.Feed, err
	}
	if src.keys != nil {
		whole, err = s.each(ctx, src.keys, take)
		return hits, whole, err
	}
	for i, doc := range src.docs {
		more, err := take(doc)
		if err != nil || !more {
			return hits, i == len(src.docs)-1, err
		}
	}
	return hits, true, nil
}

// list reads what a List names.
func (s *searching) list(ctx context.Context, id string) (map[string]bool, error) {
	if l, known := s.lists[id]; known {
		return l, nil
	}
	out := map[string]bool{}
	it, err := s.target(ctx, "List/"+id)
	if err != nil {
		return nil, err
	}
	if it != nil {
		if _, err := it.Full(); err != nil {
			return nil, err
		}
		for entry := range it.Resource.Get("entry").Each() {
			if ref := entry.StrAt("item.reference"); ref != "" && !entry.Get("deleted").Bool() {
				out[ref] = true
			}
		}
	}
	if s.lists == nil {
		s.lists = map[string]map[string]bool{}
	}
	s.lists[id] = out
	return out, nil
}
