package fhirapi

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// offsetParam carries the place of a page in its links.
const offsetParam = "_offset"

// search, by GET or POST: https://hl7.org/fhir/R4/http.html#search
func (a *api) search(r *http.Request, e *record.Errand) (*response, error) {
	form, err := searchForm(r)
	if err != nil {
		return nil, err
	}
	offset := 0
	if s := form.Get(offsetParam); s != "" {
		if offset, err = strconv.Atoi(s); err != nil || offset < 0 {
			return nil, fault.New(fault.Invalid, "search.value", "_offset is a whole number from 0").In(offsetParam)
		}
		form.Del(offsetParam)
	}
	typ := r.PathValue("type")
	found, err := e.Search(r.Context(), typ, form, offset, lenient(r))
	if err != nil {
		return nil, err
	}
	entries := make([]*fhir.Value, 0, len(found.Matches)+len(found.Included)+1)
	for _, it := range found.Matches {
		entries = append(entries, a.entry(r, it, "match", form))
	}
	for _, it := range found.Included {
		entries = append(entries, a.entry(r, it, "include", nil))
	}
	if len(found.Ignored) > 0 {
		entries = append(entries, fhir.Obj("resource", ignored(found.Ignored), "search", fhir.Obj("mode", "outcome")))
	}
	next := ""
	if found.More {
		form.Set(offsetParam, strconv.Itoa(offset+len(found.Matches)))
		next = a.base(r) + "/" + typ + "?" + form.Encode()
	}
	total := found.Total
	if form.Get("_total") == "none" {
		total = -1
	}
	return a.answer(r, "searchset", total, entries, next), nil
}

func searchForm(r *http.Request) (url.Values, error) {
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.New(fault.Invalid, "search.syntax", "the query string cannot be read")
	}
	if r.Method != http.MethodPost {
		return form, nil
	}
	ct, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(ct), "application/x-www-form-urlencoded") && r.ContentLength != 0 {
		return nil, fault.New(fault.Unsupported, "fhir.content-type", "a search is posted as application/x-www-form-urlencoded")
	}
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		return nil, fault.New(fault.Invalid, "search.syntax", "the form cannot be read")
	}
	return r.Form, nil
}

func (a *api) entry(r *http.Request, it *record.Item, mode string, form url.Values) *fhir.Value {
	res := it.Resource
	if form != nil {
		res = summarised(res, form.Get("_summary"), form.Get("_elements"))
	}
	return fhir.Obj("fullUrl", a.base(r)+"/"+it.Ref(), "resource", res, "search", fhir.Obj("mode", mode))
}

// summarised applies _elements and _summary=text|data
// (https://hl7.org/fhir/R4/search.html#elements); the result is tagged SUBSETTED.
func summarised(res *fhir.Value, summary, elements string) *fhir.Value {
	keep := func(string) bool { return true }
	switch {
	case elements != "":
		wanted := map[string]bool{"resourceType": true, "id": true, "meta": true}
		for _, e := range strings.Split(elements, ",") {
			wanted[strings.TrimSpace(e)] = true
		}
		keep = func(n string) bool { return wanted[n] }
	case summary == "data":
		keep = func(n string) bool { return n != "text" }
	case summary == "text":
		keep = func(n string) bool { return n == "resourceType" || n == "id" || n == "meta" || n == "text" }
	default:
		return res
	}
	var drop []string
	for n := range res.Members() {
		if !keep(n) {
			drop = append(drop, n)
		}
	}
	out := res.Without(drop...)
	return out.With("meta", out.Get("meta").With("tag", fhir.Arr(fhir.Obj(
		"system", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code", "SUBSETTED"))))
}

func ignored(names []string) *fhir.Value {
	issues := make([]fhir.Issue, len(names))
	for i, n := range names {
		issues[i] = fhir.Issue{Severity: "warning", Code: "not-supported", Detail: "search.parameter",
			Text: "this parameter is not known here and was ignored", Expression: n}
	}
	return fhir.Outcome(issues...)
}
