package fhirapi

import (
	"net/http"
	"net/url"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// operationForm reads what an operation is asked with: the query, or a form or a
// Parameters resource that is posted
// (https://hl7.org/fhir/R4/operations.html#executing).
func (a *api) operationForm(r *http.Request) (url.Values, error) {
	ct, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if ct = strings.ToLower(strings.TrimSpace(ct)); r.Method != http.MethodPost || r.ContentLength == 0 || ct == "" || ct == "application/x-www-form-urlencoded" {
		return a.searchForm(r)
	}
	params, err := a.body(r)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.New(fault.Invalid, "search.syntax", "the query string cannot be read")
	}
	if params.Type() != "Parameters" {
		return nil, fault.New(fault.Invalid, "fhir.parameter", "an operation is asked with Parameters").In("resourceType")
	}
	for p := range params.Get("parameter").Each() {
		name, value := p.StrAt("name"), plainValue(p)
		if name == "" || value == "" {
			return nil, fault.New(fault.Invalid, "fhir.parameter", "each parameter has a name and a simple value or a reference").In("Parameters.parameter." + name)
		}
		form.Add(name, value)
	}
	a.home(r).form(r.PathValue("type"), form)
	return form, nil
}

// plainValue is the value of a parameter as a query writes it, "" when it has none that
// a query can say.
func plainValue(p *fhir.Value) string {
	for name, v := range p.Members() {
		switch {
		case name == "valueReference":
			return v.StrAt("reference")
		case strings.HasPrefix(name, "value") && v.Kind() != fhir.Object && v.Kind() != fhir.Array:
			return v.Text()
		}
	}
	return ""
}
