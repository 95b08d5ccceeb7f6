package record

import (
	"context"
	"strconv"

	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// stored is the body as it rests: without id and without the members of meta
// that the store's columns hold. An id that a client chose stays in the body,
// where it confirms the alias.
func stored(resource *fhir.Value, keepID bool) *fhir.Value {
	if !keepID {
		resource = resource.Without("id")
	}
	meta := resource.Get("meta")
	if meta == nil {
		return resource
	}
	return resource.With("meta", meta.Without("versionId", "lastUpdated"))
}

// item makes what a requester sees of a document.
func (d *Desk) item(doc *store.Doc) (*Item, error) {
	it := d.headed(doc)
	if doc.Deleted {
		return it, nil
	}
	open, err := d.opened(doc)
	if err != nil {
		return nil, err
	}
	body, err := open.text.Only(nil)
	if err != nil {
		return nil, err
	}
	if id := body.ID(); id != "" {
		it.ID = id
	}
	it.How, it.Resource = open.how, served(body, it)
	return it, nil
}

// headed is an item without its resource.
func (d *Desk) headed(doc *store.Doc) *Item {
	return &Item{
		Type: fhir.R4().Name(doc.Type()), ID: d.ids.encode(doc.Key), Version: doc.Version, Updated: doc.Updated, Change: doc.Change,
		Deleted: doc.Deleted, Org: doc.Org, Feed: doc.Feed, Date: search.DateTime(doc.Date), key: doc.Key,
	}
}

func (d *Desk) parse(doc *store.Doc) (*fhir.Value, error) {
	plain, err := d.unpack(doc.Body)
	if err != nil {
		return nil, err
	}
	return fhir.Parse(plain)
}

// pack makes of a text what the store keeps, sealed for the organisation that
// controls it where bodies are sealed.
func (d *Desk) pack(ctx context.Context, org string, plain []byte) ([]byte, error) {
	return d.seals.Seal(ctx, org, d.codec.Pack(plain))
}

// packVersion is pack of a resource's version, which says how it was written.
func (d *Desk) packVersion(ctx context.Context, org string, plain []byte, how OpKind) ([]byte, error) {
	packed := d.codec.Pack(plain)
	store.Mark(packed, byte(how))
	return d.seals.Seal(ctx, org, packed)
}

// each are the places of bodies, as seal.Keyring.Renew takes them.
func each(bodies [][]byte) []*[]byte {
	out := make([]*[]byte, len(bodies))
	for i := range bodies {
		out[i] = &bodies[i]
	}
	return out
}

func (d *Desk) unpack(body []byte) ([]byte, error) {
	packed, err := d.seals.Open(body)
	if err != nil {
		return nil, err
	}
	return d.codec.Unpack(packed)
}

// scanned makes an item of a document whose body is parsed only so far as keep
// wants; what was parsed is returned beside.
func (d *Desk) scanned(doc *store.Doc, keep func(string) bool) (*Item, *fhir.Value, error) {
	open, err := d.opened(doc)
	if err != nil {
		return nil, nil, err
	}
	return d.scannedFrom(doc, open, keep)
}

func (d *Desk) scannedFrom(doc *store.Doc, open *openBody, keep func(string) bool) (*Item, *fhir.Value, error) {
	part, err := open.text.Only(func(name string) bool { return name == "id" || keep(name) || open.away && name == "extension" })
	if err != nil {
		return nil, nil, err
	}
	it := d.headed(doc)
	if id := part.ID(); id != "" {
		it.ID = id
	}
	it.open = open
	return it, part, nil
}

// unread makes an item of a document whose body is not looked at, if that can be; to
// is where it was moved to.
func (d *Desk) unread(doc *store.Doc) (it *Item, to string, err error) {
	open, err := d.opened(doc)
	if err != nil {
		return nil, "", err
	}
	if !open.named && !open.away {
		it = d.headed(doc)
		it.open = open
		return it, "", nil
	}
	it, part, err := d.scannedFrom(doc, open, func(string) bool { return false })
	return it, movedTo(part), err
}

// served puts id and meta in front of a stored body.
func served(body *fhir.Value, it *Item) *fhir.Value {
	meta := fhir.Obj("versionId", strconv.FormatInt(it.Version, 10), "lastUpdated", fhir.FormatInstant(it.Updated)).Join(body.Get("meta"))
	return fhir.Obj("resourceType", it.Type, "id", it.ID, "meta", meta).
		Join(body.Without("resourceType", "id", "meta"))
}
