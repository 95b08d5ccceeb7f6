package webui

import "net/http"

// PatternsOf are the routes of a site, and how a request is matched with one.
func PatternsOf(o Options) (patterns []string, of func(*http.Request) string, err error) {
	s, err := newSite(o)
	if err != nil {
		return nil, nil, err
	}
	s.handler()
	mux := s.routes.(*router)
	return s.patterns, func(r *http.Request) string { _, p := mux.Handler(r); return p }, nil
}
