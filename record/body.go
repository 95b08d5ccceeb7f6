package record

import (
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
	it := &Item{
		Type: fhir.R4().Name(doc.Type()), Version: doc.Version, Updated: doc.Updated, Change: doc.Change,
		Deleted: doc.Deleted, Org: doc.Org, Feed: doc.Feed, Date: search.DateTime(doc.Date), key: doc.Key,
	}
	it.ID = d.ids.encode(doc.Key)
	if doc.Deleted {
		return it, nil
	}
	body, err := d.parse(doc)
	if err != nil {
		return nil, err
	}
	if id := body.ID(); id != "" {
		it.ID = id
	}
	it.Resource = served(body, it)
	return it, nil
}

func (d *Desk) parse(doc *store.Doc) (*fhir.Value, error) {
	plain, err := d.codec.Unpack(doc.Body)
	if err != nil {
		return nil, err
	}
	return fhir.Parse(plain)
}

// served puts id and meta in front of a stored body.
func served(body *fhir.Value, it *Item) *fhir.Value {
	meta := fhir.Obj("versionId", strconv.FormatInt(it.Version, 10), "lastUpdated", fhir.FormatInstant(it.Updated))
	for name, m := range body.Get("meta").Members() {
		meta = meta.With(name, m)
	}
	return fhir.Obj("resourceType", it.Type, "id", it.ID, "meta", meta).
		Join(body.Without("resourceType", "id", "meta"))
}
