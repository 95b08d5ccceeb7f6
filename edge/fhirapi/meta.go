package fhirapi

import (
	"net/http"
	"net/url"
	"strconv"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// meta: https://hl7.org/fhir/R4/resource-operation-meta.html: of one resource
// or version; of a type or the system, what its resources have together.
func (a *api) meta(r *http.Request, e *record.Errand) (*response, error) {
	typ, id := r.PathValue("type"), r.PathValue("id")
	switch {
	case id == "":
		return a.metaTogether(r, e, typ)
	case r.PathValue("version") != "":
		version, err := strconv.ParseInt(r.PathValue("version"), 10, 64)
		if err != nil {
			return nil, fault.New(fault.NotFound, "record.version", "there is no such version")
		}
		it, err := e.ReadVersion(r.Context(), typ, id, version)
		if err != nil {
			return nil, err
		}
		return metaAnswer(it.Resource.Get("meta")), nil
	}
	it, err := e.Read(r.Context(), typ, id)
	if err != nil {
		return nil, err
	}
	return metaAnswer(it.Resource.Get("meta")), nil
}

// metaAnswer is a meta as Parameters; where there is none, without a parameter,
// which would need a value (https://hl7.org/fhir/R4/parameters.html#inv-1).
func metaAnswer(meta *fhir.Value) *response {
	if fhir.Equal(meta, fhir.Obj()) || meta == nil {
		return &response{status: http.StatusOK, body: fhir.Obj("resourceType", "Parameters")}
	}
	return &response{status: http.StatusOK, body: fhir.Obj("resourceType", "Parameters", "parameter",
		fhir.Arr(fhir.Obj("name", "return", "valueMeta", meta)))}
}

// metaTogether gathers profiles, tags and labels page by page, within the cost
// limit of a search.
func (a *api) metaTogether(r *http.Request, e *record.Errand, typ string) (*response, error) {
	ask := record.Asked{Form: url.Values{"_count": {strconv.Itoa(record.MaxCount)}}}
	if typ != "" {
		ask.Types = []string{typ}
	}
	const mostPages = 100
	all := fhir.Obj()
	for range mostPages {
		found, err := e.Search(r.Context(), ask)
		if err != nil {
			return nil, err
		}
		for _, it := range found.Matches {
			full, err := it.Full()
			if err != nil {
				return nil, err
			}
			all = withLabels(all, full.Get("meta"))
		}
		if ask.Page = found.Next; ask.Page == "" {
			return metaAnswer(all), nil
		}
	}
	return nil, fault.New(fault.TooCostly, "record.scan", "there are too many resources to gather their labels")
}

// labels are the parts of a meta that add up.
var labels = [...]string{"profile", "security", "tag"}

// withLabels adds the labels of one meta that another lacks.
func withLabels(meta, more *fhir.Value) *fhir.Value {
	for _, part := range labels {
		list := []any{}
		for v := range meta.Get(part).Each() {
			list = append(list, v)
		}
		for v := range more.Get(part).Each() {
			if !hasLabel(meta.Get(part), v) {
				list = append(list, v)
			}
		}
		meta = meta.With(part, fhir.Arr(list...))
	}
	return meta
}

func hasLabel(list, v *fhir.Value) bool {
	for have := range list.Each() {
		if sameLabel(have, v) {
			return true
		}
	}
	return false
}

// sameLabel compares profiles as texts, codings by system and code.
func sameLabel(a, b *fhir.Value) bool {
	if a.Kind() == fhir.String {
		return a.Str() == b.Str()
	}
	return a.StrAt("system") == b.StrAt("system") && a.StrAt("code") == b.StrAt("code")
}

// metaAdd: https://hl7.org/fhir/R4/resource-operation-meta-add.html
func (a *api) metaAdd(r *http.Request, e *record.Errand) (*response, error) {
	return a.relabel(r, e, func(meta, named *fhir.Value) *fhir.Value { return withLabels(meta, named) })
}

// metaDelete: https://hl7.org/fhir/R4/resource-operation-meta-delete.html
func (a *api) metaDelete(r *http.Request, e *record.Errand) (*response, error) {
	return a.relabel(r, e, func(meta, named *fhir.Value) *fhir.Value {
		for _, part := range labels {
			list := []any{}
			for v := range meta.Get(part).Each() {
				if !hasLabel(named.Get(part), v) {
					list = append(list, v)
				}
			}
			meta = meta.With(part, fhir.Arr(list...))
		}
		return meta
	})
}

// relabel changes the labels of a resource, as a new version.
func (a *api) relabel(r *http.Request, e *record.Errand, f func(meta, named *fhir.Value) *fhir.Value) (*response, error) {
	params, err := a.body(r)
	if err != nil {
		return nil, err
	}
	var named *fhir.Value
	for p := range params.Get("parameter").Each() {
		if p.StrAt("name") == "meta" {
			named = p.Get("valueMeta")
		}
	}
	if named == nil {
		return nil, fault.New(fault.Invalid, "fhir.parameter", "a parameter named meta with a valueMeta is expected").In("Parameters.parameter")
	}
	op := record.Op{Kind: record.Patch, Type: r.PathValue("type"), ID: r.PathValue("id"), Change: func(current *fhir.Value) (*fhir.Value, error) {
		return current.With("meta", f(current.Get("meta"), named)), nil
	}}
	results, err := e.Transact(r.Context(), []record.Op{op}, record.Commit{})
	if err != nil {
		return nil, err
	}
	return metaAnswer(results[0].Item.Resource.Get("meta")), nil
}
