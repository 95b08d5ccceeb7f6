package record

import (
	"context"
	"slices"
	"sort"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
)

// page answers the page that was asked for.
func (s *searching) page(ctx context.Context) (*Found, error) {
	f, err := s.answer(ctx)
	if err != nil {
		return nil, err
	}
	if f.Total != 0 || len(f.Matches) > 0 {
		if err := s.along(ctx, f); err != nil {
			return nil, err
		}
	}
	f.Plan = s.told.done(len(f.Matches), len(f.Included), s.desk.scan)
	return f, nil
}

func (s *searching) answer(ctx context.Context) (*Found, error) {
	types := slices.DeleteFunc(slices.Clone(s.q.Types), func(typ string) bool { return !s.v.Filter.Type(typ) })
	if s.asked.Page != "" {
		return s.resume(ctx, types)
	}
	if len(types) == 0 {
		return &Found{}, nil
	}
	if n, ok, err := s.counted(ctx, types); ok || err != nil {
		return &Found{Total: n}, err
	}
	if s.q.Contained != "" { // one walk finds what contains any of the types
		return s.containers(ctx, types)
	}
	if src, err := s.whole(ctx, types); src != nil || err != nil {
		if err != nil {
			return nil, err
		}
		return s.decidedPage(ctx, src)
	}
	var gathered []*Item
	var walks []*source
	for _, typ := range types {
		src, err := s.source(ctx, typ)
		if err != nil {
			return nil, err
		}
		if len(types) == 1 {
			if decided, err := s.decided(ctx, src); err != nil {
				return nil, err
			} else if decided {
				return s.decidedPage(ctx, src)
			}
		}
		if src.many {
			return s.manyPage(ctx, typ)
		}
		if len(types) == 1 && s.lazily(src) {
			return s.keysPage(ctx, src, src.keys, 0, s.now, "")
		}
		if len(types) == 1 && src.feed != nil {
			return s.feedPage(ctx, src, pageToken{Change: s.now})
		}
		if len(types) == 1 && src.walk && s.inOrder(src) {
			if f, done, err := s.orderedFirst(ctx, src); done || err != nil {
				return f, err
			}
		}
		if src.walk {
			walks = append(walks, src)
			continue
		}
		hits, _, err := s.first(ctx, src, maxCandidates)
		if err != nil {
			return nil, err
		}
		gathered = append(gathered, hits...)
	}
	if len(walks) > 0 && len(s.q.Sort) == 0 && s.asked.LastN == 0 && len(gathered) == 0 && s.q.Count != 0 && s.q.Summary != "count" {
		return s.walkPage(ctx, types, cursor{change: s.now}, walks...)
	}
	for _, src := range walks { // an order, or a count, needs them all
		hits, _, err := s.first(ctx, src, maxCandidates)
		if err != nil {
			return nil, err
		}
		gathered = append(gathered, hits...)
	}
	return s.gatheredPage(gathered)
}

func (s *searching) containers(ctx context.Context, types []string) (*Found, error) {
	var gathered []*Item
	seen := map[store.Key]bool{}
	for _, typ := range types {
		src, err := s.source(ctx, typ)
		if err != nil {
			return nil, err
		}
		hits, _, err := s.first(ctx, src, maxCandidates)
		if err != nil {
			return nil, err
		}
		for _, it := range hits {
			if !seen[it.key] && s.v.Filter.Type(it.Type) {
				seen[it.key] = true
				gathered = append(gathered, it)
			}
		}
	}
	return s.gatheredPage(gathered)
}

// size is how many matches a page holds.
func (s *searching) size() int {
	if s.q.Count < 0 {
		return DefaultCount
	}
	return min(s.q.Count, MaxCount)
}

// gatheredPage sorts all matches, cuts the first page, and keeps the list of
// the others for the pages to come.
func (s *searching) gatheredPage(hits []*Item) (*Found, error) {
	order(s.q, hits)
	if s.asked.LastN > 0 {
		if err := parsed(hits); err != nil {
			return nil, err
		}
		hits = lastN(hits, s.asked.LastN)
	}
	f := &Found{Total: len(hits)}
	if s.q.Summary == "count" || s.q.Count == 0 {
		return f, nil
	}
	n := min(s.size(), len(hits))
	f.Matches = hits[:n]
	if n < len(hits) {
		id, err := s.keepList(versionsOf(hits))
		if err != nil {
			return nil, err
		}
		f.Next = s.token(pageToken{List: id, Offset: n, Change: s.now})
	}
	return f, nil
}

// cursor is where a walk stands: the type, and the last key shown.
type cursor struct {
	typ    int
	after  store.Key
	change int64 // as of which the store is seen
}

// walkPage walks from a cursor until the page is full; made are sources that are
// there already.
func (s *searching) walkPage(ctx context.Context, types []string, c cursor, made ...*source) (*Found, error) {
	f := &Found{Total: -1}
	size := s.size()
	first := c.typ == 0 && c.after == (store.Key{})
	s.listing = listNone
	for ; c.typ < len(types); c.typ, c.after = c.typ+1, (store.Key{}) {
		var src *source
		var err error
		if at := slices.IndexFunc(made, func(src *source) bool { return src.typ == types[c.typ] }); at >= 0 {
			src = made[at]
		} else if src, err = s.source(ctx, types[c.typ]); err != nil {
			return nil, err
		}
		src.walk = true // few enough to be gathered in one type, too many in another
		then, err := s.asOf(ctx, c.change, src, c.after)
		if err != nil {
			return nil, err
		}
		full := false
		_, err = s.walkAsOf(ctx, src, c.after, then, func(doc *store.Doc) (bool, error) {
			it, err := s.hit(ctx, doc, src)
			if err != nil || it == nil {
				return true, err
			}
			if len(f.Matches) == size {
				full = true
				return false, nil
			}
			f.Matches = append(f.Matches, it)
			return true, nil
		})
		if err != nil {
			return nil, err
		}
		if full {
			last := f.Matches[len(f.Matches)-1]
			next := pageToken{Walk: true, Change: c.change, Type: slices.Index(types, last.Type), PK: last.key.PK, LID: last.key.LID}
			f.Next = s.token(next)
			return f, s.estimate(ctx, types, f)
		}
	}
	if first {
		f.Total = len(f.Matches)
	}
	return f, nil
}

// counted answers a search that only counts, where the index can tell.
func (s *searching) counted(ctx context.Context, types []string) (int, bool, error) {
	if s.q.Summary != "count" && s.q.Count != 0 || s.q.Contained != "" {
		return 0, false, nil
	}
	return s.exact(ctx, types)
}

// exact counts by the postings, when they alone decide the query.
func (s *searching) exact(ctx context.Context, types []string) (int, bool, error) {
	total := int64(0)
	for _, typ := range types {
		if typ == binaryType { // what stands for each decides
			return 0, false, nil
		}
		term, ok := s.desk.searches().asks.Deciding(s.q, typ)
		if !ok {
			return 0, false, nil
		}
		n, err := s.r.CountTerm(ctx, term)
		if err != nil {
			return 0, false, err
		}
		kept, ok, err := s.keptBack(ctx, typ)
		if !ok || err != nil {
			return 0, false, err
		}
		n -= int64(kept)
		s.tell(typ + ": count the index")
		total += n
	}
	return int(total), true, nil
}

// estimate fills in the total of a walk that was asked for one.
func (s *searching) estimate(ctx context.Context, types []string, f *Found) error {
	if s.q.Total != "accurate" && s.q.Total != "estimate" {
		return nil
	}
	n, ok, err := s.exact(ctx, types)
	if ok || err != nil {
		f.Total = n
		return err
	}
	n = 0
	for _, typ := range types {
		src, err := s.source(ctx, typ)
		if err != nil {
			return err
		}
		src.walk = true
		_, err = s.walk(ctx, src, store.Key{}, func(doc *store.Doc) (bool, error) {
			it, err := s.hit(ctx, doc, src)
			if it != nil {
				n++
			}
			return true, err
		})
		if fault.Is(err, fault.TooCostly) {
			return nil // a total is a service, not a right: the page stands without
		}
		if err != nil {
			return err
		}
	}
	f.Total = n
	return nil
}

// order sorts by the query, then newest first, then by key, so that pages hold
// still.
func order(q *search.Query, hits []*Item) {
	sort.SliceStable(hits, func(i, j int) bool {
		a, b := hits[i].order, hits[j].order
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
		return compareKeys(hits[i].key, hits[j].key) < 0
	})
}
