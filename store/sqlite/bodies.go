package sqlite

import (
	"context"

	"zombiezen.com/go/sqlite"

	"concord/store"
)

const (
	currentBodies = "SELECT id, 0, 0, org, body FROM rec WHERE id > ?1 AND length(body) > 0 ORDER BY id LIMIT ?2"
	pastBodies    = "SELECT id, ver, 0, org, body FROM rec_hist WHERE (id, ver) > (?1, ?2) AND length(body) > 0 ORDER BY id, ver LIMIT ?3"
	messageBodies = "SELECT 0, 0, w.seq, j.org, w.raw FROM journal_raw w JOIN journal j ON j.seq = w.seq WHERE w.seq > ?1 AND length(w.raw) > 0 ORDER BY w.seq LIMIT ?2"
)

// Bodies is described in store.Documents.
func (s *snapshot) Bodies(ctx context.Context, after store.BodyPlace, limit int) ([]store.Body, error) {
	row, err := rowOf(after.Key)
	if err != nil || limit <= 0 {
		return nil, err
	}
	query, args := messageBodies, []any{after.Seq, int64(limit)}
	switch after.Part {
	case store.CurrentBodies:
		query, args = currentBodies, []any{row, int64(limit)}
	case store.PastBodies:
		query, args = pastBodies, []any{row, after.Version, int64(limit)}
	}
	var out []store.Body
	size := 0
	err = s.each(query, func(st *sqlite.Stmt) error {
		if err := ctx.Err(); err != nil {
			return cancelled(err)
		}
		if size > store.MaxBodyBytes {
			return stop{}
		}
		b := store.Body{BodyPlace: store.BodyPlace{Part: after.Part, Version: st.ColumnInt64(1), Seq: st.ColumnInt64(2)}, Packed: blob(st, 4)}
		if after.Part != store.MessageBodies {
			b.Key = keyOf(st.ColumnInt64(0))
		}
		size += len(b.Packed)
		var err error
		b.Org, err = s.nameOf(st.ColumnInt64(3))
		out = append(out, b)
		return err
	}, args...)
	return out, err
}

// Repack is described in store.DocumentWriter.
func (t *tx) Repack(ctx context.Context, list []store.Repacking) (int, error) {
	n := 0
	for _, x := range list {
		row, err := rowOf(x.Key)
		if err != nil {
			return n, err
		}
		switch x.Part {
		case store.CurrentBodies:
			err = t.apply(ctx, "UPDATE rec SET body = ?2 WHERE id = ?1 AND body = ?3", row, x.To, x.From)
		case store.PastBodies:
			err = t.apply(ctx, "UPDATE rec_hist SET body = ?3 WHERE id = ?1 AND ver = ?2 AND body = ?4", row, x.Version, x.To, x.From)
		default:
			err = t.apply(ctx, "UPDATE journal_raw SET raw = ?2 WHERE seq = ?1 AND raw = ?3", x.Seq, x.To, x.From)
		}
		if err != nil {
			return n, err
		}
		n += t.conn.Changes()
	}
	return n, nil
}
