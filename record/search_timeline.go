package record

import (
	"cmp"
	"context"
	"slices"

	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// timeline is the candidates of a search in the order of their date: what the
// index by code and date gives, and what lies beside it.
type timeline struct {
	s       *searching
	typ     uint16
	oldest  bool
	streams []*stream
	loose   []store.Dated            // in order: what the index files elsewhere, and what has changed since
	change  int64                    // as of which the store is seen
	late    map[store.Key]*store.Doc // of what has changed since, the version of then
	docs    map[store.Key]*store.Doc // current versions of what next gave
}

// stream is the index of one code.
type stream struct {
	stretches []store.CodeRange // still to be read, one after the other
	ahead     []store.Dated     // read, and not given yet
}

// timeline opens the index at the date where a page begins.
func (s *searching) timeline(ctx context.Context, src *source, at pageToken) (*timeline, error) {
	if err := s.complete(); err != nil {
		return nil, err
	}
	o := src.lookup.Ordered
	t := &timeline{s: s, typ: fhir.R4().Number(src.typ), oldest: o.Oldest, change: at.Change, late: map[store.Key]*store.Doc{}}
	for _, code := range o.Codes {
		t.streams = append(t.streams, &stream{stretches: stretches(&src.lookup, code, at)})
	}
	if o.Lasting != 0 { // what lasts may have begun at any time before
		open := src.lookup
		if open.From != 0 {
			open.From = 1
		}
		t.streams = append(t.streams, &stream{stretches: stretches(&open, o.Lasting, at)})
	}
	for _, terms := range o.Loose {
		beside := *src
		beside.lookup.Terms = terms
		_, err := s.walk(ctx, &beside, store.Key{}, func(doc *store.Doc) (bool, error) {
			t.loose = append(t.loose, store.Dated{Key: doc.Key, Date: doc.Date})
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	then, err := s.asOf(ctx, at.Change, src, store.Key{})
	if err != nil {
		return nil, err
	}
	for _, doc := range then.late {
		t.late[doc.Key] = doc
		t.loose = append(t.loose, store.Dated{Key: doc.Key, Date: doc.Date})
	}
	place := at.place()
	t.loose = slices.DeleteFunc(t.loose, func(d store.Dated) bool {
		return at.Ordered && t.before(d.Date, at.Date) || place != (store.Dated{}) && t.compare(d, place) <= 0
	})
	slices.SortFunc(t.loose, t.compare)
	return t, nil
}

// stretches are the parts of a code's index that a page may need. Documents
// without a date come last, whichever way.
func stretches(l *search.Lookup, code uint64, at pageToken) []store.CodeRange {
	r := store.CodeRange{Code: code, From: l.From, To: l.To, Oldest: l.Ordered.Oldest, After: at.place()}
	undated := store.CodeRange{Code: code, To: 1, Oldest: r.Oldest}
	bounded := l.From != 0 || l.To != 0
	switch {
	case at.Ordered && at.Date == 0:
		undated.After = at.place()
		return []store.CodeRange{undated}
	case r.Oldest && at.Ordered:
		r.From = at.Date
	case r.Oldest:
		r.From = max(r.From, 1)
	case at.Ordered:
		r.To = at.Date + 1
	}
	if r.Oldest && !bounded {
		return []store.CodeRange{r, undated}
	}
	if bounded {
		r.From = max(r.From, 1)
	}
	return []store.CodeRange{r}
}

// before tells whether one date comes before another in this order.
func (t *timeline) before(a, b int64) bool {
	if a == 0 || b == 0 {
		return a != 0 && b == 0
	}
	return a != b && (a < b) == t.oldest
}

func (t *timeline) compare(a, b store.Dated) int {
	switch {
	case t.before(a.Date, b.Date):
		return -1
	case t.before(b.Date, a.Date):
		return 1
	}
	c := cmp.Or(cmp.Compare(a.PK, b.PK), cmp.Compare(a.LID, b.LID))
	if !t.oldest {
		return -c
	}
	return c
}

// next gives groups of candidates, at least so many in all unless the end is
// near, and reads their current versions. A group is all of one date, or one
// document of a date whose order is any.
func (t *timeline) next(ctx context.Context, atLeast int) ([][]store.Dated, error) {
	var groups [][]store.Dated
	n := 0
	for {
		d, ok, err := t.take(ctx)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		last := len(groups) - 1
		switch {
		case last >= 0 && groups[last][len(groups[last])-1] == d: // filed under two of the codes
			continue
		case last < 0 || groups[last][0].Date != d.Date || search.SameMoment(d.Date):
			if n >= atLeast {
				t.putBack(d)
				return groups, t.read(ctx, groups)
			}
			groups = append(groups, []store.Dated{d})
		default:
			groups[last] = append(groups[last], d)
		}
		n++
		if n > t.s.budget {
			return nil, t.s.spend(n)
		}
	}
	return groups, t.read(ctx, groups)
}

// read reads the current versions of some groups.
func (t *timeline) read(ctx context.Context, groups [][]store.Dated) error {
	var keys []store.Key
	for _, g := range groups {
		for _, d := range g {
			keys = append(keys, d.Key)
		}
	}
	if err := t.s.spend(len(keys)); err != nil {
		return err
	}
	docs, err := t.s.r.GetMany(ctx, keys)
	t.docs = make(map[store.Key]*store.Doc, len(docs))
	for _, doc := range docs {
		t.docs[doc.Key] = doc
	}
	return err
}

// take gives the first of what the streams have next.
func (t *timeline) take(ctx context.Context) (first store.Dated, ok bool, err error) {
	var from *[]store.Dated
	for _, s := range t.streams {
		if err := s.fill(ctx, t); err != nil {
			return first, false, err
		}
		if len(s.ahead) > 0 && (from == nil || t.compare(s.ahead[0], first) < 0) {
			from, first = &s.ahead, s.ahead[0]
		}
	}
	if len(t.loose) > 0 && (from == nil || t.compare(t.loose[0], first) < 0) {
		from, first = &t.loose, t.loose[0]
	}
	if from == nil {
		return first, false, nil
	}
	*from = (*from)[1:]
	return first, true, nil
}

func (t *timeline) putBack(d store.Dated) { t.loose = slices.Insert(t.loose, 0, d) }

// streamStep is how much of the index is read ahead.
const streamStep = 64

func (s *stream) fill(ctx context.Context, t *timeline) error {
	for len(s.ahead) == 0 && len(s.stretches) > 0 {
		got, err := t.s.r.FindCode(ctx, s.stretches[0], streamStep)
		if err != nil {
			return err
		}
		if len(got) < streamStep {
			s.stretches = s.stretches[1:]
		} else {
			s.stretches[0].After = got[len(got)-1]
		}
		s.ahead = slices.DeleteFunc(got, func(d store.Dated) bool { return d.Type() != t.typ })
	}
	return nil
}
