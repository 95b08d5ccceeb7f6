package fhirapi

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// inner is a request within a request: an entry of a Bundle takes the same
// routes as a request of its own, with the errand of the Bundle's requester.
type inner struct {
	errand *record.Errand
	res    *response
	err    error
}

type innerKey struct{}

func innerOf(r *http.Request) *inner {
	in, _ := r.Context().Value(innerKey{}).(*inner)
	return in
}

// dispatch answers an entry's request.
func (a *api) dispatch(r *http.Request, e *record.Errand, method, target string, body *fhir.Value, header http.Header) (*response, error) {
	path, _, _ := strings.Cut(target, "?")
	u, err := url.Parse("/fhir/" + strings.TrimPrefix(target, "/"))
	if err != nil || strings.Contains(path, "://") {
		return nil, fault.New(fault.Invalid, "fhir.entry", "the URL of an entry is relative to the base")
	}
	in := &inner{errand: e}
	req := r.Clone(context.WithValue(r.Context(), innerKey{}, in))
	req.Method, req.URL, req.RequestURI, req.Pattern = method, u, "", ""
	req.Header = http.Header{}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Form, req.PostForm = nil, nil
	req.Body, req.ContentLength = http.NoBody, 0
	if body != nil {
		text := body.JSON()
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		req.Header.Set("Content-Type", typeJSON)
	}
	a.mux.ServeHTTP(discard{}, req)
	if in.res == nil && in.err == nil {
		return nil, notServed()
	}
	return in.res, in.err
}

// discard is where a mux writes when no route of ours answers.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
