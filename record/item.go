package record

import (
	"time"

	"concord/standard/fhir"
	"concord/store"
)

// Item is one version of one resource as a requester sees it.
type Item struct {
	Type     string
	ID       string // logical id
	Version  int64
	Updated  time.Time
	Change   int64
	Deleted  bool
	How      OpKind      // what wrote it; 0 = not known, and in a page of a search
	Org      string      // ODS code of the controlling organisation
	Feed     string      // feed or client that wrote it
	Date     time.Time   // the resource's leading date, zero if it has none
	Resource *fhir.Value // with id and meta; nil when Deleted, and in a page of a search until Full is called
	key      store.Key
	text     *fhir.Shallow // the stored body, until it is parsed
	order    []string      // by what a search sorts it
}

// Full is the whole resource, parsed when first asked for. It is not for
// several goroutines at once.
func (i *Item) Full() (*fhir.Value, error) {
	if i.Resource == nil && i.text != nil {
		body, err := i.text.Only(nil)
		if err != nil {
			return nil, err
		}
		i.Resource, i.text = served(body, i), nil
	}
	return i.Resource, nil
}

// JSON is the resource's text, for which it need not be parsed.
func (i *Item) JSON() []byte {
	if i.text == nil {
		return i.Resource.JSON()
	}
	return i.text.AppendServed(make([]byte, 0, 2048), i.ID, servedMeta(i))
}

// Ref is the relative reference to the item.
func (i *Item) Ref() string { return i.Type + "/" + i.ID }
