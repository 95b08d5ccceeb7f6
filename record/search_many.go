package record

import (
	"context"

	"concord/store"
)

// listing is how much of an index is listed for candidates.
type listing uint8

const (
	listFew  listing = iota // unless there are many, where a page of some is asked for
	listAll                 // as far as a search may look
	listNone                // records are walked
)

// fewKeys is how many candidates of an index are listed for a page before
// walking is tried: among so many a page fills soon.
const fewKeys = 1000

// listed lists the candidates that an index gives. When there are many, and a
// page of some is all that is asked for, it only says so.
func (s *searching) listed(src *source, find func(limit int) ([]store.Key, error)) (err error) {
	if len(s.q.Types) == 1 && s.plainPage() && s.listing == listFew {
		some, err := find(fewKeys + 1)
		if err != nil {
			return err
		}
		if len(some) > fewKeys {
			src.many = true
			s.tell(src.typ + ": more than are worth listing, walk the records first")
			return nil
		}
		find = func(int) ([]store.Key, error) { return some, nil }
	}
	src.keys, err = s.byKeys(src.typ, find)
	return err
}

// manyPage makes the first page of a search that has many candidates: by
// walking records if that soon fills it, else from the list of them, else by
// walking on.
func (s *searching) manyPage(ctx context.Context, typ string) (*Found, error) {
	types := []string{typ}
	walk := func() (*Found, error) { return s.walkPage(ctx, types, cursor{change: s.now}) }
	if f, done, err := s.attempt(orderedBudget, walk); done || err != nil {
		return f, err
	}
	s.listing = listAll
	src, err := s.source(ctx, typ)
	if tooMany(err) {
		return walk()
	}
	if err != nil {
		return nil, err
	}
	return s.keysPage(ctx, src, src.keys, 0, s.now, "")
}
