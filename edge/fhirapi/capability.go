package fhirapi

import (
	"net/http"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/search"
)

// capability says what is served and nothing else
// (https://hl7.org/fhir/R4/capabilitystatement.html). A test holds it against
// the routes.
func (a *api) capability(r *http.Request) (*response, error) {
	switch mode := r.URL.Query().Get("mode"); mode { // https://hl7.org/fhir/R4/http.html#capabilities
	case "", "full", "normative":
	default:
		return nil, fault.New(fault.Unsupported, "fhir.mode", "the statement is given whole: mode is full or normative").In("mode")
	}
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
		"format", fhir.Arr("json", "xml", typeJSON, typeXML),
		"patchFormat", fhir.Arr(typeJSONPatch, typeJSON, typeXML),
		"rest", fhir.Arr(fhir.Obj(
			"mode", "server",
			"documentation", restNotes,
			"security", a.security(r),
			"resource", resources,
			"interaction", fhir.Arr(code("transaction"), code("batch"), code("history-system"), code("search-system")),
			"searchParam", commonParams(),
			"operation", operations(systemOperations),
			"compartment", a.compartments(),
		)),
	)}, nil
}

// security names the authorisation server, also in the words of clients that do
// not look for .well-known/smart-configuration
// (https://hl7.org/fhir/smart-app-launch/conformance.html).
func (a *api) security(r *http.Request) *fhir.Value {
	words := "A bearer token is needed for everything but this statement; access follows the token's scopes and, for an app, the rights of who uses it."
	if !a.Apps {
		return fhir.Obj("cors", false, "description", words)
	}
	base := strings.TrimSuffix(a.base(r), "/fhir")
	var uris []*fhir.Value // the others of the server stand in smart-configuration: the extension has no part for them
	for _, name := range []string{"authorize", "token", "register"} {
		uris = append(uris, fhir.Obj("url", name, "valueUri", base+"/smart/"+name))
	}
	return fhir.Obj(
		"extension", fhir.Arr(fhir.Obj("url", "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris", "extension", uris)),
		"cors", true,
		"service", fhir.Arr(fhir.Obj("coding", fhir.Arr(fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/restful-security-service", "code", "SMART-on-FHIR")))),
		"description", words+" See "+a.base(r)+"/.well-known/smart-configuration.",
	)
}

const restNotes = `An unknown search parameter is an error (400), so that a client does not take the whole list for the part it asked for. ` +
	`R4 says that a server should ignore it: Prefer: handling=lenient does, and names in the Bundle what was ignored; a client may be registered so that this holds for all its searches. ` +
	`Pages show resources as they were when the first page was made; their links hold for 30 minutes (then 410). ` +
	`Bundle.total is given when it is known, and on _total=accurate. A search that would look at too many resources is answered by 422 too-costly. ` +
	`_explain=true tells how a search was done. Prefer: respond-async is served for every request; the answer is kept for an hour, also over a crash; of a request that was cut off its address tells what was written, and nothing of it is written later.`

const offNotes = `Its index over all records is switched off here. Within a patient's record it is as fast as others; over all records every resource of the type is looked at, and a search that would cost too much is answered by 422 too-costly.`

func code(c string) *fhir.Value { return fhir.Obj("code", c) }

func (a *api) resourceCapability(typ string) *fhir.Value {
	if typ == auditEvent {
		return auditCapability()
	}
	var interactions []*fhir.Value
	for _, c := range []string{"read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type"} {
		interactions = append(interactions, code(c))
	}
	v := fhir.Obj(
		"type", typ,
		"interaction", interactions,
		"versioning", "versioned-update",
		"readHistory", true,
		"updateCreate", true,
		"conditionalCreate", true,
		"conditionalRead", "full-support",
		"conditionalUpdate", true,
		"conditionalDelete", "single",
		"referencePolicy", fhir.Arr("literal", "logical", "local"),
	)
	var params, includes, reverse []*fhir.Value
	for _, p := range a.Desk.Table().Params(typ) {
		if p.Type != typ {
			continue
		}
		words := ""
		if a.Desk.Table().IsOff(typ, p.Name) {
			words = offNotes
		}
		params = append(params, fhir.Obj("name", p.Name, "definition", p.URL, "type", string(p.Kind), "documentation", words))
		if p.Kind == search.Reference {
			includes = append(includes, fhir.Of(typ+":"+p.Name))
		}
	}
	for _, p := range a.Desk.Table().Referring(typ) {
		reverse = append(reverse, fhir.Of(p.Type+":"+p.Name))
	}
	return v.With("searchInclude", append([]*fhir.Value{fhir.Of("*"), fhir.Of(typ + ":*")}, includes...)).With("searchRevInclude", reverse).
		With("searchParam", params).With("operation", operations(append(append([]string{}, everyOperation...), typeOperations[typ]...)))
}

// The operations, by where they are called.
var (
	systemOperations = []string{"meta", "diff", "reindex"}
	everyOperation   = []string{"meta", "meta-add", "meta-delete", "validate", "diff", "reindex"}
	typeOperations   = map[string][]string{"Patient": {"everything", "who-has-looked", "match", "ihe-pix", "merge", "unmerge"}, "Encounter": {"everything"}, "Observation": {"lastn"}}
	definitions      = map[string]string{
		"meta": "http://hl7.org/fhir/OperationDefinition/Resource-meta", "meta-add": "http://hl7.org/fhir/OperationDefinition/Resource-meta-add",
		"meta-delete": "http://hl7.org/fhir/OperationDefinition/Resource-meta-delete", "validate": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
		"everything": "http://hl7.org/fhir/OperationDefinition/Patient-everything", "lastn": "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
		"who-has-looked": "urn:concord:operation:who-has-looked",
		"match":          "http://hl7.org/fhir/OperationDefinition/Patient-match", "ihe-pix": "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix",
		"merge": "http://hl7.org/fhir/OperationDefinition/Patient-merge", "unmerge": "urn:concord:operation:unmerge",
		"diff": "urn:concord:operation:diff", "reindex": "urn:concord:operation:reindex",
	}
)

func operations(names []string) []*fhir.Value {
	var out []*fhir.Value
	for _, n := range names {
		out = append(out, fhir.Obj("name", n, "definition", definitions[n]))
	}
	return out
}

func (a *api) compartments() []*fhir.Value {
	var out []*fhir.Value
	for _, c := range a.Desk.Table().Compartments() {
		out = append(out, fhir.Of("http://hl7.org/fhir/CompartmentDefinition/"+strings.ToLower(c[:1])+c[1:]))
	}
	return out
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
