package postgres

import (
	"context"
	"sync"

	"concord/store"
)

// claim is one hash that the group has claimed.
type claim struct {
	h  int64
	at place
}

const addClaims = "INSERT INTO alias (h, pk, lid) SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[])"

func sendClaims(c *conn, list []claim) {
	if len(list) == 0 {
		return
	}
	hs, pks, lids := make([]int64, len(list)), make([]int32, len(list)), make([]int32, len(list))
	for i, k := range list {
		hs[i], pks[i], lids[i] = k.h, k.at.pk, k.at.lid
	}
	c.send(addClaims, nil, hs, pks, lids)
}

// aliasCache remembers claims that are committed. They never change, so that
// one that is known need not be asked for.
type aliasCache struct {
	mu    sync.Mutex
	known map[uint64]store.Key
}

const mostAliases = 1 << 16

func (a *aliasCache) add(fresh map[uint64]store.Key) {
	if len(fresh) == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) > mostAliases {
		a.known = map[uint64]store.Key{}
	}
	for h, k := range fresh {
		a.known[h] = k
	}
}

func (a *aliasCache) find(h uint64) (store.Key, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k, ok := a.known[h]
	return k, ok
}

// Claim files a key under a hash that may belong to one key only.
func (t *tx) Claim(ctx context.Context, h uint64, k store.Key) (store.Key, error) {
	at, err := placeOf(k)
	if err != nil {
		return store.Key{}, err
	}
	b := &t.g.buf
	if owner, ok := b.claimed[h]; ok {
		return owner, nil
	}
	if owner, ok := t.e.aliases.find(h); ok {
		return owner, nil
	}
	var owner store.Key
	err = t.each(ctx, findAlias, func(r row) error { owner = keyOf(r.int(0), r.int(1)); return nil }, int64(h))
	if err != nil || owner != (store.Key{}) {
		return owner, err
	}
	if err := t.write(ctx); err != nil {
		return store.Key{}, err
	}
	set(b, &b.claimed, h, k)
	b.claims = append(b.claims, claim{int64(h), at})
	return k, nil
}
