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
	Org      string      // ODS code of the controlling organisation
	Feed     string      // feed or client that wrote it
	Date     time.Time   // the resource's leading date, zero if it has none
	Resource *fhir.Value // with id and meta; nil when Deleted
	key      store.Key
}

// Ref is the relative reference to the item.
func (i *Item) Ref() string { return i.Type + "/" + i.ID }
