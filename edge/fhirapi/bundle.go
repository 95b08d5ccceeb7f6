package fhirapi

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// bundle is a transaction or batch: https://hl7.org/fhir/R4/http.html#transaction.
// A transaction is applied whole or not at all; of a batch each entry stands
// alone. A collection is taken as a transaction that creates or, where entries
// carry ids, updates.
func (a *api) bundle(r *http.Request, e *record.Errand) (*response, error) {
	b, err := body(r)
	if err != nil {
		return nil, err
	}
	if b.Type() != "Bundle" {
		return nil, fault.New(fault.Invalid, "fhir.bundle", "only a Bundle can be posted to the base").In("resourceType")
	}
	if n := b.Get("entry").Len(); n > a.MaxEntries {
		return nil, fault.New(fault.TooCostly, "fhir.too-large", "a Bundle may have %d entries, this has %d", a.MaxEntries, n).In("Bundle.entry")
	}
	switch b.StrAt("type") {
	case "transaction", "collection":
		return a.transaction(r, e, b)
	case "batch":
		return a.batch(r, e, b)
	}
	return nil, fault.New(fault.Invalid, "fhir.bundle", "a Bundle posted here is a transaction, a batch or a collection").In("Bundle.type")
}

// line is one entry of a Bundle, understood: a write, or a GET.
type line struct {
	op  record.Op
	get string // relative URL of a GET
}

// Ops turns the entries of a transaction or collection into writes; GET
// entries are left out. Errors: Invalid, Unsupported, with the entry's place.
func Ops(b *fhir.Value) ([]record.Op, error) {
	all, err := lines(b)
	if err != nil {
		return nil, err
	}
	ops := make([]record.Op, 0, len(all))
	for _, l := range all {
		if l.get == "" {
			ops = append(ops, l.op)
		}
	}
	return ops, nil
}

func lines(b *fhir.Value) ([]line, error) {
	var out []line
	i := 0
	for entry := range b.Get("entry").Each() {
		l, err := lineOf(entry, fmt.Sprintf("Bundle.entry[%d]", i))
		if err != nil {
			return nil, err
		}
		out = append(out, l)
		i++
	}
	return out, nil
}

func lineOf(entry *fhir.Value, at string) (line, error) {
	res := entry.Get("resource")
	method, target := entry.StrAt("request.method"), entry.StrAt("request.url")
	if entry.Get("request") == nil {
		method, target = collected(res)
	}
	op := record.Op{At: at, Resource: res, FullURL: entry.StrAt("fullUrl")}
	if method == "GET" || method == "HEAD" {
		return line{get: target, op: op}, nil
	}
	path, query, _ := strings.Cut(target, "?")
	typ, id, _ := strings.Cut(strings.Trim(path, "/"), "/")
	op.Type, op.ID, op.Where = typ, id, query
	version, err := ifMatch(entry.StrAt("request.ifMatch"))
	if err != nil {
		return line{}, fault.Of(err).In(at + ".request.ifMatch")
	}
	op.IfMatch = version
	switch method {
	case "POST":
		op.Kind, op.IfNoneExist, op.ID, op.Where = record.Create, entry.StrAt("request.ifNoneExist"), "", ""
	case "PUT":
		op.Kind = record.Update
	case "DELETE":
		op.Kind, op.Resource = record.Delete, nil
	default:
		return line{}, fault.New(fault.Unsupported, "fhir.method", "an entry's method is GET, POST, PUT or DELETE").In(at + ".request.method")
	}
	if op.Kind != record.Delete && res.Kind() != fhir.Object {
		return line{}, fault.New(fault.Invalid, "fhir.entry", "a resource is expected").In(at + ".resource")
	}
	if op.Kind == record.Update && op.ID != "" && res.ID() != op.ID {
		return line{}, fault.New(fault.Invalid, "fhir.id", "the id in the resource must be that in the URL").In(at + ".resource.id")
	}
	return line{op: op}, nil
}

// collected is what to do with an entry that has no request.
func collected(res *fhir.Value) (method, target string) {
	if id := res.ID(); id != "" {
		return "PUT", res.Type() + "/" + id
	}
	return "POST", res.Type()
}

func (a *api) source(r *http.Request, e *record.Errand, b *fhir.Value) *record.Source {
	id := b.ID()
	if id == "" {
		id = r.Header.Get("X-Request-Id")
	}
	if id == "" {
		id = reference()
	}
	who := e.Who()
	return &record.Source{System: "urn:concord:client:" + who.Org + ":" + who.ID, Message: id, What: b.StrAt("type") + " Bundle", At: a.Now()}
}

func (a *api) transaction(r *http.Request, e *record.Errand, b *fhir.Value) (*response, error) {
	all, err := lines(b)
	if err != nil {
		return nil, err
	}
	var ops []record.Op
	for _, l := range all {
		if l.get == "" {
			ops = append(ops, l.op)
		} else if _, _, err := a.getter(r, l.get); err != nil {
			return nil, fault.Of(err).In(l.op.At + ".request.url")
		}
	}
	var results []record.Result
	if len(ops) > 0 {
		if results, err = e.Transact(r.Context(), ops, record.Commit{Source: a.source(r, e, b)}); err != nil {
			return nil, err
		}
	}
	entries := make([]*fhir.Value, 0, len(all))
	next := 0
	for _, l := range all {
		if l.get != "" {
			got, err := a.got(r, e, l.get)
			if err != nil { // what was written stands, so it cannot fail the transaction
				got = a.failed(err)
			}
			entries = append(entries, got)
			continue
		}
		entries = append(entries, a.written(r, results[next], prefer(r)))
		next++
	}
	return &response{status: http.StatusOK, body: fhir.Obj("resourceType", "Bundle", "type", "transaction-response", "entry", entries)}, nil
}

func (a *api) batch(r *http.Request, e *record.Errand, b *fhir.Value) (*response, error) {
	var entries []*fhir.Value
	i := 0
	for entry := range b.Get("entry").Each() {
		entries = append(entries, a.alone(r, e, b, entry, fmt.Sprintf("Bundle.entry[%d]", i)))
		i++
	}
	return &response{status: http.StatusOK, body: fhir.Obj("resourceType", "Bundle", "type", "batch-response", "entry", entries)}, nil
}

func (a *api) alone(r *http.Request, e *record.Errand, b, entry *fhir.Value, at string) *fhir.Value {
	l, err := lineOf(entry, at)
	if err == nil && l.get != "" {
		var got *fhir.Value
		if got, err = a.got(r, e, l.get); err == nil {
			return got
		}
	}
	if err == nil {
		var results []record.Result
		if results, err = e.Transact(r.Context(), []record.Op{l.op}, record.Commit{Source: a.source(r, e, b)}); err == nil {
			return a.written(r, results[0], prefer(r))
		}
	}
	return a.failed(err)
}

func (a *api) failed(err error) *fhir.Value {
	code, outcome := a.outcome(err)
	return fhir.Obj("response", fhir.Obj("status", statusLine(code), "outcome", outcome))
}

// written is the response entry of a write; the resource itself comes only
// when the client asks for it, since a bundle may be large.
func (a *api) written(r *http.Request, res record.Result, preference string) *fhir.Value {
	response := fhir.Obj("status", statusLine(httpStatus(res.Outcome)))
	var shown *fhir.Value
	if res.Outcome != record.Deleted {
		response = response.With("location", res.Type+"/"+res.ID+"/_history/"+strconv.FormatInt(res.Version, 10))
		if preference == "representation" && r.Header.Get("Prefer") != "" {
			shown = res.Item.Resource
		}
	}
	response = response.With("etag", etag(res.Version)).With("lastModified", fhir.FormatInstant(res.Updated))
	full := ""
	if res.Outcome != record.Deleted {
		full = a.base(r) + "/" + res.Type + "/" + res.ID
	}
	return fhir.Obj("fullUrl", full, "resource", shown, "response", response)
}

func statusLine(code int) string { return strconv.Itoa(code) + " " + http.StatusText(code) }

// getter finds the route that a GET entry takes.
func (a *api) getter(r *http.Request, target string) (action, *http.Request, error) {
	u, err := url.Parse("/fhir/" + strings.TrimPrefix(target, "/"))
	if err != nil {
		return nil, nil, fault.New(fault.Invalid, "fhir.entry", "the URL of a GET entry cannot be read")
	}
	inner := r.Clone(r.Context())
	inner.Method, inner.URL, inner.Body = http.MethodGet, u, http.NoBody
	inner.Header.Del("If-None-Match")
	parts := strings.Split(strings.Trim(strings.TrimPrefix(u.Path, "/fhir"), "/"), "/")
	var f action
	switch {
	case len(parts) == 1:
		f = a.search
	case len(parts) == 2:
		inner.SetPathValue("id", parts[1])
		f = a.read
	case len(parts) == 3 && parts[0] == "Patient" && parts[2] == "$everything":
		inner.SetPathValue("id", parts[1])
		f = a.everything
	}
	inner.SetPathValue("type", parts[0])
	if f == nil || !routed(inner) {
		return nil, nil, fault.New(fault.Unsupported, "fhir.route", "this GET is not served within a Bundle")
	}
	return f, inner, nil
}

// got answers a GET entry.
func (a *api) got(r *http.Request, e *record.Errand, target string) (*fhir.Value, error) {
	f, inner, err := a.getter(r, target)
	if err != nil {
		return nil, err
	}
	res, err := f(inner, e)
	if err != nil {
		return nil, err
	}
	return fhir.Obj("resource", res.body, "response", fhir.Obj("status", statusLine(res.status), "etag", res.header["ETag"])), nil
}
