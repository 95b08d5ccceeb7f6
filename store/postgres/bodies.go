package postgres

import (
	"context"

	"concord/store"
)

const (
	currentBodies = "SELECT pk, lid, 0, 0, org, body FROM rec WHERE (pk, lid) > ($1, $2) AND length(body) > 0 ORDER BY pk, lid LIMIT $3"
	pastBodies    = "SELECT pk, lid, ver, 0, org, body FROM rec_hist WHERE (pk, lid, ver) > ($1, $2, $4) AND length(body) > 0 ORDER BY pk, lid, ver LIMIT $3"
	messageBodies = "SELECT 0, 0, 0, w.seq, j.org, w.raw FROM journal_raw w JOIN journal j ON j.seq = w.seq WHERE w.seq > $1 AND length(w.raw) > 0 ORDER BY w.seq LIMIT $2"

	repackCurrent = `WITH moved AS (UPDATE rec SET body = n.body FROM unnest($1::int[], $2::int[], $3::bytea[], $4::bytea[]) AS n (pk, lid, old, body)
		WHERE rec.pk = n.pk AND rec.lid = n.lid AND rec.body = n.old RETURNING 1) SELECT count(*) FROM moved`
	repackPast = `WITH moved AS (UPDATE rec_hist SET body = n.body FROM unnest($1::int[], $2::int[], $3::bytea[], $4::bytea[], $5::int[]) AS n (pk, lid, old, body, ver)
		WHERE rec_hist.pk = n.pk AND rec_hist.lid = n.lid AND rec_hist.ver = n.ver AND rec_hist.body = n.old RETURNING 1) SELECT count(*) FROM moved`
	repackMessages = `WITH moved AS (UPDATE journal_raw SET raw = n.raw FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS n (seq, old, raw)
		WHERE journal_raw.seq = n.seq AND journal_raw.raw = n.old RETURNING 1) SELECT count(*) FROM moved`
)

// Bodies is described in store.Documents.
func (s *snapshot) Bodies(ctx context.Context, after store.BodyPlace, limit int) ([]store.Body, error) {
	p, err := placeOf(after.Key)
	if err != nil || limit <= 0 {
		return nil, err
	}
	query, args := messageBodies, []any{after.Seq, int64(limit)}
	switch after.Part {
	case store.CurrentBodies:
		query, args = currentBodies, []any{p.pk, p.lid, int64(limit)}
	case store.PastBodies:
		query, args = pastBodies, []any{p.pk, p.lid, int64(limit), int32(after.Version)}
	}
	var out []store.Body
	var orgs []int64
	size := 0
	err = s.each(ctx, query, func(r row) error {
		if size > store.MaxBodyBytes {
			return nil // the next call begins here
		}
		b := store.Body{BodyPlace: store.BodyPlace{Part: after.Part, Version: r.int(2), Seq: r.int(3)}, Packed: r.blob(5)}
		if after.Part != store.MessageBodies {
			b.Key = keyOf(r.int(0), r.int(1))
		}
		size += len(b.Packed)
		out, orgs = append(out, b), append(orgs, r.int(4))
		return nil
	}, args...)
	if err == nil {
		err = s.learn(ctx, orgs...)
	}
	for i := range out {
		out[i].Org = s.nameOf(orgs[i])
	}
	return out, err
}

// Bodies sees this Update's own writes too.
func (t *tx) Bodies(ctx context.Context, after store.BodyPlace, limit int) ([]store.Body, error) {
	if err := t.seen(ctx); err != nil {
		return nil, err
	}
	return t.snapshot.Bodies(ctx, after, limit)
}

// Repack is described in store.DocumentWriter.
func (t *tx) Repack(ctx context.Context, list []store.Repacking) (int, error) {
	n := 0
	counted := func(r row) error { n += int(r.int(0)); return nil }
	for _, part := range store.BodyParts() {
		var pks, lids, vers []int32
		var seqs []int64
		var old, body [][]byte
		for _, x := range list {
			if x.Part != part {
				continue
			}
			p, err := placeOf(x.Key)
			if err != nil {
				return n, err
			}
			pks, lids, vers, seqs = append(pks, p.pk), append(lids, p.lid), append(vers, int32(x.Version)), append(seqs, x.Seq)
			old, body = append(old, x.From), append(body, x.To)
		}
		if len(old) == 0 {
			continue
		}
		var err error
		switch part {
		case store.CurrentBodies:
			err = t.direct(ctx, repackCurrent, counted, pks, lids, old, body)
		case store.PastBodies:
			err = t.direct(ctx, repackPast, counted, pks, lids, old, body, vers)
		default:
			err = t.direct(ctx, repackMessages, counted, seqs, old, body)
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
