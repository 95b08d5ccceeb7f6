package fhirapi

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// pageParam carries the token of a page in its links.
const pageParam = "_page"

// search of one type, by GET or POST: https://hl7.org/fhir/R4/http.html#search
func (a *api) search(r *http.Request, e *record.Errand) (*response, error) {
	return a.searched(r, e, record.Asked{Types: []string{r.PathValue("type")}}, r.PathValue("type"))
}

// searchSystem searches several types: https://hl7.org/fhir/R4/http.html#search
func (a *api) searchSystem(r *http.Request, e *record.Errand) (*response, error) {
	return a.searched(r, e, record.Asked{}, "")
}

// searchCompartment searches what belongs to one patient, encounter, …:
// GET [base]/Patient/1/Observation or /Patient/1/*
// (https://hl7.org/fhir/R4/compartmentdefinition.html).
func (a *api) searchCompartment(r *http.Request, e *record.Errand) (*response, error) {
	member := r.PathValue("member")
	if member == auditEvent && r.PathValue("type") == "Patient" {
		return a.auditSearch(r, e)
	}
	ask := record.Asked{Compartment: r.PathValue("type"), Owner: r.PathValue("id")}
	if member != "*" {
		if !kept(member) {
			return nil, notServed()
		}
		ask.Types = []string{member}
	}
	return a.searched(r, e, ask, ask.Compartment+"/"+ask.Owner+"/"+member)
}

// searched runs a search and writes its page; path is what follows the base in
// the links.
func (a *api) searched(r *http.Request, e *record.Errand, ask record.Asked, path string) (*response, error) {
	form, err := a.searchForm(r)
	if err != nil {
		return nil, err
	}
	for _, types := range form["_type"] {
		if slices.Contains(strings.Split(types, ","), auditEvent) {
			return nil, fault.New(fault.Unsupported, "search.unsupported", "AuditEvents are made of the audit log: search them by themselves, at AuditEvent").In("_type")
		}
	}
	ask.Page, ask.Explain, ask.Form, ask.Lenient = form.Get(pageParam), form.Get("_explain") == "true", form, lenient(r, e)
	form.Del(pageParam)
	found, err := e.Search(r.Context(), ask)
	if err != nil {
		return nil, err
	}
	return a.page(r, ask, found, pageOptions{path: path, form: form})
}

// pageOptions say how a page is written: what follows the base in its links,
// and the parameters that they carry.
type pageOptions struct {
	path string
	form url.Values
}

// page writes a page of matches and what they bring along.
func (a *api) page(r *http.Request, ask record.Asked, found *record.Found, o pageOptions) (*response, error) {
	links := a.linksOf(r, ask, found, o)
	total := found.Total
	if found.Query.Total == "none" {
		total = -1
	}
	if wholeAsJSON(r, o.form) {
		return a.pageText(r, found, searchNotes(found), total, links)
	}
	entries := make([]*fhir.Value, 0, len(found.Matches)+len(found.Included)+1)
	for _, it := range found.Matches {
		entry, err := a.entry(r, it, "match", o.form)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	for _, it := range found.Included {
		entry, err := a.entry(r, it, "include", o.form)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	if notes := searchNotes(found); notes != nil {
		entries = append(entries, fhir.Obj("resource", notes, "search", fhir.Obj("mode", "outcome")))
	}
	return a.bundled("searchset", total, entries, links), nil
}

// linksOf are the links of a page.
func (a *api) linksOf(r *http.Request, ask record.Asked, found *record.Found, o pageOptions) []*fhir.Value {
	links := pageLinks{base: a.base(r) + "/" + o.path, form: o.form}
	links.add("self", ask.Page)
	if ask.Page != "" {
		links.add("first", "")
	}
	if found.Previous != "" {
		links.add("previous", found.Previous)
	}
	if found.Next != "" {
		links.add("next", found.Next)
	}
	return links.all
}

// pageLinks are the links of a page: what was asked, with the token of a page.
type pageLinks struct {
	base string
	form url.Values
	all  []*fhir.Value
}

func (l *pageLinks) add(relation, token string) {
	form := l.form
	if token != "" {
		form = url.Values{pageParam: {token}}
		for k, v := range l.form {
			form[k] = v
		}
	}
	target := strings.TrimSuffix(l.base, "/")
	if len(form) > 0 {
		target += "?" + form.Encode()
	}
	l.all = append(l.all, fhir.Obj("relation", relation, "url", target))
}

// searchForm reads the parameters of a search, with references of our own
// address as the record knows them.
func (a *api) searchForm(r *http.Request) (url.Values, error) {
	form, err := sentForm(r)
	if err != nil {
		return nil, err
	}
	typ := r.PathValue("member")
	if typ == "" {
		typ = r.PathValue("type")
	}
	a.home(r).form(typ, form)
	return form, nil
}

func sentForm(r *http.Request) (url.Values, error) {
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.New(fault.Invalid, "search.syntax", "the query string cannot be read")
	}
	if r.Method != http.MethodPost {
		return form, nil
	}
	if !posts(r) && r.ContentLength != 0 {
		return nil, fault.New(fault.Unsupported, "fhir.content-type", "a search is posted as application/x-www-form-urlencoded")
	}
	if err := r.ParseForm(); err != nil {
		return nil, badForm(err)
	}
	return r.Form, nil
}

func badForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fault.New(fault.Invalid, "search.syntax", "the form cannot be read")
}

// entry writes one match, parsed.
func (a *api) entry(r *http.Request, it *record.Item, mode string, form url.Values) (*fhir.Value, error) {
	full, err := it.Full()
	if err != nil {
		return nil, err
	}
	res := summarised(full, form.Get("_summary"), form.Get("_elements"))
	return fhir.Obj("fullUrl", a.base(r)+"/"+it.Ref(), "resource", res, "search", fhir.Obj("mode", mode)), nil
}

// searchNotes tells what was ignored, and how the search was done when that
// was asked; nil when there is nothing to tell.
func searchNotes(found *record.Found) *fhir.Value {
	var issues []fhir.Issue
	for _, n := range found.Ignored {
		issues = append(issues, fhir.Issue{Severity: "warning", Code: "not-supported", Detail: "search.parameter",
			Text: "this parameter is not known here and was ignored", Expression: n})
	}
	for _, line := range found.Plan {
		issues = append(issues, fhir.Issue{Severity: "information", Code: "informational", Detail: "search.plan", Text: line})
	}
	if found.Withheld > 0 {
		issues = append(issues, fhir.Issue{Severity: "information", Code: "suppressed", Detail: "access.withheld",
			Text: strconv.Itoa(found.Withheld) + " resources of this record are withheld"})
	}
	if issues == nil {
		return nil
	}
	return fhir.Outcome(issues...)
}
