package fhirapi

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

// Authenticator turns a bearer token into a requester. Errors: Unauthenticated.
type Authenticator interface {
	Bearer(ctx context.Context, token string) (access.Requester, error)
}

// Options are what the front door needs.
type Options struct {
	Desk    *record.Desk
	Auth    Authenticator
	Base    string // public base URL with /fhir, "" = made of the request's host
	Version string
	Now     func() time.Time
	Log     *slog.Logger
	// MaxBytes bounds a request body; default 128 MiB.
	MaxBytes int64
	// MaxEntries bounds a Bundle; default 20,000.
	MaxEntries int
}

type api struct{ Options }

// New is the handler of everything under /fhir.
func New(o Options) http.Handler {
	if o.MaxBytes == 0 {
		o.MaxBytes = 128 << 20
	}
	if o.MaxEntries == 0 {
		o.MaxEntries = 20_000
	}
	a := &api{o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fhir/metadata", a.plain(a.capability))
	mux.HandleFunc("POST /fhir", a.errand(a.bundle))
	mux.HandleFunc("POST /fhir/{$}", a.errand(a.bundle))
	mux.HandleFunc("GET /fhir", a.errand(a.searchSystem))
	mux.HandleFunc("GET /fhir/{$}", a.errand(a.searchSystem))
	mux.HandleFunc("POST /fhir/_search", a.errand(a.searchSystem))
	mux.HandleFunc("GET /fhir/{type}", a.errand(a.search))
	mux.HandleFunc("GET /fhir/{type}/{id}/{member}", a.errand(a.searchCompartment))
	mux.HandleFunc("POST /fhir/{type}/{id}/{member}/_search", a.errand(a.searchCompartment))
	mux.HandleFunc("POST /fhir/{type}/_search", a.errand(a.search))
	mux.HandleFunc("POST /fhir/{type}", a.errand(a.create))
	mux.HandleFunc("PUT /fhir/{type}", a.errand(a.update))
	mux.HandleFunc("DELETE /fhir/{type}", a.errand(a.remove))
	mux.HandleFunc("GET /fhir/{type}/{id}", a.errand(a.read))
	mux.HandleFunc("PUT /fhir/{type}/{id}", a.errand(a.update))
	mux.HandleFunc("DELETE /fhir/{type}/{id}", a.errand(a.remove))
	mux.HandleFunc("GET /fhir/{type}/{id}/_history", a.errand(a.history))
	mux.HandleFunc("GET /fhir/{type}/{id}/_history/{version}", a.errand(a.vread))
	mux.HandleFunc("GET /fhir/Patient/{id}/$everything", a.errand(a.everything))
	for _, rest := range []string{"/fhir", "/fhir/"} {
		mux.HandleFunc(rest, a.plain(func(*http.Request) (*response, error) { return nil, notServed() }))
	}
	return mux
}

func notServed() error {
	return fault.New(fault.Unsupported, "fhir.route", "this interaction is not served; see /fhir/metadata")
}

// kept tells whether resources of a type are kept; R4 gives Parameters no
// endpoint (https://hl7.org/fhir/R4/parameters.html).
func kept(typ string) bool { return fhir.R4().Number(typ) != 0 && typ != "Parameters" }

// routed tells whether the wildcards of a route stand for a type that is kept
// and for an id rather than an operation.
func routed(r *http.Request) bool {
	typ, id := r.PathValue("type"), r.PathValue("id")
	return (typ == "" || kept(typ)) && !strings.HasPrefix(id, "_") && !strings.HasPrefix(id, "$")
}

// action is one interaction: a request and its errand give a response.
type action func(r *http.Request, e *record.Errand) (*response, error)

// errand authenticates, checks the format asked for, and answers.
func (a *api) errand(f action) http.HandlerFunc {
	return a.plain(func(r *http.Request) (*response, error) {
		if !routed(r) {
			return nil, notServed()
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(token) == "" {
			return nil, fault.New(fault.Unauthenticated, "fhir.token", "a bearer token is needed")
		}
		who, err := a.Auth.Bearer(r.Context(), strings.TrimSpace(token))
		if err != nil {
			return nil, err
		}
		return f(r, a.Desk.For(who, access.Reason{Purpose: access.DirectCare}))
	})
}

func (a *api) plain(f func(r *http.Request) (*response, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, a.MaxBytes)
		res, err := a.negotiated(r, f)
		if err != nil {
			res = a.failure(r, err)
		}
		a.write(w, r, res)
	}
}

func (a *api) negotiated(r *http.Request, f func(r *http.Request) (*response, error)) (*response, error) {
	if !acceptsJSON(r) {
		return nil, fault.New(fault.Unsupported, "fhir.accept", "answers are application/fhir+json")
	}
	return f(r)
}

// acceptsJSON looks at _format and Accept.
func acceptsJSON(r *http.Request) bool {
	if f := r.URL.Query().Get("_format"); f != "" {
		return strings.Contains(f, "json")
	}
	accept := r.Header.Get("Accept")
	return accept == "" || strings.Contains(accept, "json") || strings.Contains(accept, "*/*") || strings.Contains(accept, "application/*")
}

func (a *api) base(r *http.Request) string {
	if a.Base != "" {
		return a.Base
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + "/fhir"
}
