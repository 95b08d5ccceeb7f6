package fhirapi

import (
	"net/http"
	"strconv"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// create: https://hl7.org/fhir/R4/http.html#create
func (a *api) create(r *http.Request, e *record.Errand) (*response, error) {
	v, err := a.sent(r)
	if err != nil {
		return nil, err
	}
	return a.one(r, e, record.Op{Kind: record.Create, Type: r.PathValue("type"), Resource: v, IfNoneExist: r.Header.Get("If-None-Exist")})
}

// update, by id or by a condition: https://hl7.org/fhir/R4/http.html#update
func (a *api) update(r *http.Request, e *record.Errand) (*response, error) {
	v, err := a.sent(r)
	if err != nil {
		return nil, err
	}
	op := record.Op{Kind: record.Update, Type: r.PathValue("type"), ID: r.PathValue("id"), Resource: v}
	if err := ifMatch(&op, r.Header.Values("If-Match")...); err != nil {
		return nil, err
	}
	op.OnlyNew = strings.TrimSpace(r.Header.Get("If-None-Match")) == "*"
	if op.ID == "" {
		if op.Where = r.URL.RawQuery; op.Where == "" {
			return nil, fault.New(fault.Invalid, "fhir.condition", "an update without id needs a condition")
		}
	} else if got := v.ID(); got != op.ID {
		return nil, fault.New(fault.Invalid, "fhir.id", "the id in the body must be that in the URL").In("id")
	}
	return a.one(r, e, op)
}

// remove: https://hl7.org/fhir/R4/http.html#delete
func (a *api) remove(r *http.Request, e *record.Errand) (*response, error) {
	op := record.Op{Kind: record.Delete, Type: r.PathValue("type"), ID: r.PathValue("id")}
	if err := ifMatch(&op, r.Header.Values("If-Match")...); err != nil {
		return nil, err
	}
	if op.ID == "" {
		if op.Where = r.URL.RawQuery; op.Where == "" {
			return nil, fault.New(fault.Invalid, "fhir.condition", "a delete without id needs a condition")
		}
	}
	return a.one(r, e, op)
}

// one writes a single resource and answers as the client prefers.
func (a *api) one(r *http.Request, e *record.Errand, op record.Op) (*response, error) {
	results, err := e.Transact(r.Context(), []record.Op{a.home(r).op(op)}, record.Commit{})
	if err != nil {
		if f := fault.Of(err); op.Kind == record.Delete && f.Code == "record.deleted" {
			return &response{status: http.StatusNoContent}, nil // deleted already: nothing to do
		}
		return nil, conditioned(op, err)
	}
	res := results[0]
	if res.Outcome == record.Deleted && res.Version == 0 {
		return &response{status: http.StatusNoContent}, nil // nothing matches: nothing to do
	}
	if res.Outcome == record.Deleted {
		return &response{status: http.StatusNoContent, header: map[string]string{"ETag": etag(res.Version)}}, nil
	}
	out := a.resource(r, httpStatus(res.Outcome), res.Item)
	if out.header["Location"] == "" {
		out.header["Content-Location"] = a.base(r) + "/" + res.Item.Ref() + "/_history/" + strconv.FormatInt(res.Version, 10)
	}
	switch prefer(r) {
	case "minimal":
		out.body = nil
	case "OperationOutcome":
		out.body = keptNote(res.Told...)
	}
	if len(res.Told) > 0 {
		out.header["Warning"] = `199 concord "the resource breaks profiles that it names; Prefer: return=OperationOutcome tells which"`
	}
	return out, nil
}

// keptNote is the outcome of a write that a client prefers to the resource.
func keptNote(told ...fhir.Issue) *fhir.Value {
	return fhir.Outcome(append([]fhir.Issue{{Severity: "information", Code: "informational", Detail: "record.kept", Text: "kept"}}, told...)...)
}

func httpStatus(o record.Outcome) int {
	switch o {
	case record.Created:
		return http.StatusCreated
	case record.Deleted:
		return http.StatusNoContent
	}
	return http.StatusOK
}
