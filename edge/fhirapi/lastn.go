package fhirapi

import (
	"net/http"
	"strconv"

	"concord/fault"
	"concord/record"
)

// lastN: https://hl7.org/fhir/R4/observation-operation-lastn.html: the newest
// max observations (1 when not said) of each code, of one patient or several.
func (a *api) lastN(r *http.Request, e *record.Errand) (*response, error) {
	form, err := a.operationForm(r)
	if err != nil {
		return nil, err
	}
	if form.Get("patient") == "" && form.Get("subject") == "" {
		return nil, fault.New(fault.Invalid, "search.parameter", "$lastn needs a patient or subject").In("patient")
	}
	ask := record.Asked{Types: []string{"Observation"}, Form: form, Lenient: lenient(r, e), LastN: 1, Page: form.Get(pageParam)}
	form.Del(pageParam)
	if s := form.Get("max"); s != "" {
		if ask.LastN, err = strconv.Atoi(s); err != nil || ask.LastN < 1 {
			return nil, fault.New(fault.Invalid, "search.value", "max is a whole number from 1").In("max")
		}
	}
	asked := form.Get("max")
	form.Del("max")
	found, err := e.Search(r.Context(), ask)
	if err != nil {
		return nil, err
	}
	if asked != "" {
		form.Set("max", asked)
	}
	return a.page(r, ask, found, pageOptions{path: "Observation/$lastn", form: form})
}
