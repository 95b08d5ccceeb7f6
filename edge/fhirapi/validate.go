package fhirapi

import (
	"net/http"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/validate"
)

// validate: https://hl7.org/fhir/R4/resource-operation-validate.html. The
// answer is 200 with an OperationOutcome, whatever the verdict.
func (a *api) validate(r *http.Request, e *record.Errand) (*response, error) {
	ask := validation{mode: r.URL.Query().Get("mode"), profiles: r.URL.Query()["profile"]}
	if r.Method == http.MethodPost {
		if err := a.validationBody(r, &ask); err != nil {
			return nil, err
		}
	}
	if ask.resource == nil && r.PathValue("id") != "" {
		it, err := e.Read(r.Context(), r.PathValue("type"), r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		ask.resource = it.Resource
	}
	if ask.resource == nil && ask.mode != string(validate.ModeDelete) {
		return nil, fault.New(fault.Invalid, "fhir.parameter", "a resource to validate is expected").In("resource")
	}
	if typ := r.PathValue("type"); ask.resource != nil && typ != "" && ask.resource.Type() != typ {
		return nil, fault.New(fault.Invalid, "fhir.type", "the resource is not of the type that the URL names").In("resourceType")
	}
	issues := a.Validator.Validate(ask.resource, validate.Options{Profiles: ask.profiles, Mode: validate.Mode(ask.mode), Now: a.Now(), Zone: a.Desk.Zone()})
	if len(issues) == 0 {
		issues = []fhir.Issue{{Severity: "information", Code: "informational", Detail: "validate.ok", Text: "no issues were found"}}
	}
	return &response{status: http.StatusOK, body: fhir.Outcome(issues...)}, nil
}

// validation is what is to be validated, as what.
type validation struct {
	resource *fhir.Value
	mode     string
	profiles []string
}

// validationBody reads a resource, or Parameters with resource, mode and
// profile.
func (a *api) validationBody(r *http.Request, ask *validation) error {
	if r.ContentLength == 0 {
		return nil
	}
	body, err := a.body(r)
	if err != nil {
		return err
	}
	if body.Type() != "Parameters" || r.PathValue("type") == "Parameters" {
		ask.resource = body
		return nil
	}
	for p := range body.Get("parameter").Each() {
		switch p.StrAt("name") {
		case "resource":
			ask.resource = p.Get("resource")
		case "mode":
			ask.mode = p.StrAt("valueCode") + p.StrAt("valueString")
		case "profile":
			ask.profiles = append(ask.profiles, p.StrAt("valueUri")+p.StrAt("valueCanonical")+p.StrAt("valueString"))
		}
	}
	return nil
}
