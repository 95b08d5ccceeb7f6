package sqlite

import (
	"context"
	"slices"

	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
	"concord/store/sqlite/memtable"
)

// NewRecord allocates a record key that was never used.
func (t *tx) NewRecord(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, cancelled(err)
	}
	if err := t.open(); err != nil { // the counter is written with the commit
		return 0, err
	}
	t.dirty = true
	t.w.c.pk++
	return t.w.c.pk, nil
}

// Put writes a version, keeps the one before it, and moves the index.
func (t *tx) Put(ctx context.Context, p store.Put) (int64, error) {
	if p.PK <= 0 || p.LID <= 0 {
		return 0, fault.New(fault.Internal, "store.key", "a document needs a record key and a place in the record")
	}
	row, err := rowOf(p.Key)
	if err != nil {
		return 0, err
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
		if have, err = t.version(row); err != nil {
			return 0, err
		}
		if p.IfVersion != store.AnyVersion && p.IfVersion != have {
			return 0, versionFault()
		}
	}
	if have == 0 {
		err = t.insert(ctx, row, &p, org, feed)
	} else {
		err = t.replace(ctx, row, &p, have+1, org, feed)
	}
	if err != nil {
		return 0, err
	}
	t.moveIndex(row, &p.Old, &p.Index)
	t.posts.move(p.PK, p.Old.Terms, p.Index.Terms)
	t.puts.Add(p.Key, have+1, p.Deleted)
	t.w.c.pk = max(t.w.c.pk, p.PK) // NewRecord never gives a key in use
	return have + 1, nil
}

func versionFault() error {
	return fault.New(fault.Conflict, "store.version", "the resource has changed, or exists already")
}

// version is the current version of a document, 0 when there is none.
func (t *tx) version(row int64) (int64, error) {
	st, err := t.prepare("SELECT ver FROM rec WHERE id = ?1")
	if err != nil {
		return 0, err
	}
	st.BindInt64(1, row)
	return oneInt(st)
}

// insert writes a first version. The primary key is the check that there was
// none.
func (t *tx) insert(ctx context.Context, row int64, p *store.Put, org, feed int64) error {
	st, err := t.write(ctx, `INSERT INTO rec (id, ver, cseq, upd, del, org, feed, d, code, qh, qv, tok, body)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING`)
	if err != nil {
		return err
	}
	t.bindVersion(st, row, p, 1, org, feed)
	if err := t.exec(st); err != nil {
		return err
	}
	if t.conn.Changes() == 0 {
		return versionFault()
	}
	return nil
}

// replace copies the current row to history and writes the next version.
func (t *tx) replace(ctx context.Context, row int64, p *store.Put, ver, org, feed int64) error {
	st, err := t.write(ctx, `INSERT INTO rec_hist (id, ver, cseq, upd, del, org, feed, d, tok, body)
		SELECT id, ver, cseq, upd, del, org, feed, d, tok, body FROM rec WHERE id = ?1`)
	if err != nil {
		return err
	}
	st.BindInt64(1, row)
	if err := t.exec(st); err != nil {
		return err
	}
	st, err = t.write(ctx, `UPDATE rec SET ver = ?2, cseq = ?3, upd = ?4, del = ?5, org = ?6, feed = ?7,
		d = ?8, code = ?9, qh = ?10, qv = ?11, tok = ?12, body = ?13 WHERE id = ?1`)
	if err != nil {
		return err
	}
	t.bindVersion(st, row, p, ver, org, feed)
	return t.exec(st)
}

func (t *tx) bindVersion(st *sqlite.Stmt, row int64, p *store.Put, ver, org, feed int64) {
	st.BindInt64(1, row)
	st.BindInt64(2, ver)
	st.BindInt64(3, t.change)
	st.BindInt64(4, t.at-epoch)
	st.BindBool(5, p.Deleted)
	st.BindInt64(6, org)
	st.BindInt64(7, feed)
	bindIndex(st, 8, &p.Index)
	bindBlob(st, 13, p.Body)
}

// bindIndex binds the five columns of a row that are its index: d, code, qh,
// qv, tok.
func bindIndex(st *sqlite.Stmt, from int, e *search.Entries) {
	st.BindInt64(from, e.Date)
	if e.Code != 0 {
		st.BindInt64(from+1, short(e.Code))
	}
	if e.Unit != 0 {
		st.BindInt64(from+2, short(e.Unit))
		st.BindFloat(from+3, e.Value)
	}
	bindBlob(st, from+4, store.PackTokens(e.Tokens))
}

// moveIndex takes the entries away that only the old version had and files
// those that only the new one has.
func (t *tx) moveIndex(row int64, from, to *search.Entries) {
	var out []memtable.Entry
	file := func(k memtable.Key, n int64) { out = append(out, memtable.Entry{Key: k, N: n}) }
	for _, h := range from.Idents {
		if !slices.Contains(to.Idents, h) {
			file(memtable.Key{Kind: memtable.Identifier, H: int64(h), ID: row}, -1)
		}
	}
	for _, s := range from.Strings {
		if !slices.Contains(to.Strings, s) {
			file(memtable.Key{Kind: memtable.Text, H: int64(s.Param), V: s.Value, ID: row}, -1)
		}
	}
	for _, h := range to.Idents {
		if !slices.Contains(from.Idents, h) {
			file(memtable.Key{Kind: memtable.Identifier, H: int64(h), ID: row}, 1)
		}
	}
	for _, s := range to.Strings {
		if !slices.Contains(from.Strings, s) {
			file(memtable.Key{Kind: memtable.Text, H: int64(s.Param), V: s.Value, ID: row}, 1)
		}
	}
	t.w.pending.add(out)
}

// Claim files a key under a hash that may belong to one key only.
func (t *tx) Claim(ctx context.Context, h uint64, k store.Key) (store.Key, error) {
	row, err := rowOf(k)
	if err != nil {
		return store.Key{}, err
	}
	owner := int64(0)
	err = t.aliased(h, func(id int64) error { owner = id; return stop{} })
	if err != nil || owner != 0 {
		return keyOf(owner), err
	}
	if err := ctx.Err(); err != nil {
		return store.Key{}, cancelled(err)
	}
	if err := t.open(); err != nil { // what is pending is written with the commit
		return store.Key{}, err
	}
	t.dirty = true
	t.w.pending.add([]memtable.Entry{{Key: memtable.Key{Kind: memtable.Alias, H: int64(h), ID: row}, N: 1}})
	return k, nil
}
