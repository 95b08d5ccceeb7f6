package fhirapi

import (
	"net/http"
	"path"
	"strings"

	"concord/fault"
)

// The bounds of what stands before a body. Beyond MaxHeader the connection is
// answered by net/http itself, in plain text; between the two by an OperationOutcome.
const (
	mostHeader = 64 << 10
	mostURL    = 32 << 10
	// MaxHeader is how many bytes of headers a server is to read.
	MaxHeader = 4 * mostHeader
)

// front is what a request meets before its route: the bounds, and the address as it
// is meant.
func (a *api) front(w http.ResponseWriter, r *http.Request) {
	if err := small(r); err != nil {
		a.plain(func(*http.Request) (*response, error) { return nil, err })(w, r)
		return
	}
	a.mux.ServeHTTP(w, meant(r))
}

// small refuses an address or headers that are too large.
func small(r *http.Request) error {
	if len(r.RequestURI) > mostURL {
		return fault.New(fault.TooCostly, "fhir.url", "a URL may have %d bytes; a long search is posted, to _search", mostURL)
	}
	all, largest, most := len(r.Host), "", 0
	for name, values := range r.Header {
		n := 0
		for _, v := range values {
			n += len(name) + len(v) + 4
		}
		if all += n; n > most {
			largest, most = name, n
		}
	}
	if all > mostHeader {
		return fault.New(fault.TooCostly, "fhir.header", "the headers of a request may have %d bytes", mostHeader).In("http." + strings.ToLower(largest))
	}
	return nil
}

// Meant gives a handler the address that is meant by one with a slash too many, as
// clients make them by joining a base and a path; net/http would answer with a page
// that says where to go.
func Meant(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, meant(r)) })
}

func meant(r *http.Request) *http.Request {
	at := r.URL.Path
	if !strings.HasPrefix(at, "/fhir/") || at == "/fhir/" || !strings.Contains(at, "//") && !strings.HasSuffix(at, "/") || r.URL.RawPath != "" {
		return r
	}
	u := *r.URL
	u.Path = path.Clean(at)
	again := *r
	again.URL = &u
	return &again
}
