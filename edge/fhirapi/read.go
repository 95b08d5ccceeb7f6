package fhirapi

import (
	"net/http"
	"time"

	"concord/record"
	"concord/standard/fhir"
)

// read: https://hl7.org/fhir/R4/http.html#read. A superseded person id
// redirects to the person that it stands for now.
func (a *api) read(r *http.Request, e *record.Errand) (*response, error) {
	typ, id := r.PathValue("type"), r.PathValue("id")
	if typ == auditEvent {
		return a.auditRead(r, e)
	}
	it, err := e.Read(r.Context(), typ, id)
	if err != nil {
		return nil, err
	}
	if it.ID != id {
		return &response{status: http.StatusTemporaryRedirect, header: map[string]string{"Location": a.base(r) + "/" + it.Ref()},
			body: fhir.Outcome(fhir.Issue{Severity: "information", Code: "informational", Detail: "person.superseded",
				Text: "this id has been superseded; follow Location"})}, nil
	}
	if unchanged(r, it) {
		return &response{status: http.StatusNotModified, header: a.itemHeaders(r, it, false)}, nil
	}
	if readsBinary(r) {
		return a.held(r, it)
	}
	res := a.resource(r, http.StatusOK, it)
	form := r.URL.Query()
	res.body = summarised(res.body, form.Get("_summary"), form.Get("_elements"))
	return res, nil
}

// unchanged tells whether the client has this version already
// (https://hl7.org/fhir/R4/http.html#cread). If-None-Match goes before
// If-Modified-Since, which knows seconds only.
func unchanged(r *http.Request, it *record.Item) bool {
	if tags := r.Header.Values("If-None-Match"); len(tags) > 0 {
		return names(tags, it.Version)
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	return err == nil && !it.Updated.Truncate(time.Second).After(since)
}

// bundled is a Bundle of results with its links.
func (a *api) bundled(kind string, total int, entries, links []*fhir.Value) *response {
	b := fhir.Obj("resourceType", "Bundle", "type", kind)
	if total >= 0 {
		b = b.With("total", total)
	}
	return &response{status: http.StatusOK, body: b.With("link", links).With("entry", entries)}
}
