package fhirapi

import (
	"net/http"
	"strconv"

	"concord/record"
	"concord/standard/fhir"
)

// reindex begins to file what the active SearchParameter resources say, and
// looks through the index of a type or of all that a change concerns. It
// answers at once; GET tells how far it has come.
func (a *api) reindex(r *http.Request, e *record.Errand) (*response, error) {
	var types []string
	if typ := r.PathValue("type"); typ != "" {
		types = []string{typ}
	}
	p, err := e.Reindex(r.Context(), types)
	if err != nil {
		return nil, err
	}
	res := a.progress(r, p)
	res.status = http.StatusAccepted
	return res, nil
}

// reindexing tells how far the last rebuild has come.
func (a *api) reindexing(r *http.Request, e *record.Errand) (*response, error) {
	p, err := e.Reindexing(r.Context())
	if err != nil {
		return nil, err
	}
	return a.progress(r, p), nil
}

func (a *api) progress(r *http.Request, p record.Reindexing) *response {
	res := &response{status: http.StatusOK, header: map[string]string{"Content-Location": a.base(r) + "/$reindex"}}
	phase := p.Phase
	if phase == "" {
		phase = "never"
	}
	if phase == "building" || phase == "checking" {
		res.status = http.StatusAccepted
		res.header["X-Progress"] = phase + " " + strconv.FormatInt(p.Done+p.Checked, 10) + " of " + strconv.FormatInt(2*p.Total, 10)
		res.header["Retry-After"] = "1"
	}
	params := []any{
		fhir.Obj("name", "phase", "valueCode", phase),
		fhir.Obj("name", "total", "valueInteger", p.Total),
		fhir.Obj("name", "indexed", "valueInteger", p.Done),
		fhir.Obj("name", "checked", "valueInteger", p.Checked),
		fhir.Obj("name", "repaired", "valueInteger", p.Repaired),
	}
	if !p.Started.IsZero() {
		params = append(params, fhir.Obj("name", "started", "valueInstant", fhir.FormatInstant(p.Started)))
	}
	if !p.Ended.IsZero() {
		params = append(params, fhir.Obj("name", "ended", "valueInstant", fhir.FormatInstant(p.Ended)))
	}
	for _, url := range p.Parameters {
		params = append(params, fhir.Obj("name", "searchParameter", "valueCanonical", url))
	}
	for _, name := range p.Rests {
		params = append(params, fhir.Obj("name", "notIndexed", "valueString", name))
	}
	res.body = fhir.Obj("resourceType", "Parameters", "parameter", fhir.Arr(params...))
	return res
}
