package postgres

import (
	"context"
	"time"

	"concord/store"
)

// The columns of a version, in the order that docs.add reads them.
const (
	columns  = "pk, lid, ver, cseq, upd, del, org, feed, d, body"
	qcolumns = "r.pk, r.lid, r.ver, r.cseq, r.upd, r.del, r.org, r.feed, r.d, r.body"
	bare     = "r.pk, r.lid, r.ver, r.cseq, r.upd, r.del, r.org, r.feed, r.d, NULL::bytea" // qcolumns without the body
)

const (
	getDoc      = "SELECT " + columns + " FROM rec WHERE pk = $1 AND lid = $2"
	getDocs     = "SELECT " + qcolumns + " FROM unnest($1::int[], $2::int[]) AS k(pk, lid) JOIN rec r ON r.pk = k.pk AND r.lid = k.lid"
	docVersion  = "SELECT ver FROM rec WHERE pk = $1 AND lid = $2"
	docHistory  = "SELECT " + columns + " FROM rec_hist WHERE pk = $1 AND lid = $2 ORDER BY ver DESC"
	lastOfType  = "SELECT lid FROM rec WHERE pk = $1 AND lid BETWEEN $2 AND $3 ORDER BY lid DESC LIMIT 1"
	scanAll     = "SELECT " + columns + " FROM rec WHERE (pk, lid) > ($1, $2) ORDER BY pk, lid LIMIT $3"
	scanType    = "SELECT " + columns + " FROM rec WHERE (pk, lid) > ($1, $2) AND lid BETWEEN $4 AND $5 ORDER BY pk, lid LIMIT $3"
	someVersion = "SELECT " + qcolumns + " FROM unnest($1::int[], $2::int[], $3::int[]) AS k(pk, lid, ver) JOIN rec r ON r.pk = k.pk AND r.lid = k.lid AND r.ver = k.ver"
	someHistory = "SELECT " + qcolumns + " FROM unnest($1::int[], $2::int[], $3::int[]) AS k(pk, lid, ver) JOIN rec_hist r ON r.pk = k.pk AND r.lid = k.lid AND r.ver = k.ver"
)

// docs gathers versions. Names that are not known yet are asked for together
// at the end.
type docs struct {
	s       *snapshot
	names   map[int32]string
	list    []*store.Doc
	unnamed []unnamed
}

type unnamed struct {
	doc       *store.Doc
	org, feed int64
}

func (s *snapshot) docs() *docs { return &docs{s: s, names: s.e.names.table.Load().name} }

// add reads columns, the first of which is number 0.
func (d *docs) add(r row) error {
	d.list = append(d.list, d.doc(r))
	return nil
}

func (d *docs) doc(r row) *store.Doc {
	doc := &store.Doc{
		Key: keyOf(r.int(0), r.int(1)), Version: r.int(2), Change: r.int(3), Updated: moment(r.int(4)),
		Deleted: r.bool(5), Date: unpackDate(r.int(8)), Body: r.blob(9),
	}
	org, feed := r.int(6), r.int(7)
	var known [2]bool
	doc.Org, known[0] = d.names[int32(org)]
	doc.Feed, known[1] = d.names[int32(feed)]
	if org != 0 && !known[0] || feed != 0 && !known[1] {
		d.unnamed = append(d.unnamed, unnamed{doc, org, feed})
	}
	return doc
}

// done names the versions that are without.
func (d *docs) done(ctx context.Context, err error) ([]*store.Doc, error) {
	if err != nil || len(d.unnamed) == 0 {
		return d.list, err
	}
	ids := make([]int64, 0, 2*len(d.unnamed))
	for _, u := range d.unnamed {
		ids = append(ids, u.org, u.feed)
	}
	if err := d.s.learn(ctx, ids...); err != nil {
		return nil, err
	}
	for _, u := range d.unnamed {
		u.doc.Org, u.doc.Feed = d.s.nameOf(u.org), d.s.nameOf(u.feed)
	}
	return d.list, nil
}

func documentFault() error { return notFound("store.document", "there is no such document") }

// Get returns the current version, tombstones included.
func (s *snapshot) Get(ctx context.Context, k store.Key) (*store.Doc, error) {
	p, err := placeOf(k)
	if err != nil {
		return nil, err
	}
	d := s.docs()
	list, err := d.done(ctx, s.each(ctx, getDoc, d.add, p.pk, p.lid))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, documentFault()
	}
	return list[0], nil
}

// GetMany returns the current versions of those that exist, in the order asked.
func (s *snapshot) GetMany(ctx context.Context, keys []store.Key) ([]*store.Doc, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	pks, lids, err := split(keys)
	if err != nil {
		return nil, err
	}
	d := s.docs()
	list, err := d.done(ctx, s.each(ctx, getDocs, d.add, pks, lids))
	if err != nil {
		return nil, err
	}
	byKey := make(map[store.Key]*store.Doc, len(list))
	for _, doc := range list {
		byKey[doc.Key] = doc
	}
	out := make([]*store.Doc, 0, len(keys))
	for _, k := range keys {
		if doc := byKey[k]; doc != nil {
			out = append(out, doc)
		}
	}
	return out, nil
}

func split(keys []store.Key) (pks, lids []int32, err error) {
	pks, lids = make([]int32, len(keys)), make([]int32, len(keys))
	for i, k := range keys {
		p, err := placeOf(k)
		if err != nil {
			return nil, nil, err
		}
		pks[i], lids[i] = p.pk, p.lid
	}
	return pks, lids, nil
}

// Versions returns the versions of one resource, newest first.
func (s *snapshot) Versions(ctx context.Context, k store.Key) ([]*store.Doc, error) {
	p, err := placeOf(k)
	if err != nil {
		return nil, err
	}
	d := s.docs()
	s.send(getDoc, d.add, p.pk, p.lid)
	return d.done(ctx, s.each(ctx, docHistory, d.add, p.pk, p.lid))
}

// GetVersions returns the versions named that exist, in the order asked.
func (s *snapshot) GetVersions(ctx context.Context, versions []store.VersionKey) ([]*store.Doc, error) {
	if len(versions) == 0 {
		return nil, nil
	}
	keys, vers := make([]store.Key, len(versions)), make([]int32, len(versions))
	for i, v := range versions {
		keys[i], vers[i] = v.Key, int32(v.Version)
	}
	pks, lids, err := split(keys)
	if err != nil {
		return nil, err
	}
	d := s.docs()
	s.send(someVersion, d.add, pks, lids, vers)
	list, err := d.done(ctx, s.each(ctx, someHistory, d.add, pks, lids, vers))
	if err != nil {
		return nil, err
	}
	found := make(map[store.VersionKey]*store.Doc, len(list))
	for _, doc := range list {
		found[store.VersionKey{Key: doc.Key, Version: doc.Version}] = doc
	}
	out := make([]*store.Doc, 0, len(versions))
	for _, v := range versions {
		if doc := found[v]; doc != nil {
			out = append(out, doc)
		}
	}
	return out, nil
}

// NextSeq is the next free sequence of a type within a record, from 1.
func (s *snapshot) NextSeq(ctx context.Context, pk int64, typ uint16) (uint32, error) {
	first, last, ok := typeRange(typ)
	if !ok || pkOf(pk) < 0 {
		return 0, rangeFault()
	}
	lid, err := s.intOf(ctx, lastOfType, pkOf(pk), first, last)
	return keyOf(0, lid).Seq() + 1, err
}

// Scan walks the current documents of one type over all records, in the order
// of the primary key; the type is looked at in the index, so that rows of
// others are passed over unread.
func (s *snapshot) Scan(ctx context.Context, typ uint16, after store.Key, limit int) ([]*store.Doc, error) {
	p, err := placeOf(after)
	if err != nil || limit <= 0 {
		return nil, err
	}
	if after == (store.Key{}) {
		p = place{-1, -1}
	}
	d := s.docs()
	if typ == 0 {
		return d.done(ctx, s.each(ctx, scanAll, d.add, p.pk, p.lid, int64(limit)))
	}
	first, last, ok := typeRange(typ)
	if !ok {
		return nil, nil
	}
	return d.done(ctx, s.each(ctx, scanType, d.add, p.pk, p.lid, int64(limit), first, last))
}

// moment is a stored time.
func moment(us int64) time.Time { return time.UnixMicro(us).UTC() }

// instant is a time asked for, 0 = now.
func instant(asAt time.Time) int64 {
	if asAt.IsZero() {
		return 0
	}
	return asAt.UnixMicro()
}
