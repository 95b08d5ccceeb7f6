package record

import (
	"strings"

	"concord/standard/fhir"
	"concord/standard/search"
)

// searches is what is searched by at one time: the parameters that are served
// and the index that they make. It is replaced as a whole.
type searches struct {
	table   *search.Table
	extract *search.Extractor
}

func (d *Desk) searches() *searches { return d.index.Load() }

// entries makes the index entries of a resource that lies in a record.
// References to resources of the same record need no term.
func (d *Desk) entries(pk int64, body *fhir.Value) search.Entries {
	return d.searches().extract.Extract(body, func(ref string) bool {
		_, id, ok := strings.Cut(ref, "/")
		if !ok {
			return false
		}
		at, _, ours := d.ids.decode(id)
		return ours && at == pk
	})
}
