package fhirapi

import (
	"net/http"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/patch"
)

// patch by JSON Patch or FHIRPath Patch, by id or by a condition:
// https://hl7.org/fhir/R4/http.html#patch
func (a *api) patch(r *http.Request, e *record.Errand) (*response, error) {
	change, err := a.change(r)
	if err != nil {
		return nil, err
	}
	op := record.Op{Kind: record.Patch, Type: r.PathValue("type"), ID: r.PathValue("id"), Change: change}
	if err := ifMatch(&op, r.Header.Values("If-Match")...); err != nil {
		return nil, err
	}
	if op.ID == "" {
		if op.Where = r.URL.RawQuery; op.Where == "" {
			return nil, fault.New(fault.Invalid, "fhir.condition", "a patch without id needs a condition")
		}
	}
	return a.one(r, e, op)
}

// change reads the patch: a JSON Patch by its own content type, else
// Parameters of a FHIRPath Patch.
func (a *api) change(r *http.Request) (func(*fhir.Value) (*fhir.Value, error), error) {
	ct, _, _ := strings.Cut(strings.ToLower(r.Header.Get("Content-Type")), ";")
	if strings.TrimSpace(ct) == typeJSONPatch {
		text, err := a.text(r)
		if err != nil {
			return nil, err
		}
		ops, err := fhir.Parse(text)
		if err != nil {
			return nil, err
		}
		return jsonPatch(ops), nil
	}
	if formatOf(ct) == "" || ct == "application/json" {
		return nil, fault.New(fault.Unsupported, "fhir.content-type", "a patch is application/json-patch+json, or Parameters as application/fhir+json or application/fhir+xml")
	}
	parameters, err := a.body(r)
	if err != nil {
		return nil, err
	}
	return fhirPathPatch(parameters)
}

func jsonPatch(ops *fhir.Value) func(*fhir.Value) (*fhir.Value, error) {
	return func(current *fhir.Value) (*fhir.Value, error) { return patch.JSON(current, ops) }
}

func fhirPathPatch(parameters *fhir.Value) (func(*fhir.Value) (*fhir.Value, error), error) {
	if parameters.Type() != "Parameters" {
		return nil, fault.New(fault.Invalid, "fhir.type", "a FHIRPath Patch is a Parameters resource").In("resourceType")
	}
	return func(current *fhir.Value) (*fhir.Value, error) { return patch.FHIRPath(current, parameters) }, nil
}
