package postgres

import (
	"bytes"
	"context"
	"slices"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
)

// version is one version of a document that the group has written.
type version struct {
	place
	ver       int32
	base      int32 // the version before it: ver-1, or ver when only the index moved
	fresh     bool  // the database has no version of this document
	change    int64
	at        int64
	org, feed int32
	index     indexed
	deleted   bool
	body      []byte
}

// indexed are the columns of the index in a document's own row.
type indexed struct {
	date, code, unit int32
	value            float32
	tokens           []byte
}

func indexOf(e *search.Entries) indexed {
	x := indexed{date: packDate(e.Date), code: short(e.Code), tokens: store.PackTokens(e.Tokens)}
	if e.Unit != 0 {
		x.unit, x.value = short(e.Unit), float32(e.Value)
	}
	return x
}

// NewRecord allocates a record key that was never used.
func (t *tx) NewRecord(ctx context.Context) (int64, error) {
	if err := t.write(ctx); err != nil {
		return 0, err
	}
	t.g.c.pk++
	t.g.born[t.g.c.pk] = true
	return t.g.c.pk, nil
}

// Put writes a version, keeps the one before it, and moves the index. That the
// version before is the one that the caller names is taken for granted at
// first; the commit proves it, and if it is not so the group runs again,
// looking first.
func (t *tx) Put(ctx context.Context, p store.Put) (int64, error) {
	if p.PK <= 0 || p.LID <= 0 {
		return 0, fault.New(fault.Internal, "store.key", "a document needs a record key and a place in the record")
	}
	at, err := placeOf(p.Key)
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
	have, fresh, err := t.before(ctx, at, p.IfVersion)
	if err != nil {
		return 0, err
	}
	if p.IfVersion != store.AnyVersion && p.IfVersion != int64(have) {
		return 0, versionFault()
	}
	if err := t.write(ctx); err != nil {
		return 0, err
	}
	b := &t.g.buf
	set(b, &b.latest, at, len(b.rows))
	b.rows = append(b.rows, version{
		place: at, ver: have + 1, base: have, fresh: fresh, change: t.change, at: t.at, org: org, feed: feed,
		index: indexOf(&p.Index), deleted: p.Deleted, body: bytes.Clone(p.Body),
	})
	b.moveIndex(at, fresh, &p.Old, &p.Index)
	t.puts.Add(p.Key, int64(have)+1, p.Deleted)
	t.g.c.pk = max(t.g.c.pk, p.PK) // NewRecord never gives a key in use
	return int64(have) + 1, nil
}

func versionFault() error {
	return fault.New(fault.Conflict, "store.version", "the resource has changed, or exists already")
}

// before is the current version of a document, 0 when there is none, and
// whether the database has none.
func (t *tx) before(ctx context.Context, at place, expected int64) (ver int32, fresh bool, err error) {
	if i, ok := t.g.buf.latest[at]; ok {
		r := &t.g.buf.rows[i]
		return r.ver, r.fresh, nil
	}
	if int64(at.pk) > t.g.freshAbove {
		return 0, true, nil
	}
	if expected >= 0 && !t.strict {
		t.guessed = true
		return int32(expected), expected == 0, nil
	}
	n, err := t.intOf(ctx, docVersion, at.pk, at.lid)
	return int32(n), n == 0, err
}

// Index moves the index entries of a current version without a new one.
func (t *tx) Index(ctx context.Context, k store.Key, ver int64, from, to search.Entries) error {
	at, err := placeOf(k)
	if err != nil {
		return err
	}
	b := &t.g.buf
	i, ok := b.latest[at]
	var next version
	if ok {
		next = b.rows[i]
	} else if next, err = t.stored(ctx, at); err != nil {
		return err
	}
	if int64(next.ver) != ver || ver == 0 {
		return versionFault()
	}
	if err := t.write(ctx); err != nil {
		return err
	}
	next.base, next.index = next.ver, indexOf(&to)
	set(b, &b.latest, at, len(b.rows))
	b.rows = append(b.rows, next)
	b.moveIndex(at, next.fresh, &from, &to)
	return nil
}

const storedDoc = "SELECT ver, cseq, upd, org, feed, del, body FROM rec WHERE pk = $1 AND lid = $2"

// stored is the current row of a document as the buffer would hold it; version
// 0 when there is none.
func (t *tx) stored(ctx context.Context, at place) (version, error) {
	v := version{place: at}
	if int64(at.pk) > t.g.freshAbove {
		return v, nil
	}
	err := t.each(ctx, storedDoc, func(r row) error {
		v.ver, v.base, v.change, v.at = int32(r.int(0)), int32(r.int(0)), r.int(1), r.int(2)
		v.org, v.feed, v.deleted, v.body = int32(r.int(3)), int32(r.int(4)), r.bool(5), r.blob(6)
		return nil
	}, at.pk, at.lid)
	return v, err
}

// moveIndex takes the entries away that only the old version had and files
// those that only the new one has.
func (b *buffer) moveIndex(at place, fresh bool, from, to *search.Entries) {
	for _, h := range from.Idents {
		if !slices.Contains(to.Idents, h) {
			b.idents = append(b.idents, identMove{int64(h), at, false, fresh})
		}
	}
	for _, h := range to.Idents {
		if !slices.Contains(from.Idents, h) {
			b.idents = append(b.idents, identMove{int64(h), at, true, fresh})
		}
	}
	for _, s := range from.Strings {
		if !slices.Contains(to.Strings, s) {
			b.strs = append(b.strs, strMove{int64(s.Param), s.Value, at, false})
		}
	}
	for _, s := range to.Strings {
		if !slices.Contains(from.Strings, s) {
			b.strs = append(b.strs, strMove{int64(s.Param), s.Value, at, true})
		}
	}
	for i, h := range from.Terms {
		if !slices.Contains(to.Terms, h) && !slices.Contains(from.Terms[:i], h) {
			b.posts = append(b.posts, postMove{int64(h), at.pk, -1})
		}
	}
	for i, h := range to.Terms {
		if !slices.Contains(from.Terms, h) && !slices.Contains(to.Terms[:i], h) {
			b.posts = append(b.posts, postMove{int64(h), at.pk, 1})
		}
	}
}

// Get sees this Update's own writes too.
func (t *tx) Get(ctx context.Context, k store.Key) (*store.Doc, error) {
	list, err := t.GetMany(ctx, []store.Key{k})
	if err == nil && len(list) == 0 {
		err = documentFault()
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// GetMany sees this Update's own writes too.
func (t *tx) GetMany(ctx context.Context, keys []store.Key) ([]*store.Doc, error) {
	if err := ctx.Err(); err != nil {
		return nil, cancelled(err)
	}
	own := map[store.Key]*store.Doc{}
	var rest []store.Key
	for _, k := range keys {
		at, err := placeOf(k)
		if err != nil {
			return nil, err
		}
		if i, ok := t.g.buf.latest[at]; ok {
			own[k] = t.docOf(&t.g.buf.rows[i])
		} else if k.PK <= t.g.freshAbove {
			rest = append(rest, k)
		}
	}
	stored, err := t.snapshot.GetMany(ctx, rest)
	if err != nil || len(own) == 0 {
		return stored, err
	}
	for _, d := range stored {
		own[d.Key] = d
	}
	out := make([]*store.Doc, 0, len(keys))
	for _, k := range keys {
		if d := own[k]; d != nil {
			out = append(out, d)
		}
	}
	return out, nil
}

// docOf is a gathered version as it would be read.
func (t *tx) docOf(r *version) *store.Doc {
	d := &store.Doc{Key: r.key(), Version: int64(r.ver), Change: r.change, Updated: moment(r.at), Deleted: r.deleted, Date: unpackDate(int64(r.index.date))}
	if len(r.body) > 0 {
		d.Body = bytes.Clone(r.body)
	}
	d.Org, d.Feed = t.nameNow(r.org), t.nameNow(r.feed)
	return d
}

// nameNow is a name that this process or group has given.
func (t *tx) nameNow(id int32) string {
	if v := t.nameOf(int64(id)); v != "" || id == 0 {
		return v
	}
	for v, n := range t.fresh {
		if n == id {
			return v
		}
	}
	return ""
}

// NextSeq sees this Update's own writes too.
func (t *tx) NextSeq(ctx context.Context, pk int64, typ uint16) (uint32, error) {
	first, last, ok := typeRange(typ)
	if !ok || pkOf(pk) < 0 {
		return 0, rangeFault()
	}
	next := uint32(1)
	if pk <= t.g.freshAbove {
		var err error
		if next, err = t.snapshot.NextSeq(ctx, pk, typ); err != nil {
			return 0, err
		}
	}
	for i := range t.g.buf.rows {
		if r := &t.g.buf.rows[i]; int64(r.pk) == pk && r.lid >= first && r.lid <= last {
			next = max(next, r.key().Seq()+1)
		}
	}
	return next, nil
}
