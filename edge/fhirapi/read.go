package fhirapi

import (
	"net/http"
	"strconv"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// read: https://hl7.org/fhir/R4/http.html#read. A superseded person id
// redirects to the person that it stands for now.
func (a *api) read(r *http.Request, e *record.Errand) (*response, error) {
	typ, id := r.PathValue("type"), r.PathValue("id")
	it, err := e.Read(r.Context(), typ, id)
	if err != nil {
		return nil, err
	}
	if it.ID != id {
		return &response{status: http.StatusTemporaryRedirect, header: map[string]string{"Location": a.base(r) + "/" + it.Ref()},
			body: fhir.Outcome(fhir.Issue{Severity: "information", Code: "informational", Detail: "person.superseded",
				Text: "this id has been superseded; follow Location"})}, nil
	}
	if names(r.Header.Values("If-None-Match"), it.Version) {
		return &response{status: http.StatusNotModified, header: a.itemHeaders(r, it, false)}, nil
	}
	return a.resource(r, http.StatusOK, it), nil
}

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
	return a.resource(r, http.StatusOK, it), nil
}

// history of one resource: https://hl7.org/fhir/R4/http.html#history
func (a *api) history(r *http.Request, e *record.Errand) (*response, error) {
	items, err := e.History(r.Context(), r.PathValue("type"), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	entries := make([]*fhir.Value, 0, len(items))
	for _, it := range items {
		method, code := "PUT", "200"
		if it.Version == 1 {
			method, code = "POST", "201"
		}
		url := it.Ref()
		if it.Deleted {
			method, code = "DELETE", "204"
		} else if method == "POST" {
			url = it.Type
		}
		entries = append(entries, fhir.Obj(
			"fullUrl", a.base(r)+"/"+it.Ref(),
			"resource", it.Resource,
			"request", fhir.Obj("method", method, "url", url),
			"response", fhir.Obj("status", code, "etag", etag(it.Version), "lastModified", fhir.FormatInstant(it.Updated)),
		))
	}
	return a.answer(r, "history", len(items), entries, ""), nil
}

// answer is a Bundle of results with its self link.
func (a *api) answer(r *http.Request, kind string, total int, entries []*fhir.Value, next string) *response {
	links := []*fhir.Value{fhir.Obj("relation", "self", "url", a.selfURL(r))}
	if next != "" {
		links = append(links, fhir.Obj("relation", "next", "url", next))
	}
	return a.bundled(kind, total, entries, links)
}

// bundled is a Bundle of results with its links.
func (a *api) bundled(kind string, total int, entries, links []*fhir.Value) *response {
	b := fhir.Obj("resourceType", "Bundle", "type", kind)
	if total >= 0 {
		b = b.With("total", total)
	}
	return &response{status: http.StatusOK, body: b.With("link", links).With("entry", entries)}
}

func (a *api) selfURL(r *http.Request) string {
	u := a.base(r) + r.URL.Path[len("/fhir"):]
	if r.URL.RawQuery != "" {
		u += "?" + r.URL.RawQuery
	}
	return u
}
