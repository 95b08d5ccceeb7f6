package record

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"concord/standard/search"
	"concord/store"
)

// byDate sorts candidates by their leading date as the search asks for it,
// those without one last. The column of the date tells most of them apart; of
// those within one of its units the bodies are asked.
func (s *searching) byDate(src *source, docs []*store.Doc) error {
	by := s.q.Sort[0]
	slices.SortFunc(docs, func(a, b *store.Doc) int {
		switch {
		case a.Date == b.Date:
			return newestFirst(a, b)
		case a.Date == 0 || b.Date == 0:
			return cmp.Compare(b.Date, a.Date)
		case by.Down:
			return cmp.Compare(b.Date, a.Date)
		}
		return cmp.Compare(a.Date, b.Date)
	})
	asked := 0
	for from, to := 0, 0; from < len(docs); from = to {
		for to = from + 1; to < len(docs) && docs[to].Date == docs[from].Date; to++ {
		}
		if to-from > 1 && !search.SameMoment(docs[from].Date) {
			if err := s.byMoment(src, docs[from:to], by); err != nil {
				return err
			}
			asked += to - from
		}
	}
	s.tell(fmt.Sprintf("%s: order by the date that the index holds, %d of %d by their bodies", src.typ, asked, len(docs)))
	return nil
}

// byMoment sorts documents of one unit of Entries.Date by the moment that their
// bodies name; what it leaves together stays in its order.
func (s *searching) byMoment(src *source, docs []*store.Doc, by search.Sort) error {
	type moment struct {
		doc *store.Doc
		key string
	}
	all := make([]moment, len(docs))
	for i, doc := range docs {
		open, err := s.desk.opened(doc)
		if err != nil {
			return err
		}
		key, err := open.sortKey(by, src.reads, s.desk.london)
		if err != nil {
			return err
		}
		all[i] = moment{doc, key}
	}
	slices.SortStableFunc(all, func(a, b moment) int {
		if by.Down {
			return cmp.Compare(b.key, a.key)
		}
		return cmp.Compare(a.key, b.key)
	})
	for i, m := range all {
		docs[i] = m.doc
	}
	return nil
}

// sortKey is by what a body is sorted by an order that looks at nothing but
// what reads wants of it, remembered for the order that was asked for last.
func (b *openBody) sortKey(by search.Sort, reads func(string) bool, zone *time.Location) (string, error) {
	if have := b.sorted.Load(); have != nil && have.by == by {
		return have.key, nil
	}
	part, err := b.text.Only(reads)
	if err != nil {
		return "", err
	}
	key := by.Param.SortKey(search.Subject{Resource: part}, zone, by.Down)
	b.sorted.Store(&sorted{by, key})
	return key, nil
}

// sorted is what a body is sorted by.
type sorted struct {
	by  search.Sort
	key string
}
