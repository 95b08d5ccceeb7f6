package fhirapi

import (
	"net/http"
	"slices"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// everything: https://hl7.org/fhir/R4/operation-patient-everything.html. On a
// person's id it covers every trust's entry, on an entry's id that entry alone.
func (a *api) everything(r *http.Request, e *record.Errand) (*response, error) {
	types, unknown, err := everythingForm(r)
	if err != nil {
		return nil, err
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
	total := len(entries)
	if len(unknown) > 0 {
		entries = append(entries, fhir.Obj("resource", ignored(unknown), "search", fhir.Obj("mode", "outcome")))
	}
	return a.answer(r, "searchset", total, entries, ""), nil
}

// everythingForm reads the parameters. Those that are not served are an error,
// as in a search: a client that asks for a part must not take the whole for it.
// _count only asks for pages; the whole is one page.
func everythingForm(r *http.Request) (types, unknown []string, err error) {
	form, err := searchForm(r)
	if err != nil {
		return nil, nil, err
	}
	for name, values := range form {
		switch name {
		case "_format", "_pretty", "_count":
		case "_type":
			for _, t := range strings.Split(strings.Join(values, ","), ",") {
				types = append(types, strings.TrimSpace(t))
			}
		default:
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	if len(unknown) > 0 && !lenient(r) {
		return nil, nil, fault.New(fault.Invalid, "search.parameter", "$everything is served with _type alone").In(unknown[0])
	}
	return types, unknown, nil
}
