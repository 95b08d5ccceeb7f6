package fhirapi

import (
	"encoding/base64"
	"fmt"
	"net/http"
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
	b, err := a.body(r)
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
	here := a.home(r)
	all, err := lines(b, here)
	if err != nil {
		return nil, err
	}
	var ops []record.Op
	for _, l := range all {
		switch {
		case !l.reads:
			ops = append(ops, here.op(l.op))
		case !a.answers(r, l):
			return nil, fault.New(fault.Unsupported, "fhir.route", "this interaction is not served within a transaction").In(l.op.At + ".request.url")
		}
	}
	if err := a.foreseen(r, e, all); err != nil {
		return nil, err
	}
	var results []record.Result
	if len(ops) > 0 {
		if results, err = e.Transact(r.Context(), ops, record.Commit{Source: a.source(r, e, b)}); err != nil {
			for _, op := range ops {
				err = conditioned(op, err)
			}
			return nil, err
		}
	}
	entries := make([]*fhir.Value, 0, len(all))
	next := 0
	for _, l := range all {
		if l.reads {
			entries = append(entries, a.got(r, e, l))
			continue
		}
		entries = append(entries, a.written(r, results[next], prefer(r)))
		next++
	}
	return &response{status: http.StatusOK, body: fhir.Obj("resourceType", "Bundle", "type", "transaction-response", "entry", entries)}, nil
}

// foreseen refuses a transaction of which a read would fail: it is applied whole
// or not at all, and its reads come last
// (https://hl7.org/fhir/R4/http.html#trules). They are asked before anything is
// written, but for what the transaction itself writes.
func (a *api) foreseen(r *http.Request, e *record.Errand, all []line) error {
	writes := map[string]record.OpKind{}
	for _, l := range all {
		if !l.reads && l.op.ID != "" {
			writes[l.op.Type+"/"+l.op.ID] = l.op.Kind
		}
	}
	for _, l := range all {
		if !l.reads || l.method != http.MethodGet && l.method != http.MethodHead || len(all) == 1 {
			continue
		}
		path, _, _ := strings.Cut(strings.TrimPrefix(l.target, "/"), "?")
		var err error
		switch kind := writes[path]; kind {
		case 0:
			_, err = a.dispatch(r, e, l.method, l.target, nil, l.header)
		case record.Delete:
			err = fault.New(fault.Gone, "record.deleted", "the transaction deletes what it reads")
		}
		if err != nil && fault.Of(err).Kind != fault.Internal {
			return fault.Of(err).In(l.op.At + ".request.url")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// batch answers each entry by itself, the writes before the reads as their
// order has it (https://hl7.org/fhir/R4/http.html#brules).
func (a *api) batch(r *http.Request, e *record.Errand, b *fhir.Value) (*response, error) {
	e.InParts()
	entries := make([]*fhir.Value, b.Get("entry").Len())
	for _, methods := range [...]string{"DELETE", "POST", "PUT PATCH", "GET HEAD", ""} {
		i := 0
		for entry := range b.Get("entry").Each() {
			if entries[i] == nil && (methods == "" || strings.Contains(methods, entry.StrAt("request.method"))) {
				entries[i] = a.alone(r, e, b, entry, fmt.Sprintf("Bundle.entry[%d]", i))
			}
			i++
		}
	}
	return &response{status: http.StatusOK, body: fhir.Obj("resourceType", "Bundle", "type", "batch-response", "entry", entries)}, nil
}

func (a *api) alone(r *http.Request, e *record.Errand, b, entry *fhir.Value, at string) *fhir.Value {
	l, err := lineOf(entry, a.home(r), at)
	if err == nil && l.reads {
		return a.got(r, e, l)
	}
	if err == nil {
		var results []record.Result
		if results, err = e.Transact(r.Context(), []record.Op{a.home(r).op(l.op)}, record.Commit{Source: a.source(r, e, b)}); err == nil {
			return a.written(r, results[0], prefer(r))
		}
		if fault.Of(err).Code == "record.deleted" && l.op.Kind == record.Delete {
			return fhir.Obj("response", fhir.Obj("status", statusLine(http.StatusNoContent)))
		}
		err = conditioned(l.op, err)
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
	if res.Version == 0 { // a deletion of nothing
		return fhir.Obj("response", fhir.Obj("status", statusLine(http.StatusNoContent)))
	}
	response := fhir.Obj("status", statusLine(httpStatus(res.Outcome)))
	var shown *fhir.Value
	if res.Outcome != record.Deleted {
		response = response.With("location", res.Type+"/"+res.ID+"/_history/"+strconv.FormatInt(res.Version, 10))
		if preference == "representation" && saysReturn(r) {
			shown = res.Item.Resource
		}
	}
	response = response.With("etag", etag(res.Version)).With("lastModified", fhir.FormatInstant(res.Updated))
	full := ""
	if res.Outcome != record.Deleted {
		full = a.base(r) + "/" + res.Type + "/" + res.ID
	}
	if preference == "OperationOutcome" || len(res.Told) > 0 {
		response = response.With("outcome", keptNote(res.Told...))
	}
	return fhir.Obj("fullUrl", full, "resource", shown, "response", response)
}

func statusLine(code int) string { return strconv.Itoa(code) + " " + http.StatusText(code) }

// answers tells whether a route would take an entry that reads.
func (a *api) answers(r *http.Request, l line) bool {
	target := "/fhir/" + strings.TrimPrefix(l.target, "/")
	path, _, _ := strings.Cut(target, "?")
	req, err := http.NewRequestWithContext(r.Context(), l.method, path, http.NoBody)
	if err != nil {
		return false
	}
	_, pattern := a.mux.Handler(req)
	return pattern != "/fhir" && pattern != "/fhir/" && pattern != ""
}

// got answers an entry that reads, or that calls an operation.
func (a *api) got(r *http.Request, e *record.Errand, l line) *fhir.Value {
	res, err := a.dispatch(r, e, l.method, l.target, l.op.Resource, l.header)
	if err != nil {
		return a.failed(err)
	}
	answer := fhir.Obj("status", statusLine(res.status), "etag", res.header["ETag"], "location", res.header["Location"])
	return fhir.Obj("resource", res.body, "response", answer)
}

// patchOf reads the patch of an entry: Parameters of a FHIRPath Patch, or a
// Binary that holds a JSON Patch (https://hl7.org/fhir/R4/http.html#jsonpatch-transaction).
func patchOf(res *fhir.Value, at string) (func(*fhir.Value) (*fhir.Value, error), error) {
	if res.Type() != "Binary" {
		change, err := fhirPathPatch(res)
		if err != nil {
			return nil, fault.Of(err).In(at + ".resource")
		}
		return change, nil
	}
	text, err := base64.StdEncoding.DecodeString(res.StrAt("data"))
	if err != nil || !strings.HasPrefix(res.StrAt("contentType"), typeJSONPatch) {
		return nil, fault.New(fault.Invalid, "fhir.entry", "a Binary that patches holds application/json-patch+json in base64").In(at + ".resource")
	}
	ops, err := fhir.Parse(text)
	if err != nil {
		return nil, fault.Of(err).In(at + ".resource.data")
	}
	return jsonPatch(ops), nil
}
