package postgres

import (
	"cmp"
	"context"
	"slices"

	"concord/store"
)

// identMove files or takes away an identifier entry.
type identMove struct {
	h     int64
	at    place
	there bool // after it
	fresh bool // of a document that the database does not have
}

// strMove files or takes away a string entry.
type strMove struct {
	h     int64
	v     string
	at    place
	there bool
}

// postMove changes the count of a term in a record.
type postMove struct {
	term int64
	pk   int32
	n    int32
}

const (
	newIdents  = "INSERT INTO ident (h, pk, lid) SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[])"
	addIdents  = newIdents + " ON CONFLICT DO NOTHING"
	dropIdents = "DELETE FROM ident USING unnest($1::bigint[], $2::int[], $3::int[]) AS n (h, pk, lid) WHERE ident.h = n.h AND ident.pk = n.pk AND ident.lid = n.lid"
	addStrs    = "INSERT INTO str (h, v, pk, lid) SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::int[], $4::int[]) ON CONFLICT DO NOTHING"
	dropStrs   = "DELETE FROM str USING unnest($1::bigint[], $2::bytea[], $3::int[], $4::int[]) AS n (h, v, pk, lid) WHERE str.h = n.h AND str.v = n.v AND str.pk = n.pk AND str.lid = n.lid"
	newPosts   = "INSERT INTO post (term, pk, n) SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[])"
	addPosts   = "INSERT INTO post AS p (term, pk, n) SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[]) ON CONFLICT (term, pk) DO UPDATE SET n = p.n + excluded.n"
	lessPosts  = "UPDATE post SET n = post.n + m.n FROM unnest($1::bigint[], $2::int[], $3::int[]) AS m (term, pk, n) WHERE post.term = m.term AND post.pk = m.pk"
	dropPosts  = "DELETE FROM post USING unnest($1::bigint[], $2::int[]) AS m (term, pk) WHERE post.term = m.term AND post.pk = m.pk AND post.n <= 0"
)

// sendIdents writes where each entry ended up, in the order of the table. It is
// first when nothing of the group was sent before, so that documents marked
// fresh have no entries.
func sendIdents(c *conn, list []identMove, first bool) {
	if len(list) == 0 {
		return
	}
	moves := slices.Clone(list)
	slices.SortStableFunc(moves, func(a, b identMove) int {
		return cmp.Or(cmp.Compare(a.h, b.h), cmp.Compare(a.at.pk, b.at.pk), cmp.Compare(a.at.lid, b.at.lid))
	})
	var columns [3]struct {
		h       []int64
		pk, lid []int32
	}
	for i, m := range moves {
		if i+1 < len(moves) && moves[i+1].h == m.h && moves[i+1].at == m.at {
			continue
		}
		to := &columns[0]
		switch {
		case !m.there && m.fresh && first:
			continue
		case !m.there:
			to = &columns[2]
		case !m.fresh || !first:
			to = &columns[1]
		}
		to.h, to.pk, to.lid = append(to.h, m.h), append(to.pk, m.at.pk), append(to.lid, m.at.lid)
	}
	for i, query := range [...]string{newIdents, addIdents, dropIdents} {
		if to := &columns[i]; len(to.h) > 0 {
			c.send(query, nil, to.h, to.pk, to.lid)
		}
	}
}

// sendStrs writes where each entry ended up.
func sendStrs(c *conn, list []strMove) {
	if len(list) == 0 {
		return
	}
	moves := slices.Clone(list)
	slices.SortStableFunc(moves, func(a, b strMove) int {
		return cmp.Or(cmp.Compare(a.h, b.h), cmp.Compare(a.v, b.v), cmp.Compare(a.at.pk, b.at.pk), cmp.Compare(a.at.lid, b.at.lid))
	})
	var columns [2]struct {
		h       []int64
		v       [][]byte
		pk, lid []int32
	}
	for i, m := range moves {
		if i+1 < len(moves) && moves[i+1].h == m.h && moves[i+1].v == m.v && moves[i+1].at == m.at {
			continue
		}
		to := &columns[bit(!m.there)]
		to.h, to.v, to.pk, to.lid = append(to.h, m.h), append(to.v, []byte(m.v)), append(to.pk, m.at.pk), append(to.lid, m.at.lid)
	}
	for i, query := range [...]string{addStrs, dropStrs} {
		if to := &columns[i]; len(to.h) > 0 {
			c.send(query, nil, to.h, to.v, to.pk, to.lid)
		}
	}
}

// sendPosts writes by how much each count changed. Records above freshAbove
// have no counts yet.
func sendPosts(c *conn, list []postMove, freshAbove int64) {
	if len(list) == 0 {
		return
	}
	moves := slices.Clone(list)
	slices.SortFunc(moves, func(a, b postMove) int { return cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.pk, b.pk)) })
	var columns [3]struct {
		term  []int64
		pk, n []int32
	}
	for i, n := 0, int32(0); i < len(moves); i++ {
		m := moves[i]
		n += m.n
		if i+1 < len(moves) && moves[i+1].term == m.term && moves[i+1].pk == m.pk {
			continue
		}
		if n != 0 {
			to := &columns[0]
			if n < 0 {
				to = &columns[2]
			} else if int64(m.pk) <= freshAbove {
				to = &columns[1]
			}
			to.term, to.pk, to.n = append(to.term, m.term), append(to.pk, m.pk), append(to.n, n)
		}
		n = 0
	}
	for i, query := range [...]string{newPosts, addPosts, lessPosts} {
		if to := &columns[i]; len(to.term) > 0 {
			c.send(query, nil, to.term, to.pk, to.n)
		}
	}
	if to := &columns[2]; len(to.term) > 0 {
		c.send(dropPosts, nil, to.term, to.pk)
	}
}

// identRef is a document that a gathered move names.
type identRef struct {
	at    place
	there bool
}

// ident finds the gathered moves of one hash.
func (b *buffer) ident(h uint64) []identRef {
	if b.byIdent == nil {
		b.byIdent = map[uint64][]identRef{}
	}
	for ; b.identsRead < len(b.idents); b.identsRead++ {
		m := b.idents[b.identsRead]
		b.byIdent[uint64(m.h)] = append(b.byIdent[uint64(m.h)], identRef{m.at, m.there})
	}
	return b.byIdent[h]
}

// Find sees this Update's own writes too.
func (t *tx) Find(ctx context.Context, h uint64, limit int) ([]store.Key, error) {
	if _, claimed := t.g.buf.claimed[h]; !claimed && len(t.g.buf.ident(h)) == 0 {
		return t.snapshot.Find(ctx, h, limit)
	}
	return t.find(ctx, h, limit, true)
}

// find finds what this Update has written too, claimed ids only if they are asked for.
func (t *tx) find(ctx context.Context, h uint64, limit int, ids bool) ([]store.Key, error) {
	if err := ctx.Err(); err != nil {
		return nil, cancelled(err)
	}
	moves := map[place]bool{}
	for _, m := range t.g.buf.ident(h) {
		moves[m.at] = m.there
	}
	owner, claimed := t.g.buf.claimed[h]
	var idents []place
	add := func(r row) error {
		if p := (place{int32(r.int(0)), int32(r.int(1))}); !hasKey(moves, p) {
			idents = append(idents, p)
		}
		return nil
	}
	if ids && !claimed {
		t.send(findAlias, func(r row) error { owner, claimed = keyOf(r.int(0), r.int(1)), true; return nil }, int64(h))
	}
	if err := t.each(ctx, findIdent, add, int64(h), int64(max(limit, 0)+len(moves))); err != nil {
		return nil, err
	}
	for p, there := range moves {
		if there {
			idents = append(idents, p)
		}
	}
	slices.SortFunc(idents, func(a, b place) int { return cmp.Or(cmp.Compare(a.pk, b.pk), cmp.Compare(a.lid, b.lid)) })
	found := distinct{limit: limit}
	if ids && claimed {
		found.add(owner)
	}
	for _, p := range idents {
		found.add(p.key())
	}
	return found.keys, nil
}

// FindIdents sees this Update's own writes too.
func (t *tx) FindIdents(ctx context.Context, hashes []uint64, limit int) ([][]store.Key, error) {
	own := slices.ContainsFunc(hashes, func(h uint64) bool { return len(t.g.buf.ident(h)) > 0 })
	if !own {
		return t.snapshot.FindIdents(ctx, hashes, limit)
	}
	out := make([][]store.Key, len(hashes))
	for i, h := range hashes {
		var err error
		if out[i], err = t.find(ctx, h, limit, false); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func hasKey[V any](m map[place]V, p place) bool {
	_, ok := m[p]
	return ok
}
