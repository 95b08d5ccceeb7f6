package fhirapi

import (
	"net/http"
	"net/url"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// pix is Patient/$ihe-pix, the cross-reference of PIXm ITI-83
// (https://profiles.ihe.net/ITI/PIXm/ITI-83.html): the other identifiers of the
// person who has one, as Parameters. It answers 404 when nobody has it, 400 when
// its system is none of ours, and 403 when a target system is none.
func (a *api) pix(r *http.Request, e *record.Errand) (*response, error) {
	form, err := pixForm(r, a)
	if err != nil {
		return nil, err
	}
	system, value, ok := strings.Cut(form.Get("sourceIdentifier"), "|")
	if !ok || value == "" || len(form["sourceIdentifier"]) != 1 {
		return nil, fault.New(fault.Invalid, "fhir.parameter", "sourceIdentifier=system|value is expected, once").In("sourceIdentifier")
	}
	if !assigned(system) {
		return nil, fault.New(fault.Invalid, "identity.source-system", "sourceIdentifier Assigning Authority not found").In("sourceIdentifier")
	}
	var targets []string
	for _, t := range form["targetSystem"] {
		for _, one := range strings.Split(t, ",") {
			if !assigned(one) {
				return nil, fault.New(fault.Denied, "identity.target-system", "targetSystem not found").In("targetSystem")
			}
			targets = append(targets, one)
		}
	}
	found, err := e.CrossReference(r.Context(), system, value, targets)
	if err != nil {
		return nil, err
	}
	parameters := []*fhir.Value{}
	for _, id := range found.Identifiers {
		parameters = append(parameters, fhir.Obj("name", "targetIdentifier", "valueIdentifier", id))
	}
	for _, id := range found.Entries {
		parameters = append(parameters, fhir.Obj("name", "targetId", "valueReference", fhir.Obj("reference", a.base(r)+"/Patient/"+id)))
	}
	return &response{status: http.StatusOK, body: fhir.Obj("resourceType", "Parameters", "parameter", parameters)}, nil
}

// pixForm reads the parameters of a GET, or of a POST of Parameters.
func pixForm(r *http.Request, a *api) (url.Values, error) {
	if r.Method == http.MethodGet {
		form := r.URL.Query()
		for name := range form {
			switch name {
			case "sourceIdentifier", "targetSystem", "_format", "_pretty":
			default:
				return nil, fault.New(fault.Invalid, "fhir.parameter", "$ihe-pix takes sourceIdentifier and targetSystem").In(name)
			}
		}
		return form, nil
	}
	body, err := a.body(r)
	if err != nil {
		return nil, err
	}
	form := url.Values{}
	for p := range body.Get("parameter").Each() {
		switch name := p.StrAt("name"); name {
		case "sourceIdentifier":
			id := p.Get("valueIdentifier")
			form.Add(name, id.StrAt("system")+"|"+id.StrAt("value"))
		case "targetSystem":
			form.Add(name, p.StrAt("valueUri"))
		}
	}
	return form, nil
}

// assigned tells whether a system is one whose identifiers are cross-referenced:
// NHS numbers and the trusts' hospital numbers.
func assigned(system string) bool {
	if system == uk.NHSNumberSystem {
		return true
	}
	trust, ok := uk.HospitalNumberTrust(system)
	if !ok {
		return false
	}
	_, known := uk.TrustByCode(trust)
	return known
}
