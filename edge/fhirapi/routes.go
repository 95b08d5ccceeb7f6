package fhirapi

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"concord/edge/transport"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/validate"
)

// Authenticator turns a bearer token into a requester. Errors: Unauthenticated.
type Authenticator interface {
	// Bearer gives who a token stands for; certificate is the thumbprint of
	// the client certificate that was shown with it, "" if none.
	Bearer(ctx context.Context, token, certificate string) (access.Requester, error)
}

// Options are what the front door needs.
type Options struct {
	Desk *record.Desk
	Auth Authenticator
	// Validator answers $validate; nil = R4 and its own profiles alone.
	Validator *validate.Validator
	Base      string // public base URL with /fhir, "" = made of the request's host
	Version   string
	// Apps tells that SMART apps may ask for access at the same address.
	Apps bool
	// Pace holds each client to a rate of requests; nil = no limit.
	Pace *transport.Pace
	// Refused tells the audit log of tokens that are refused; nil = nobody hears.
	Refused *transport.Refused
	// Staff gives the names of accounts, and Orgs that of an organisation, for
	// the AuditEvents; nil = they go by id and code.
	Staff func(ctx context.Context, ids []string) (map[string]string, error)
	Orgs  func(code string) string
	Now   func() time.Time
	Log   *slog.Logger
	// Async are the asynchronous requests, for who ends the server; nil = nobody waits
	// for them.
	Async *Async
	// MaxBytes bounds a request body; default 128 MiB.
	MaxBytes int64
	// MaxEntries bounds a Bundle; default 20,000.
	MaxEntries int
}

type api struct {
	Options
	mux     *http.ServeMux
	buffers sync.Pool     // of *[]byte, for pages
	waiting chan struct{} // as many as there are asynchronous requests under way
}

// New is the handler of everything under /fhir.
func New(o Options) http.Handler {
	if o.Validator == nil {
		o.Validator = validate.Base()
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 128 << 20
	}
	if o.MaxEntries == 0 {
		o.MaxEntries = 20_000
	}
	if o.Async == nil {
		o.Async = NewAsync()
	}
	a := &api{Options: o, mux: http.NewServeMux(), waiting: make(chan struct{}, mostAsync)}
	for _, rt := range a.routes() {
		a.mux.HandleFunc(rt.pattern, a.errand(rt.action))
	}
	a.mux.HandleFunc("GET /fhir/metadata", a.plain(a.capability))
	for _, rest := range []string{"/fhir", "/fhir/"} {
		a.mux.HandleFunc(rest, a.plain(func(*http.Request) (*response, error) { return nil, notServed() }))
	}
	return http.HandlerFunc(a.front)
}

type route struct {
	pattern string
	action  action
}

// routes is every interaction but the CapabilityStatement.
func (a *api) routes() []route {
	return []route{
		{"POST /fhir", a.bundle}, {"POST /fhir/{$}", a.bundle},
		{"GET /fhir", a.searchSystem}, {"GET /fhir/{$}", a.searchSystem}, {"POST /fhir/_search", a.searchSystem},
		{"GET /fhir/_search", a.searchSystem}, {"GET /fhir/{type}/_search", a.search}, {"GET /fhir/AuditEvent/_search", a.auditSearch}, // as older clients ask
		{"GET /fhir/{type}", a.search}, {"POST /fhir/{type}/_search", a.search},
		{"GET /fhir/{type}/{id}/{member}", a.searchCompartment}, {"POST /fhir/{type}/{id}/{member}/_search", a.searchCompartment},
		{"GET /fhir/AuditEvent", a.auditSearch}, {"POST /fhir/AuditEvent/_search", a.auditSearch},
		{"GET /fhir/Patient/{id}/$who-has-looked", a.whoHasLooked}, {"POST /fhir/Patient/{id}/$who-has-looked", a.whoHasLooked},
		{"POST /fhir/{type}", a.create},
		{"PUT /fhir/{type}", a.update}, {"PUT /fhir/{type}/{id}", a.update},
		{"PATCH /fhir/{type}", a.patch}, {"PATCH /fhir/{type}/{id}", a.patch},
		{"DELETE /fhir/{type}", a.remove}, {"DELETE /fhir/{type}/{id}", a.remove},
		{"GET /fhir/{type}/{id}", a.read},
		{"GET /fhir/{type}/{id}/_history/{version}", a.vread},
		{"GET /fhir/_history", a.history}, {"GET /fhir/{type}/_history", a.history}, {"GET /fhir/{type}/{id}/_history", a.history},
		{"GET /fhir/Patient/$everything", a.everything}, {"POST /fhir/Patient/$everything", a.everything},
		{"GET /fhir/Patient/{id}/$everything", a.everything}, {"POST /fhir/Patient/{id}/$everything", a.everything},
		{"POST /fhir/Patient/$match", a.match},
		{"POST /fhir/Patient/$merge", a.merge}, {"POST /fhir/Patient/$unmerge", a.merge},
		{"GET /fhir/Patient/$ihe-pix", a.pix}, {"POST /fhir/Patient/$ihe-pix", a.pix},
		{"GET /fhir/Encounter/{id}/$everything", a.everything}, {"POST /fhir/Encounter/{id}/$everything", a.everything},
		{"GET /fhir/Observation/$lastn", a.lastN}, {"POST /fhir/Observation/$lastn", a.lastN},
		{"GET /fhir/$meta", a.meta}, {"GET /fhir/{type}/$meta", a.meta}, {"GET /fhir/{type}/{id}/$meta", a.meta},
		{"GET /fhir/{type}/{id}/_history/{version}/$meta", a.meta},
		{"POST /fhir/{type}/{id}/$meta-add", a.metaAdd}, {"POST /fhir/{type}/{id}/$meta-delete", a.metaDelete},
		{"POST /fhir/{type}/$validate", a.validate}, {"POST /fhir/{type}/{id}/$validate", a.validate}, {"GET /fhir/{type}/{id}/$validate", a.validate},
		{"POST /fhir/$reindex", a.reindex}, {"POST /fhir/{type}/$reindex", a.reindex}, {"GET /fhir/$reindex", a.reindexing},
		{"GET /fhir/$async/{id}/answer", a.async}, {"DELETE /fhir/$async/{id}/answer", a.asyncDelete},
		{"GET /fhir/{type}/{id}/$diff", a.diff}, {"GET /fhir/$diff", a.diffTwo}, {"POST /fhir/$diff", a.diffTwo},
	}
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
		if in := innerOf(r); in != nil {
			return f(r, in.errand)
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(token) == "" {
			return nil, fault.New(fault.Unauthenticated, "fhir.token", "a bearer token is needed")
		}
		who, err := a.Auth.Bearer(r.Context(), strings.TrimSpace(token), transport.Shown(r.TLS))
		if err != nil {
			return nil, a.refused(r, strings.TrimSpace(token), err)
		}
		if wait := a.Pace.Wait(who.Org + "/" + who.ID); wait > 0 {
			return tooFast(wait), nil
		}
		e := a.Desk.For(who, access.Reason{Purpose: access.DirectCare})
		if wantsAsync(r) && !strings.Contains(r.URL.Path, "/$async/") {
			return a.later(r, e, f)
		}
		return f(r, e)
	})
}

// refused puts a token that is refused into the audit log. When that cannot be
// kept, the refusal stands, and says so.
func (a *api) refused(r *http.Request, token string, err error) error {
	if !fault.Is(err, fault.Unauthenticated) {
		return err
	}
	if kept := a.Refused.Tell(r.Context(), "bearer token", fault.Of(err).Code, token, transport.Peer(r)); kept != nil {
		a.Log.Error("a refused token could not be audited", "code", fault.Of(kept).Code)
	}
	return err
}

func (a *api) plain(f func(r *http.Request) (*response, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if in := innerOf(r); in != nil {
			in.res, in.err = f(r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, a.MaxBytes)
		res, err := a.negotiated(r, f)
		if err != nil {
			res = a.failure(r, err)
		}
		a.write(w, r, res)
	}
}

func (a *api) negotiated(r *http.Request, f func(r *http.Request) (*response, error)) (*response, error) {
	if posts(r) {
		if err := r.ParseForm(); err != nil {
			return nil, badForm(err)
		}
	}
	if wanted(r) == "" && !readsBinary(r) {
		return nil, fault.New(fault.Unsupported, "fhir.accept", "answers are application/fhir+json or application/fhir+xml")
	}
	return f(r)
}

// posts tells a request whose parameters come as a form.
func posts(r *http.Request) bool {
	ct, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return r.Method == http.MethodPost && strings.EqualFold(strings.TrimSpace(ct), "application/x-www-form-urlencoded")
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
