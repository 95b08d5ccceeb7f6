package record

import (
	"context"

	"concord/record/access"
	"concord/store"
)

// mostKeptBack is how many records are looked at to take from a count what is
// kept back; beyond, the matches are counted one by one.
const mostKeptBack = 5000

// keptBack counts the matches of a type that may not be seen, or match only by
// what is kept back of them, which the index has counted among the others. ok is false when that cannot be told so: where
// a relationship decides, or too much is marked.
func (s *searching) keptBack(ctx context.Context, typ string) (n int, ok bool, err error) {
	if !s.v.impersonal() || s.v.Filter.Limited() {
		return 0, false, nil
	}
	pks, ok := s.desk.guard.specials(mostKeptBack)
	if !ok || len(pks) == 0 {
		return 0, ok, nil
	}
	src := s.plain(typ)
	docs, err := s.chart(ctx, src, pks)
	if err != nil {
		return 0, false, err
	}
	for _, doc := range docs {
		o, err := s.v.look(ctx, doc, false)
		if err != nil {
			return 0, false, err
		}
		if o.Shown && o.Contact {
			continue
		}
		kept, err := s.hidden(ctx, doc, src, o)
		if err != nil {
			return 0, false, err
		}
		if kept {
			n++
		}
	}
	return n, true, nil
}

// hidden tells whether a document matches, and the requester may not find it.
func (s *searching) hidden(ctx context.Context, doc *store.Doc, src *source, o access.Outcome) (bool, error) {
	whole, err := s.confirm(ctx, doc, src, access.Outcome{Shown: true, Contact: true})
	if err != nil || whole == nil || !o.Shown {
		return whole != nil, err
	}
	seen, err := s.confirm(ctx, doc, src, o)
	return seen == nil, err
}

// found keeps the documents of a search that the index has decided which the
// requester may find: of who is restricted, each is held against the query as it
// is seen.
func (s *searching) found(ctx context.Context, docs []*store.Doc, src *source) ([]*store.Doc, error) {
	out := make([]*store.Doc, 0, len(docs))
	for _, doc := range docs {
		o, err := s.v.look(ctx, doc, false)
		if err != nil {
			return nil, err
		}
		if o.Shown && !o.Contact {
			it, err := s.confirm(ctx, doc, src, o)
			if err != nil {
				return nil, err
			}
			o.Shown = it != nil
		}
		if o.Shown {
			out = append(out, doc)
		}
	}
	return out, nil
}
