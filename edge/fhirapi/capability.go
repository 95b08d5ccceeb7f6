package fhirapi

import (
	"net/http"

	"concord/standard/fhir"
	"concord/standard/search"
)

// capability says what is served and nothing else
// (https://hl7.org/fhir/R4/capabilitystatement.html). A test holds it against
// the routes.
func (a *api) capability(r *http.Request) (*response, error) {
	var resources []*fhir.Value
	for _, typ := range fhir.R4().Names() {
		if kept(typ) {
			resources = append(resources, a.resourceCapability(typ))
		}
	}
	return &response{status: http.StatusOK, body: fhir.Obj(
		"resourceType", "CapabilityStatement",
		"status", "active",
		"date", fhir.FormatInstant(a.Now()),
		"kind", "instance",
		"software", fhir.Obj("name", "Concord", "version", a.Version),
		"implementation", fhir.Obj("description", "Concord shared patient record", "url", a.base(r)),
		"fhirVersion", "4.0.1",
		"format", fhir.Arr("json", "application/fhir+json"),
		"rest", fhir.Arr(fhir.Obj(
			"mode", "server",
			"documentation", "Unknown search parameters are an error unless the request prefers handling=lenient, in which case they are reported. Pages are cut by _offset, which the next link carries.",
			"security", fhir.Obj("cors", false, "description", "A bearer token is needed for everything but this statement; access follows the token's system scopes."),
			"resource", resources,
			"interaction", fhir.Arr(fhir.Obj("code", "transaction"), fhir.Obj("code", "batch")),
			"searchParam", commonParams(),
		)),
	)}, nil
}

func (a *api) resourceCapability(typ string) *fhir.Value {
	var interactions []*fhir.Value
	for _, c := range []string{"read", "vread", "update", "delete", "history-instance", "create", "search-type"} {
		interactions = append(interactions, fhir.Obj("code", c))
	}
	v := fhir.Obj(
		"type", typ,
		"interaction", interactions,
		"versioning", "versioned-update",
		"readHistory", true,
		"updateCreate", true,
		"conditionalCreate", true,
		"conditionalRead", "not-match",
		"conditionalUpdate", true,
		"conditionalDelete", "single",
		"referencePolicy", fhir.Arr("literal", "logical", "local"),
	)
	var params, includes []*fhir.Value
	for _, p := range a.Desk.Table().Params(typ) {
		if p.Type != typ {
			continue
		}
		params = append(params, fhir.Obj("name", p.Name, "type", string(p.Kind)))
		if p.Kind == search.Reference {
			includes = append(includes, fhir.Of(typ+":"+p.Name))
		}
	}
	v = v.With("searchInclude", includes).With("searchParam", params)
	if typ == "Patient" {
		v = v.With("operation", fhir.Arr(fhir.Obj("name", "everything", "definition", "http://hl7.org/fhir/OperationDefinition/Patient-everything")))
	}
	return v
}

func commonParams() []*fhir.Value {
	out := []*fhir.Value{}
	for _, p := range search.R4().Params("Resource") {
		if p.Type == "Resource" {
			out = append(out, fhir.Obj("name", p.Name, "type", string(p.Kind)))
		}
	}
	return out
}
