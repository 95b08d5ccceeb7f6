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
	open     *openBody // the stored body, until it is parsed
	order    []string  // by what a search sorts it
	refer    string    // of a Patient that is not parsed: the person whom it is to lead to
}

// Full is the whole resource, parsed when first asked for. It is not for
// several goroutines at once.
func (i *Item) Full() (*fhir.Value, error) {
	if i.Resource == nil && i.open != nil {
		body, err := i.open.text.Only(nil)
		if err != nil {
			return nil, err
		}
		i.Resource, i.open = served(body, i), nil
		withRefer(i, i.refer)
	}
	return i.Resource, nil
}

// content is the resource for who only looks into it: of one that is not
// parsed yet the stored body, without the id and meta that it is served with.
func (i *Item) content() (*fhir.Value, error) {
	if i.Resource == nil && i.open != nil {
		return i.open.text.Only(nil)
	}
	return i.Resource, nil
}

// AppendJSON writes the resource's text behind dst; it need not be parsed for
// that. Errors: those of Full.
func (i *Item) AppendJSON(dst []byte) ([]byte, error) {
	if i.open == nil || i.refer != "" && i.open.text.Has("link") {
		full, err := i.Full()
		return full.Append(dst), err
	}
	dst = i.open.text.AppendServed(dst, i.ID, i.Version, i.Updated)
	if i.refer != "" {
		dst = append(dst[:len(dst)-1], `,"link":[`...)
		dst = append(referTo(i.refer).Append(dst), "]}"...)
	}
	return dst, nil
}

// Ref is the relative reference to the item.
func (i *Item) Ref() string { return i.Type + "/" + i.ID }
