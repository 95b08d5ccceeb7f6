package record

import (
	"context"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// Read returns the current version of one resource. A Patient id may name a
// person, whose composed view is returned. Errors: NotFound "record.unknown",
// Gone "record.deleted", Denied, Withheld "record.withheld".
func (e *Errand) Read(ctx context.Context, typ, id string) (*Item, error) {
	var out *Item
	err := e.read(ctx, access.Read, typ, func(r store.Reader, v *sight, t *trace) error {
		t.what = []string{typ + "/" + id}
		it, err := e.readOne(ctx, r, v, t, typ, id)
		out = it
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (e *Errand) readOne(ctx context.Context, r store.Reader, v *sight, t *trace, typ, id string) (*Item, error) {
	d := e.desk
	if typ == "Patient" {
		if person, ok, err := d.personNamed(ctx, r, id, time.Time{}); ok || err != nil {
			return d.composed(ctx, r, v, t, person, err)
		}
	}
	doc, err := d.fetch(ctx, r, typ, id)
	if err != nil {
		return nil, err
	}
	t.records = d.recordIDs(doc.Key)
	it, err := e.admit(ctx, v, t, doc, typ, false)
	if err != nil {
		return nil, err
	}
	if typ != "Patient" {
		return e.lead(ctx, v, it, t)
	}
	p, err := r.PersonOf(ctx, doc.PK, time.Time{})
	if err == nil && p != 0 {
		withRefer(it, d.ids.person(p))
	}
	return it, err
}

// admit applies the filter to one document.
func (e *Errand) admit(ctx context.Context, v *sight, t *trace, doc *store.Doc, typ string, past bool) (*Item, error) {
	it, err := v.show(ctx, doc, past)
	switch {
	case err != nil:
		return nil, err
	case it == nil:
		return nil, withheldHere(typ)
	case doc.Deleted:
		return nil, fault.New(fault.Gone, "record.deleted", "this %s has been deleted", typ)
	}
	t.count = 1
	return it, nil
}

// bodyBefore is the newest body of a resource that has been deleted, nil when
// there is none.
func (d *Desk) bodyBefore(ctx context.Context, r store.Reader, k store.Key) (*fhir.Value, error) {
	docs, err := r.Versions(ctx, k)
	if err != nil {
		return nil, err
	}
	for _, doc := range docs {
		if !doc.Deleted {
			return d.parse(doc)
		}
	}
	return nil, nil
}

func (d *Desk) items(docs []*store.Doc) ([]*Item, error) {
	out := make([]*Item, 0, len(docs))
	for _, doc := range docs {
		it, err := d.item(doc)
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	return out, nil
}

func unknown(typ string) error {
	return fault.New(fault.NotFound, "record.unknown", "no such %s is known", typ)
}

// recordIDs names the record of a key in an audit entry.
func (d *Desk) recordIDs(keys ...store.Key) []string {
	var out []string
	seen := map[int64]bool{}
	for _, k := range keys {
		if !seen[k.PK] {
			seen[k.PK] = true
			out = append(out, d.ids.encodePK(k.PK))
		}
	}
	return out
}

// locate finds the key of an id: ours, or one that a client chose. Errors:
// NotFound.
func (d *Desk) locate(ctx context.Context, r store.Reader, typ, id string) (store.Key, error) {
	k, _, err := d.located(ctx, r, typ, id)
	return k, err
}

// fetch is the current version of what has an id, tombstones included. Errors:
// NotFound "record.unknown".
func (d *Desk) fetch(ctx context.Context, r store.Reader, typ, id string) (*store.Doc, error) {
	k, doc, err := d.located(ctx, r, typ, id)
	if err != nil || doc != nil {
		return doc, err
	}
	if doc, err = r.Get(ctx, k); fault.Is(err, fault.NotFound) {
		err = unknown(typ)
	}
	return doc, err
}

// located is locate with the document, where it had to be read for it.
func (d *Desk) located(ctx context.Context, r store.Reader, typ, id string) (store.Key, *store.Doc, error) {
	n := fhir.R4().Number(typ)
	if n == 0 {
		return store.Key{}, nil, fault.New(fault.NotFound, "record.type", "R4 has no such resource type")
	}
	if pk, seq, ok := d.ids.decode(id); ok && seq > 0 {
		k := store.Key{PK: pk, LID: store.MakeLID(n, seq)}
		if doc, err := r.Get(ctx, k); err == nil {
			return k, doc, nil
		}
	}
	k, _, err := d.alias(ctx, r, typ, id)
	if err != nil {
		return k, nil, err
	}
	if k == (store.Key{}) {
		return k, nil, unknown(typ)
	}
	return k, nil, nil
}

// keyNamed is the key that a relative reference names by an id of ours; ok is
// false for any other.
func (d *Desk) keyNamed(ref string) (k store.Key, ok bool) {
	typ, id, _ := strings.Cut(ref, "/")
	n := fhir.R4().Number(typ)
	pk, seq, ok := d.ids.decode(id)
	if n == 0 || !ok || seq == 0 {
		return k, false
	}
	return store.Key{PK: pk, LID: store.MakeLID(n, seq)}, true
}

// aliasProbes is how many neighbouring hashes are tried when two client ids
// share a 64-bit hash.
const aliasProbes = 8

// alias looks up a client's own id. It returns the key that the id has (zero
// if none) and the hash under which it has it, or may claim it.
func (d *Desk) alias(ctx context.Context, r store.Reader, typ, id string) (store.Key, uint64, error) {
	h := d.searches().extract.Hash("id", typ, id)
	for range aliasProbes {
		keys, err := r.Find(ctx, h, 1)
		if err != nil {
			return store.Key{}, 0, err
		}
		if len(keys) == 0 {
			return store.Key{}, h, nil
		}
		same, err := d.confirmAlias(ctx, r, keys[0], typ, id)
		if err != nil || same {
			return keys[0], h, err
		}
		h++
	}
	return store.Key{}, 0, fault.New(fault.Internal, "record.alias", "too many ids share a hash")
}

// confirmAlias holds a hit against the body. A key that is only reserved (a
// reference came before its patient) has no body yet and is taken at its word.
func (d *Desk) confirmAlias(ctx context.Context, r store.Reader, k store.Key, typ, id string) (bool, error) {
	if fhir.R4().Name(k.Type()) != typ {
		return false, nil
	}
	docs, err := r.Versions(ctx, k)
	if fault.Is(err, fault.NotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for _, doc := range docs {
		if doc.Deleted {
			continue
		}
		body, err := d.parse(doc)
		if err != nil {
			return false, err
		}
		return body.ID() == id, nil
	}
	return true, nil
}
