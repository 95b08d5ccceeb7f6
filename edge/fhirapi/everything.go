package fhirapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// everything: https://hl7.org/fhir/R4/operation-patient-everything.html and
// https://hl7.org/fhir/R4/operation-encounter-everything.html: the compartment,
// with what it refers to brought along, in pages. On a person's id it covers
// every trust's entry, on an entry's id that entry alone.
func (a *api) everything(r *http.Request, e *record.Errand) (*response, error) {
	form, err := a.operationForm(r)
	if err != nil {
		return nil, err
	}
	ask, ignored, err := a.everythingForm(form, lenient(r, e))
	if err != nil {
		return nil, err
	}
	ask.Compartment, ask.Owner = "Patient", r.PathValue("id")
	if strings.Contains(r.URL.Path, "/Encounter/") {
		ask.Compartment = "Encounter"
	}
	found, err := e.Search(r.Context(), ask)
	if err != nil {
		return nil, err
	}
	found.Ignored = ignored
	return a.page(r, ask, found, pageOptions{path: ask.Compartment + "/" + ask.Owner + "/$everything", form: form})
}

// everythingForm reads the parameters. Those that are not served are an error,
// as in a search: a client that asks for a part must not take the whole for it.
func (a *api) everythingForm(form url.Values, lenient bool) (ask record.Asked, unknown []string, err error) {
	ask = record.Asked{Whole: true, Form: url.Values{"_include": {"*"}}, Page: form.Get(pageParam)}
	for name, values := range form {
		switch name {
		case "_format", "_pretty", pageParam:
		case "_count":
			ask.Form["_count"] = values
		case "_since":
			if _, ok := fhir.ParseInstant(strings.ReplaceAll(values[0], " ", "+"), a.Desk.Zone()); !ok {
				return ask, nil, fault.New(fault.Invalid, "search.value", "an instant is expected").In(name)
			}
			ask.Form.Set("_lastUpdated", "ge"+values[0])
		case "_type":
			for _, t := range strings.Split(strings.Join(values, ","), ",") {
				if t = strings.TrimSpace(t); !kept(t) {
					return ask, nil, fault.New(fault.Invalid, "search.value", "_type names no resource type").In(name)
				}
				ask.Types = append(ask.Types, t)
			}
		default:
			unknown = append(unknown, name)
		}
	}
	if len(ask.Types) > 0 {
		ask.Form.Del("_include")
	}
	form.Del(pageParam)
	slices.Sort(unknown)
	if len(unknown) > 0 && !lenient {
		return ask, nil, fault.New(fault.Invalid, "search.parameter", "$everything is served with _type, _since and _count").In(unknown[0])
	}
	return ask, unknown, nil
}
