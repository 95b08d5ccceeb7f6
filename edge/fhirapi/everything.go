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
// every trust's entry, on an entry's id that entry alone. Without an id it is of
// the patient in the context of an app; of everybody it is not served.
func (a *api) everything(r *http.Request, e *record.Errand) (*response, error) {
	form, err := a.operationForm(r)
	if err != nil {
		return nil, err
	}
	whole, err := a.everythingForm(form, lenient(r, e))
	if err != nil {
		return nil, err
	}
	ask := whole.ask
	if ask.Compartment, ask.Owner = "Patient", r.PathValue("id"); ask.Owner == "" {
		if l := e.Who().Limits; l != nil {
			ask.Owner = l.Patient
		}
		if ask.Owner == "" {
			return nil, fault.New(fault.Unsupported, "fhir.everything", "$everything is of one patient: name them, as Patient/id/$everything; many are asked for one by one")
		}
	}
	if strings.Contains(r.URL.Path, "/Encounter/") {
		ask.Compartment = "Encounter"
	}
	whole.narrow(&ask, a.Desk.Members(ask.Compartment))
	found, err := e.Search(r.Context(), ask)
	if err != nil {
		return nil, err
	}
	whole.keep(found)
	return a.page(r, ask, found, pageOptions{path: ask.Compartment + "/" + ask.Owner + "/$everything", form: form})
}

// whole is what an $everything asks for.
type whole struct {
	ask     record.Asked
	unknown []string
	types   []string // _type; none = all
	beside  bool     // some of them are in no compartment, and come with what refers to them
	only    bool     // and all of them are
}

// narrow asks for the types wanted: those of the compartment, and with them what is
// not of it and they refer to. When only such is wanted, all of it is looked at.
func (w *whole) narrow(ask *record.Asked, members []string) {
	for _, t := range w.types {
		if slices.Contains(members, t) {
			ask.Types = append(ask.Types, t)
		} else {
			w.beside = true
		}
	}
	w.only = len(w.types) > 0 && len(ask.Types) == 0
	if len(w.types) > 0 && !w.beside {
		ask.Form.Del("_include")
	}
}

// keep leaves on a page what is of the types wanted.
func (w *whole) keep(found *record.Found) {
	found.Ignored = w.unknown
	if !w.beside {
		return
	}
	other := func(it *record.Item) bool { return !slices.Contains(w.types, it.Type) }
	found.Included = slices.DeleteFunc(slices.Clone(found.Included), other)
	if w.only {
		found.Matches, found.Total = nil, -1
	}
}

// everythingForm reads the parameters. Those that are not served are an error,
// as in a search: a client that asks for a part must not take the whole for it.
func (a *api) everythingForm(form url.Values, lenient bool) (*whole, error) {
	w := &whole{ask: record.Asked{Whole: true, Form: url.Values{"_include": {"*"}}, Page: form.Get(pageParam)}}
	for name, values := range form {
		switch name {
		case "_format", "_pretty", "_elements", pageParam:
		case "_count", "_summary":
			w.ask.Form[name] = values
		case "start":
			w.ask.From = values[0]
		case "end":
			w.ask.Until = values[0]
		case "_since":
			if _, ok := fhir.ParseInstant(strings.ReplaceAll(values[0], " ", "+"), a.Desk.Zone()); !ok {
				return nil, fault.New(fault.Invalid, "search.value", "an instant is expected").In(name)
			}
			w.ask.Form.Set("_lastUpdated", "ge"+values[0])
		case "_type":
			for _, t := range strings.Split(strings.Join(values, ","), ",") {
				if t = strings.TrimSpace(t); !kept(t) {
					return nil, fault.New(fault.Invalid, "search.value", "_type names no resource type").In(name)
				}
				w.types = append(w.types, t)
			}
		default:
			w.unknown = append(w.unknown, name)
		}
	}
	form.Del(pageParam)
	slices.Sort(w.unknown)
	if len(w.unknown) > 0 && !lenient {
		return nil, fault.New(fault.Invalid, "search.parameter", "$everything is served with start, end, _type, _since, _count, _elements and _summary").In(w.unknown[0])
	}
	return w, nil
}
