package fhirapi

import (
	"net/http"
	"strings"

	"concord/record"
	"concord/standard/fhir"
)

// everything: https://hl7.org/fhir/R4/operation-patient-everything.html. On a
// person's id it covers every trust's entry, on an entry's id that entry alone.
func (a *api) everything(r *http.Request, e *record.Errand) (*response, error) {
	var types []string
	for _, list := range r.URL.Query()["_type"] {
		for _, t := range strings.Split(list, ",") {
			types = append(types, strings.TrimSpace(t))
		}
	}
	c, err := e.Everything(r.Context(), r.PathValue("id"), types)
	if err != nil {
		return nil, err
	}
	var entries []*fhir.Value
	add := func(it *record.Item) {
		entries = append(entries, a.entry(r, it, "match", nil))
	}
	for _, it := range c.Person.Entries {
		add(it)
	}
	for _, section := range c.Sections {
		for _, it := range section {
			add(it)
		}
	}
	res := a.answer(r, "searchset", len(entries), entries, "")
	res.status = http.StatusOK
	return res, nil
}
