package record

import (
	"context"

	"concord/store"
)

// keyStep is how many candidates are read at a time, after the first that may
// fill a page.
const keyStep = 64

// each reads candidates by their keys until take wants no more; whole tells
// that the end was reached.
func (s *searching) each(ctx context.Context, keys []store.Key, take func(*store.Doc) (bool, error)) (whole bool, err error) {
	for step := min(s.size()+1, keyStep); len(keys) > 0; step = keyStep {
		n := min(step, len(keys))
		if err := s.spend(n); err != nil {
			return false, err
		}
		docs, err := s.r.GetMany(ctx, keys[:n])
		if err != nil {
			return false, err
		}
		for i, doc := range docs {
			more, err := take(doc)
			if err != nil || !more {
				return err == nil && n == len(keys) && i == len(docs)-1, err
			}
		}
		keys = keys[n:]
	}
	return true, nil
}

// lazily tells a search whose candidates need not all be read for a page: no
// order is asked, and no count.
func (s *searching) lazily(src *source) bool {
	return len(src.keys) > s.size() && s.plainPage()
}

// keysPage is a page of candidates that are read one after the other, from a
// place in their list on, as of a change. list names the list where it is kept
// already.
func (s *searching) keysPage(ctx context.Context, src *source, keys []store.Key, from int, change int64, list string) (*Found, error) {
	f := &Found{Total: -1}
	more, at := 0, from
	_, err := s.each(ctx, keys[from:], func(doc *store.Doc) (bool, error) {
		for keys[at] != doc.Key { // those that are not there any more
			at++
		}
		doc, err := s.then(ctx, doc, change)
		if err != nil || doc == nil {
			return true, err
		}
		it, err := s.hit(ctx, doc, src)
		if err != nil || it == nil {
			return true, err
		}
		if len(f.Matches) == s.size() {
			more = at
			return false, nil
		}
		f.Matches = append(f.Matches, it)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	if more == 0 {
		if from == 0 {
			f.Total = len(f.Matches)
		}
		return f, nil
	}
	if list == "" {
		all := make([]store.VersionKey, len(keys))
		for i, k := range keys {
			all[i].Key = k
		}
		if list, err = s.keepList(all); err != nil {
			return nil, err
		}
	}
	f.Next = s.token(pageToken{List: list, Lazy: true, Offset: more, Change: change})
	return f, nil
}

// then is a document as it was at a change; nil when it was not there.
func (s *searching) then(ctx context.Context, doc *store.Doc, change int64) (*store.Doc, error) {
	if doc.Change <= change {
		return doc, nil
	}
	all, err := s.r.Versions(ctx, doc.Key)
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		if v.Change <= change {
			return v, nil
		}
	}
	return nil, nil
}
