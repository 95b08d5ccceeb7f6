package postgres

import (
	"context"

	"concord/store"
)

const (
	findAlias  = "SELECT pk, lid FROM alias WHERE h = $1"
	findIdent  = "SELECT pk, lid FROM ident WHERE h = $1 ORDER BY pk, lid LIMIT $2"
	findExact  = "SELECT pk, lid FROM str WHERE h = $1 AND v = $2 ORDER BY pk, lid LIMIT $3"
	findPrefix = "SELECT pk, lid, v FROM str WHERE h = $1 AND (v, pk, lid) > ($2, $3, $4) AND v < $6 ORDER BY v, pk, lid LIMIT $5"
	findAny    = "SELECT pk, lid, v FROM str WHERE h = $1 AND (v, pk, lid) > ($2, $3, $4) ORDER BY v, pk, lid LIMIT $5"
)

// distinct gathers keys once each, in order of appearance, up to a limit.
type distinct struct {
	limit int
	keys  []store.Key
	seen  map[store.Key]bool
}

func (f *distinct) add(k store.Key) {
	if len(f.keys) >= f.limit || f.seen[k] {
		return
	}
	if f.seen == nil {
		f.seen = map[store.Key]bool{}
	}
	f.seen[k] = true
	f.keys = append(f.keys, k)
}

func (f *distinct) row(r row) error {
	f.add(keyOf(r.int(0), r.int(1)))
	return nil
}

// Find looks up the alias and identifier indexes, aliases first.
func (s *snapshot) Find(ctx context.Context, h uint64, limit int) ([]store.Key, error) {
	found := distinct{limit: limit}
	s.send(findAlias, found.row, int64(h))
	err := s.each(ctx, findIdent, found.row, int64(h), int64(max(limit, 0)))
	return found.keys, err
}

// FindIdents is described in store.Population.
func (s *snapshot) FindIdents(ctx context.Context, hashes []uint64, limit int) ([][]store.Key, error) {
	if err := ctx.Err(); err != nil {
		return nil, cancelled(err)
	}
	out := make([][]store.Key, len(hashes))
	if len(hashes) == 0 {
		return out, nil
	}
	found := make([]distinct, len(hashes))
	for i, h := range hashes {
		found[i].limit = limit
		s.send(findIdent, found[i].row, int64(h), int64(max(limit, 0)))
	}
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	for i := range found {
		out[i] = found[i].keys
	}
	return out, nil
}

// FindString looks up the string index, in value order. A key may have several
// values with the prefix, so that a page can hold fewer keys than rows: then
// the next follows.
func (s *snapshot) FindString(ctx context.Context, h uint64, prefix string, exact bool, limit int) ([]store.Key, error) {
	found := distinct{limit: limit}
	if limit <= 0 {
		return nil, nil
	}
	if exact {
		err := s.each(ctx, findExact, found.row, int64(h), []byte(prefix), int64(limit))
		return found.keys, err
	}
	end := successor(prefix)
	last, at := []byte(prefix), place{-1, -1}
	for page := limit + limit/4; ; {
		n := 0
		sink := func(r row) error {
			n++
			last, at = append(last[:0:0], r[2]...), place{int32(r.int(0)), int32(r.int(1))}
			return found.row(r)
		}
		args := []any{int64(h), last, at.pk, at.lid, int64(page)}
		query := findAny
		if end != nil {
			query, args = findPrefix, append(args, end)
		}
		if err := s.each(ctx, query, sink, args...); err != nil || n < page || len(found.keys) >= limit {
			return found.keys, err
		}
	}
}

// successor is the first string after all that begin with prefix, nil when
// there is none.
func successor(prefix string) []byte {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return b[:i+1]
		}
	}
	return nil
}
