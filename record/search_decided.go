package record

import (
	"cmp"
	"context"
	"slices"

	"concord/store"
)

// decided tells a search of a patient's record whose index says all that is
// asked, so that only what is shown has to be looked at.
func (s *searching) decided(src *source) bool {
	if !src.lookup.Decided || src.walk || len(s.q.Sort) > 0 || s.asked.LastN > 0 {
		return false
	}
	return !slices.ContainsFunc(src.docs, func(doc *store.Doc) bool { return !src.home[doc.PK] })
}

// decidedPage is the first page of such a search, newest first. Each match
// that is shown is confirmed on its body.
func (s *searching) decidedPage(ctx context.Context, src *source) (*Found, error) {
	docs := slices.DeleteFunc(src.docs, func(doc *store.Doc) bool { return doc.Deleted })
	slices.SortFunc(docs, func(a, b *store.Doc) int {
		return cmp.Or(cmp.Compare(b.Change, a.Change), cmp.Compare(a.LID, b.LID))
	})
	f := &Found{}
	shown := s.size()
	if s.q.Summary == "count" || s.q.Count == 0 {
		shown = 0
	}
	kept := docs[:0]
	for i, doc := range docs {
		if len(f.Matches) == shown {
			kept = append(kept, docs[i:]...)
			break
		}
		it, err := s.hit(ctx, doc, src)
		if err != nil {
			return nil, err
		}
		if it != nil {
			f.Matches, kept = append(f.Matches, it), append(kept, doc)
		}
	}
	f.Total = len(kept)
	if shown > 0 && len(kept) > len(f.Matches) {
		rest := make([]*Item, len(kept))
		for i, doc := range kept {
			rest[i] = &Item{key: doc.Key, Version: doc.Version}
		}
		id, err := s.keepList(rest)
		if err != nil {
			return nil, err
		}
		f.Next = s.token(pageToken{List: id, Offset: len(f.Matches), Change: s.now})
	}
	return f, nil
}
