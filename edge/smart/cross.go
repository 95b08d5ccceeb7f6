package smart

import (
	"net/http"
	"strings"
)

// Cross lets browser apps call across origins: discovery and keys anybody, all
// else the origins of approved apps. No cookie goes along: credentials are
// never allowed, so that a page can use nothing but the token that it has
// (https://fetch.spec.whatwg.org/#http-cors-protocol).
func (s *Server) Cross(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if origin == "" {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Add("Vary", "Origin")
		switch {
		case open(r.URL.Path):
			h.Set("Access-Control-Allow-Origin", "*")
		default:
			allowed, err := s.Grants.Origins(r.Context())
			if err != nil {
				s.fail(w, err)
				return
			}
			if allowed[origin] {
				h.Set("Access-Control-Allow-Origin", origin)
			}
		}
		h.Set("Access-Control-Expose-Headers", "ETag, Location, Content-Location, Last-Modified, WWW-Authenticate, Retry-After")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, Prefer, If-Match, If-None-Match, If-None-Exist, If-Modified-Since, Cache-Control")
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// open tells what anybody's page may read: it tells nothing of anybody.
func open(path string) bool {
	return strings.HasPrefix(path, "/fhir/.well-known/") || path == "/smart/jwks" || path == "/fhir/metadata"
}
