package record

import (
	"context"
	"fmt"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
)

// orderedBudget is how many resources the first page of a search in the order
// of the index may look at before all candidates are gathered and sorted.
const orderedBudget = 2000

// inOrder tells a search whose pages come straight from the index by code and
// date: no count is asked for.
func (s *searching) inOrder(src *source) bool {
	return src.lookup.Ordered != nil && s.asked.LastN == 0 && s.asksNoCount()
}

// orderedFirst makes the first page; done is false when too few of what is
// filed under the code match, so that another way is better.
func (s *searching) orderedFirst(ctx context.Context, src *source) (f *Found, done bool, err error) {
	return s.attempt(orderedBudget, func() (*Found, error) { return s.orderedPage(ctx, src, pageToken{Change: s.now}) })
}

// attempt tries a way that may look at so many resources; done is false when
// that was too few.
func (s *searching) attempt(budget int, way func() (*Found, error)) (f *Found, done bool, err error) {
	whole := s.budget
	s.budget = min(budget, whole)
	f, err = way()
	spent := min(budget, whole) - s.budget
	s.budget = whole - spent
	if tooMany(err) && spent < whole {
		s.budget = whole // the attempt is ours, not the client's
		return nil, false, nil
	}
	return f, true, err
}

// tooMany tells an error that says that a search looks at too much.
func tooMany(err error) bool { return fault.Of(err) != nil && fault.Of(err).Code == "record.scan" }

// orderedPage makes a page that begins at a date, after so many of its matches.
func (s *searching) orderedPage(ctx context.Context, src *source, at pageToken) (*Found, error) {
	line, err := s.timeline(ctx, src, at)
	if err != nil {
		return nil, err
	}
	s.tell(fmt.Sprintf("%s: read the index by date (%d codes, oldest first: %v), and %d beside it", src.typ, len(line.streams), line.oldest, len(line.loose)))
	f := &Found{Total: -1}
	last := at.place()
	for {
		groups, err := line.next(ctx, s.size()-len(f.Matches)+1)
		if err != nil {
			return nil, err
		}
		if len(groups) == 0 {
			if !at.Ordered {
				f.Total = len(f.Matches)
			}
			return f, nil
		}
		for _, g := range groups {
			hits, err := s.hitsOn(ctx, src, line, g)
			if err != nil {
				return nil, err
			}
			skip := 0
			if at.Ordered && g[0].Date == at.Date {
				skip = min(at.Offset, len(hits))
			}
			n := min(s.size()-len(f.Matches), len(hits)-skip)
			f.Matches = append(f.Matches, hits[skip:skip+n]...)
			if skip+n < len(hits) {
				next := pageToken{Ordered: true, Date: g[0].Date, Offset: skip + n, Change: at.Change}
				if last.Date == next.Date && last.Key != (store.Key{}) {
					next.PK, next.LID = last.PK, last.LID
				}
				f.Next = s.token(next)
				return f, nil
			}
			if last = (store.Dated{}); search.SameMoment(g[0].Date) {
				last = g[0]
			}
		}
	}
}

// place is the document of a date whose order is any that a page comes after,
// if there is one.
func (t pageToken) place() store.Dated {
	if !t.Ordered || t.PK == 0 && t.LID == 0 {
		return store.Dated{}
	}
	return store.Dated{Key: store.Key{PK: t.PK, LID: t.LID}, Date: t.Date}
}

// hitsOn are the matches of one date, in their order.
func (s *searching) hitsOn(ctx context.Context, src *source, line *timeline, group []store.Dated) ([]*Item, error) {
	var hits []*Item
	for _, at := range group {
		doc := line.docs[at.Key]
		if late := line.late[at.Key]; late != nil && late.Date == at.Date {
			doc = late
		}
		if doc == nil || doc.Change > line.change {
			continue // its version of then is among the late ones, or it is new
		}
		it, err := s.hit(ctx, doc, src)
		if err != nil {
			return nil, err
		}
		if it != nil {
			hits = append(hits, it)
		}
	}
	order(s.q, hits)
	return hits, nil
}
