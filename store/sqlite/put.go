package sqlite

import (
	"context"
	"slices"

	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
)

// NewRecord allocates a record key that was never used.
func (t *tx) NewRecord(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, cancelled(err)
	}
	t.dirty = true
	t.w.c.pk++
	return t.w.c.pk, nil
}

// lidEnd is the first lid after those of a type.
func lidEnd(typ uint16) int64 { return (int64(typ) + 1) << 32 }

// Put writes a version, keeps the one before it, and moves the index.
func (t *tx) Put(ctx context.Context, p store.Put) (int64, error) {
	if p.PK <= 0 || p.LID <= 0 {
		return 0, fault.New(fault.Internal, "store.key", "a document needs a record key and a place in the record")
	}
	org, err := t.intern(ctx, p.Org)
	if err != nil {
		return 0, err
	}
	feed, err := t.intern(ctx, p.Feed)
	if err != nil {
		return 0, err
	}
	var have int64
	if p.IfVersion != 0 {
		if have, err = t.version(p.Key); err != nil {
			return 0, err
		}
		if p.IfVersion != store.AnyVersion && p.IfVersion != have {
			return 0, versionFault()
		}
	}
	if have == 0 {
		err = t.insert(ctx, &p, org, feed)
	} else {
		err = t.replace(ctx, &p, have+1, org, feed)
	}
	if err != nil {
		return 0, err
	}
	if err := t.moveIndex(ctx, p.Key, &p.Old, &p.Index); err != nil {
		return 0, err
	}
	t.puts.add(p.Key, have+1, p.Deleted)
	return have + 1, nil
}

func versionFault() error {
	return fault.New(fault.Conflict, "store.version", "the resource has changed, or exists already")
}

// version is the current version of a document, 0 when there is none.
func (t *tx) version(k store.Key) (int64, error) {
	st, err := t.conn.Prepare("SELECT ver FROM rec WHERE pk = ?1 AND lid = ?2")
	if err != nil {
		return 0, failed(err, "prepare version")
	}
	st.BindInt64(1, k.PK)
	st.BindInt64(2, k.LID)
	return oneInt(st)
}

// insert writes a first version. The primary key is the check that there was
// none.
func (t *tx) insert(ctx context.Context, p *store.Put, org, feed int64) error {
	st, err := t.write(ctx, `INSERT INTO rec (pk, lid, ver, cseq, upd, del, org, feed, d, code, qh, qv, tok, body)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT DO NOTHING`)
	if err != nil {
		return err
	}
	t.bindVersion(st, p, 1, org, feed)
	if err := t.exec(st); err != nil {
		return err
	}
	if t.conn.Changes() == 0 {
		return versionFault()
	}
	return nil
}

// replace copies the current row to history and writes the next version.
func (t *tx) replace(ctx context.Context, p *store.Put, ver, org, feed int64) error {
	st, err := t.write(ctx, `INSERT INTO rec_hist (pk, lid, ver, cseq, upd, del, org, feed, d, tok, body)
		SELECT pk, lid, ver, cseq, upd, del, org, feed, d, tok, body FROM rec WHERE pk = ?1 AND lid = ?2`)
	if err != nil {
		return err
	}
	st.BindInt64(1, p.PK)
	st.BindInt64(2, p.LID)
	if err := t.exec(st); err != nil {
		return err
	}
	st, err = t.write(ctx, `UPDATE rec SET ver = ?3, cseq = ?4, upd = ?5, del = ?6, org = ?7, feed = ?8,
		d = ?9, code = ?10, qh = ?11, qv = ?12, tok = ?13, body = ?14 WHERE pk = ?1 AND lid = ?2`)
	if err != nil {
		return err
	}
	t.bindVersion(st, p, ver, org, feed)
	return t.exec(st)
}

func (t *tx) bindVersion(st *sqlite.Stmt, p *store.Put, ver, org, feed int64) {
	st.BindInt64(1, p.PK)
	st.BindInt64(2, p.LID)
	st.BindInt64(3, ver)
	st.BindInt64(4, t.change)
	st.BindInt64(5, t.at)
	st.BindBool(6, p.Deleted)
	st.BindInt64(7, org)
	st.BindInt64(8, feed)
	st.BindInt64(9, p.Index.Date)
	bindSome(st, 10, int64(p.Index.Code))
	if p.Index.Unit != 0 {
		st.BindInt64(11, int64(p.Index.Unit))
		st.BindFloat(12, p.Index.Value)
	}
	bindBlob(st, 13, store.PackTokens(p.Index.Tokens))
	bindBlob(st, 14, p.Body)
}

// moveIndex takes the entries away that only the old version had and files
// those that only the new one has.
func (t *tx) moveIndex(ctx context.Context, k store.Key, from, to *search.Entries) error {
	for _, h := range from.Idents {
		if slices.Contains(to.Idents, h) {
			continue
		}
		if err := t.apply(ctx, "DELETE FROM ident WHERE h = ?1 AND pk = ?2 AND lid = ?3", int64(h), k.PK, k.LID); err != nil {
			return err
		}
	}
	for _, s := range from.Strings {
		if slices.Contains(to.Strings, s) {
			continue
		}
		if err := t.apply(ctx, "DELETE FROM str WHERE h = ?1 AND v = ?2 AND pk = ?3 AND lid = ?4", int64(s.Param), s.Value, k.PK, k.LID); err != nil {
			return err
		}
	}
	for _, h := range to.Idents {
		if slices.Contains(from.Idents, h) {
			continue
		}
		st, err := t.write(ctx, "INSERT INTO ident (h, pk, lid) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
		if err != nil {
			return err
		}
		st.BindInt64(1, int64(h))
		st.BindInt64(2, k.PK)
		st.BindInt64(3, k.LID)
		if err := t.exec(st); err != nil {
			return err
		}
	}
	for _, s := range to.Strings {
		if slices.Contains(from.Strings, s) {
			continue
		}
		if err := t.apply(ctx, "INSERT INTO str (h, v, pk, lid) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING", int64(s.Param), s.Value, k.PK, k.LID); err != nil {
			return err
		}
	}
	return nil
}

// Claim files a key under a hash that may belong to one key only.
func (t *tx) Claim(ctx context.Context, h uint64, k store.Key) (store.Key, error) {
	st, err := t.conn.Prepare("SELECT pk, lid FROM alias WHERE h = ?1")
	if err != nil {
		return store.Key{}, failed(err, "prepare alias")
	}
	st.BindInt64(1, int64(h))
	var owner store.Key
	err = rows(st, func(st *sqlite.Stmt) error {
		owner = store.Key{PK: st.ColumnInt64(0), LID: st.ColumnInt64(1)}
		return stop{}
	})
	if err != nil || owner != (store.Key{}) {
		return owner, err
	}
	return k, t.apply(ctx, "INSERT INTO alias (h, pk, lid) VALUES (?1, ?2, ?3)", int64(h), k.PK, k.LID)
}
