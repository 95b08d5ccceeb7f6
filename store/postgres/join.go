package postgres

import (
	"context"
	"slices"
	"time"
)

// standing is the link that a record key has, person 0 for none.
type standing struct{ person, cseq, since int64 }

// linkMove makes, ends or takes back a link.
type linkMove struct {
	kind        linkKind
	pk          int32
	person      int32
	cseq        int64
	since, till int64
}

type linkKind uint8

const (
	linkMade linkKind = iota
	linkEnded
	linkDropped
)

const (
	addLinks  = "INSERT INTO link (pk, cseq, person, since, till) SELECT pk, cseq, person, since, nullif(till, 0) FROM unnest($1::int[], $2::bigint[], $3::int[], $4::bigint[], $5::bigint[]) AS n (pk, cseq, person, since, till)"
	endLinks  = "UPDATE link SET till = n.till FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS n (pk, cseq, till) WHERE link.pk = n.pk AND link.cseq = n.cseq"
	dropLinks = "DELETE FROM link USING unnest($1::int[], $2::bigint[]) AS n (pk, cseq) WHERE link.pk = n.pk AND link.cseq = n.cseq"
)

// sendLinks writes links: those that were taken back first, then ends, then
// new ones, some of which have already ended.
func sendLinks(c *conn, list []linkMove) {
	if len(list) == 0 {
		return
	}
	var made, ended, dropped []linkMove
	find := func(m linkMove) int {
		return slices.IndexFunc(made, func(n linkMove) bool { return n.pk == m.pk && n.cseq == m.cseq })
	}
	for _, m := range list {
		switch at := -1; m.kind {
		case linkMade:
			made = append(made, m)
		case linkEnded:
			if at = find(m); at >= 0 {
				made[at].till = m.till
			} else {
				ended = append(ended, m)
			}
		default:
			if at = find(m); at >= 0 {
				made = slices.Delete(made, at, at+1)
			} else {
				dropped = append(dropped, m)
			}
		}
	}
	column := func(list []linkMove) (pks, persons []int32, cseqs, sinces, tills []int64) {
		for _, m := range list {
			pks, persons, cseqs, sinces, tills = append(pks, m.pk), append(persons, m.person), append(cseqs, m.cseq), append(sinces, m.since), append(tills, m.till)
		}
		return pks, persons, cseqs, sinces, tills
	}
	if pks, _, cseqs, _, _ := column(dropped); len(pks) > 0 {
		c.send(dropLinks, nil, pks, cseqs)
	}
	if pks, _, cseqs, _, tills := column(ended); len(pks) > 0 {
		c.send(endLinks, nil, pks, cseqs, tills)
	}
	if pks, persons, cseqs, sinces, tills := column(made); len(pks) > 0 {
		c.send(addLinks, nil, pks, cseqs, persons, sinces, tills)
	}
}

// stands is the link that a record key has now.
func (t *tx) stands(ctx context.Context, pk int64) (standing, error) {
	if l, ok := t.g.buf.linkAt[pk]; ok || t.g.born[pk] && !t.g.open {
		return l, nil
	}
	var l standing
	err := t.each(ctx, personNow, func(r row) error { l = standing{r.int(0), r.int(1), r.int(2)}; return nil }, pkOf(pk))
	return l, err
}

// SetLink ends the standing link of pk, if any, and makes a new one. A link
// made earlier in the same Update never stood for anybody, and is replaced.
func (t *tx) SetLink(ctx context.Context, pk, person int64) error {
	if pk <= 0 || pkOf(pk) < 0 || pkOf(person) < 0 {
		return rangeFault()
	}
	had, err := t.stands(ctx, pk)
	if err != nil || had.person == person {
		return err
	}
	if err := t.write(ctx); err != nil {
		return err
	}
	b := &t.g.buf
	switch {
	case had.person == 0:
	case had.cseq == t.change:
		b.links = append(b.links, linkMove{kind: linkDropped, pk: int32(pk), cseq: had.cseq})
	default:
		b.links = append(b.links, linkMove{kind: linkEnded, pk: int32(pk), cseq: had.cseq, till: t.at})
	}
	if person != 0 {
		b.links = append(b.links, linkMove{kind: linkMade, pk: int32(pk), person: int32(person), cseq: t.change, since: t.at})
	}
	set(b, &b.linkAt, pk, standing{person, t.change, t.at})
	return nil
}

// PersonOf sees this Update's own links too.
func (t *tx) PersonOf(ctx context.Context, pk int64, asAt time.Time) (int64, error) {
	if asAt.IsZero() {
		l, err := t.stands(ctx, pk)
		return l.person, err
	}
	if err := t.seen(ctx); err != nil {
		return 0, err
	}
	return t.snapshot.PersonOf(ctx, pk, asAt)
}

// PersonsOf sees this Update's own links too.
func (t *tx) PersonsOf(ctx context.Context, pks []int64) ([]int64, error) {
	out := make([]int64, len(pks))
	for i, pk := range pks {
		l, err := t.stands(ctx, pk)
		if err != nil {
			return nil, err
		}
		out[i] = l.person
	}
	return out, nil
}

// Members sees this Update's own links too.
func (t *tx) Members(ctx context.Context, person int64, asAt time.Time) ([]int64, error) {
	if !asAt.IsZero() {
		if err := t.seen(ctx); err != nil {
			return nil, err
		}
		return t.snapshot.Members(ctx, person, asAt)
	}
	list, err := t.snapshot.Members(ctx, person, asAt)
	if err != nil || len(t.g.buf.linkAt) == 0 {
		return list, err
	}
	list = slices.DeleteFunc(list, func(pk int64) bool { _, moved := t.g.buf.linkAt[pk]; return moved })
	for pk, l := range t.g.buf.linkAt {
		if l.person == person {
			list = append(list, pk)
		}
	}
	slices.Sort(list)
	return list, nil
}
