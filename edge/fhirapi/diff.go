package fhirapi

import (
	"net/http"
	"strconv"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/patch"
)

// diff tells how a version came to be, as a FHIRPath Patch: from the version
// before it, or from the one that is named (fromVersion, toVersion).
func (a *api) diff(r *http.Request, e *record.Errand) (*response, error) {
	typ, id := r.PathValue("type"), r.PathValue("id")
	form := r.URL.Query()
	to, err := a.versionOr(form.Get("toVersion"), "toVersion", func() (int64, error) {
		it, err := e.Read(r.Context(), typ, id)
		if err != nil {
			return 0, err
		}
		return it.Version, nil
	})
	if err != nil {
		return nil, err
	}
	from, err := a.versionOr(form.Get("fromVersion"), "fromVersion", func() (int64, error) { return max(1, to-1), nil })
	if err != nil {
		return nil, err
	}
	older, err := e.ReadVersion(r.Context(), typ, id, from)
	if err != nil {
		return nil, err
	}
	newer, err := e.ReadVersion(r.Context(), typ, id, to)
	if err != nil {
		return nil, err
	}
	return diffAnswer(older.Resource, newer.Resource)
}

func (a *api) versionOr(s, name string, other func() (int64, error)) (int64, error) {
	if s == "" {
		return other()
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < 1 {
		return 0, fault.New(fault.Invalid, "search.value", "a version is a whole number from 1").In(name)
	}
	return v, nil
}

// diffTwo compares two resources of one type: from and to are references,
// which may name versions.
func (a *api) diffTwo(r *http.Request, e *record.Errand) (*response, error) {
	form, err := a.searchForm(r)
	if err != nil {
		return nil, err
	}
	var both [2]*fhir.Value
	for i, name := range [...]string{"from", "to"} {
		ref, ok := fhir.ParseReference(form.Get(name))
		if !ok || ref.Base != "" || !kept(ref.Type) {
			return nil, fault.New(fault.Invalid, "search.value", "a reference Type/id or Type/id/_history/version is expected").In(name)
		}
		var it *record.Item
		if ref.Version == "" {
			it, err = e.Read(r.Context(), ref.Type, ref.ID)
		} else {
			version, _ := strconv.ParseInt(ref.Version, 10, 64)
			it, err = e.ReadVersion(r.Context(), ref.Type, ref.ID, version)
		}
		if err != nil {
			return nil, err
		}
		both[i] = it.Resource
	}
	if both[0].Type() != both[1].Type() {
		return nil, fault.New(fault.Invalid, "fhir.type", "resources of different types cannot be compared").In("to")
	}
	return diffAnswer(both[0], both[1])
}

func diffAnswer(older, newer *fhir.Value) (*response, error) {
	out, err := patch.Diff(older, newer)
	if err != nil {
		return nil, err
	}
	return &response{status: http.StatusOK, body: out}, nil
}
