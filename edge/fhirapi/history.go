package fhirapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// vread: https://hl7.org/fhir/R4/http.html#vread
func (a *api) vread(r *http.Request, e *record.Errand) (*response, error) {
	version, err := strconv.ParseInt(r.PathValue("version"), 10, 64)
	if err != nil || version < 1 {
		return nil, fault.New(fault.NotFound, "record.version", "there is no such version")
	}
	it, err := e.ReadVersion(r.Context(), r.PathValue("type"), r.PathValue("id"), version)
	if err != nil {
		return nil, err
	}
	if readsBinary(r) {
		return a.held(r, it)
	}
	res := a.resource(r, http.StatusOK, it)
	form := r.URL.Query()
	res.body = summarised(res.body, form.Get("_summary"), form.Get("_elements"))
	return res, nil
}

// history of a resource, a type or the system:
// https://hl7.org/fhir/R4/http.html#history
func (a *api) history(r *http.Request, e *record.Errand) (*response, error) {
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.New(fault.Invalid, "search.syntax", "the query string cannot be read")
	}
	ask := record.AskedHistory{Type: r.PathValue("type"), ID: r.PathValue("id"), Page: form.Get(pageParam)}
	if err := historyForm(form, &ask, lenient(r, e), a.Desk.Zone()); err != nil {
		return nil, err
	}
	past, err := e.History(r.Context(), ask)
	if err != nil {
		return nil, err
	}
	entries := make([]*fhir.Value, 0, len(past.Versions))
	if form.Get("_summary") == "count" {
		return a.bundled("history", past.Total, entries, nil), nil
	}
	for _, it := range past.Versions {
		entry := a.pastEntry(r, it)
		if it.Resource != nil {
			entry = entry.With("resource", summarised(it.Resource, form.Get("_summary"), form.Get("_elements")))
		}
		entries = append(entries, entry)
	}
	form.Del(pageParam)
	links := pageLinks{base: a.base(r) + r.URL.Path[len("/fhir"):], form: form}
	links.add("self", ask.Page)
	if past.Next != "" {
		links.add("next", past.Next)
	}
	return a.bundled("history", past.Total, entries, links.all), nil
}

// historyForm reads _since, _at and _count.
func historyForm(form url.Values, ask *record.AskedHistory, lenient bool, zone *time.Location) error {
	for name, values := range form {
		v := values[0]
		switch name {
		case "_format", "_pretty", "_elements", pageParam:
		case "_summary":
			if !slices.Contains([]string{"true", "text", "data", "count", "false"}, v) {
				return fault.New(fault.Invalid, "search.value", "_summary is true, text, data, count or false").In(name)
			}
		case "_count":
			n, err := strconv.Atoi(v)
			if err != nil || n < 1 {
				return fault.New(fault.Invalid, "search.value", "_count is a whole number from 1").In(name)
			}
			ask.Count = n
		case "_since", "_at":
			in, ok := fhir.ParseInstant(strings.ReplaceAll(v, " ", "+"), zone) // an offset's plus that was not escaped
			if !ok {
				return fault.New(fault.Invalid, "search.value", "a date or dateTime is expected").In(name)
			}
			if name == "_since" {
				ask.Since = in.Start
			} else {
				ask.From, ask.To = in.Start, in.End(zone)
			}
		default:
			if !lenient {
				return fault.New(fault.Invalid, "search.parameter", "a history is asked with _since, _at, _count, _summary and _elements").In(name)
			}
		}
	}
	return nil
}

// pastEntry says of a version what request made it; of one that was written
// before the store kept that, what most likely did.
func (a *api) pastEntry(r *http.Request, it *record.Item) *fhir.Value {
	method, code, url := "PUT", "200", it.Ref()
	if it.Version == 1 {
		code = "201"
	}
	switch {
	case it.Deleted:
		method, code = "DELETE", "204"
	case it.How == record.Patch:
		method = "PATCH"
	case it.How == record.Create, it.How == 0 && it.Version == 1:
		method, url = "POST", it.Type
	}
	return fhir.Obj(
		"fullUrl", a.base(r)+"/"+it.Ref(),
		"resource", it.Resource,
		"request", fhir.Obj("method", method, "url", url),
		"response", fhir.Obj("status", code, "etag", etag(it.Version), "lastModified", fhir.FormatInstant(it.Updated)),
	)
}
