package smart

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"concord/edge/transport"
	"concord/fault"
	"concord/record/access"
	"concord/record/account"
	"concord/record/grant"
)

// Options are what the server needs.
type Options struct {
	Grants   *grant.Registry
	Accounts *account.Register
	// BaseURL is the public address of the installation, without a slash; the
	// issuer is its FHIR base.
	BaseURL string
	// Check refuses a scope whose type or parameters are not served; nil = any
	// that is well formed.
	Check func(access.AppScope) error
	// User gives the address below the FHIR base of the resource that tells of
	// a person, for fhirUser; nil = none.
	User func(ctx context.Context, who access.Requester) (string, error)
	// Note tells the audit log of what an app's misuse ended, in the name of
	// who had let it in.
	Note func(ctx context.Context, who access.Requester, what string) error
	// Refused tells the audit log of assertions that are refused; nil = nobody
	// hears.
	Refused *transport.Refused
	// Pace holds each address to a rate of requests at these endpoints; nil =
	// no limit.
	Pace *transport.Pace
	Now  func() time.Time
	Log  *slog.Logger
	// TLS is how keys at an app's address are fetched; nil = as usual.
	TLS *tls.Config
	// Inside lets keys be fetched from private and loopback addresses too.
	Inside bool
}

// Server is the authorisation server of one installation.
type Server struct {
	Options
	keys remote
}

// New makes the server.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{Options: o, keys: newRemote(o.TLS, o.Inside, o.Now)}
}

// Issuer is the FHIR base, which names this server in every answer.
func (s *Server) Issuer() string { return s.BaseURL + "/fhir" }

// Handler serves what apps call; pages are elsewhere.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fhir/.well-known/smart-configuration", s.configuration)
	mux.HandleFunc("GET /fhir/.well-known/openid-configuration", s.configuration)
	mux.HandleFunc("GET /smart/jwks", s.jwks)
	mux.HandleFunc("POST /smart/token", s.paced(s.token))
	mux.HandleFunc("POST /smart/introspect", s.paced(s.introspect))
	mux.HandleFunc("POST /smart/revoke", s.paced(s.revoke))
	mux.HandleFunc("POST /smart/register", s.paced(s.register))
	return s.Cross(mux)
}

// Patterns are the routes that Handler serves.
func Patterns() []string {
	return []string{"/fhir/.well-known/", "/smart/jwks", "/smart/token", "/smart/introspect", "/smart/revoke", "/smart/register"}
}

// mostForm bounds what an app may send.
const mostForm = 64 << 10

func (s *Server) paced(f http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		address := r.RemoteAddr
		if n := strings.LastIndexByte(r.RemoteAddr, ':'); n > 0 {
			address = r.RemoteAddr[:n]
		}
		if wait := s.Pace.Wait(address); wait > 0 {
			w.Header().Set("Retry-After", "1")
			s.fail(w, oauth{http.StatusTooManyRequests, "temporarily_unavailable", "too many requests"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, mostForm)
		f(w, r)
	}
}

// send answers with JSON that nobody may keep
// (https://www.rfc-editor.org/rfc/rfc6749#section-5.1).
func send(w http.ResponseWriter, status int, value any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}

// oauth is a refusal in OAuth's words
// (https://www.rfc-editor.org/rfc/rfc6749#section-5.2).
type oauth struct {
	status      int
	code, words string
}

func (e oauth) Error() string { return e.code + ": " + e.words }

func (s *Server) fail(w http.ResponseWriter, err error) {
	e, ok := err.(oauth)
	if !ok {
		e = s.spoken(err)
	}
	if e.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="concord"`)
	}
	send(w, e.status, map[string]string{"error": e.code, "error_description": e.words})
}

// spoken puts a fault in OAuth's words.
func (s *Server) spoken(err error) oauth {
	f := fault.Of(err)
	switch f.Code {
	case "grant.code", "grant.reused":
		return oauth{http.StatusBadRequest, "invalid_grant", f.Text}
	case "grant.scope", "access.scope":
		return oauth{http.StatusBadRequest, "invalid_scope", f.Text}
	case "grant.app-unknown", "grant.app-org":
		return oauth{http.StatusUnauthorized, "invalid_client", "this app is not known here, or not approved"}
	}
	switch f.Kind {
	case fault.Invalid, fault.Unsupported:
		return oauth{http.StatusBadRequest, "invalid_request", f.Text}
	case fault.Busy:
		return oauth{http.StatusServiceUnavailable, "temporarily_unavailable", f.Text}
	}
	s.Log.Error("authorisation failed", "code", f.Code, "cause", f.Unwrap())
	return oauth{http.StatusInternalServerError, "server_error", "something went wrong here"}
}

func invalid(words string) error { return oauth{http.StatusBadRequest, "invalid_request", words} }
