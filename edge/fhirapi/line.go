package fhirapi

import (
	"fmt"
	"net/http"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// line is one entry of a Bundle, understood: a write, or a request that reads.
type line struct {
	op     record.Op
	reads  bool
	method string
	target string // relative URL
	header http.Header
}

// Ops turns the entries of a transaction or collection into writes; entries
// that read are left out. Errors: Invalid, Unsupported, with the entry's place.
func Ops(b *fhir.Value) ([]record.Op, error) {
	all, err := lines(b, home{})
	if err != nil {
		return nil, err
	}
	ops := make([]record.Op, 0, len(all))
	for _, l := range all {
		if !l.reads {
			ops = append(ops, l.op)
		}
	}
	return ops, nil
}

func lines(b *fhir.Value, here home) ([]line, error) {
	var out []line
	i := 0
	for entry := range b.Get("entry").Each() {
		l, err := lineOf(entry, here, fmt.Sprintf("Bundle.entry[%d]", i))
		if err != nil {
			return nil, err
		}
		out = append(out, l)
		i++
	}
	return out, nil
}

func lineOf(entry *fhir.Value, here home, at string) (line, error) {
	res, request := entry.Get("resource"), entry.Get("request")
	method, target := request.StrAt("method"), request.StrAt("url")
	switch {
	case request == nil:
		method, target = collected(res)
	case target == "" && method == "POST": // as the HAPI client leaves it out
		target = res.Type()
	}
	if target == "" && request != nil {
		return line{}, fault.New(fault.Invalid, "fhir.entry", "an entry's request has a URL").In(at + ".request.url")
	}
	target = here.under(target)
	path, query, _ := strings.Cut(target, "?")
	if strings.Contains(path, "://") {
		return line{}, fault.New(fault.Invalid, "fhir.entry", "the URL of an entry is relative to the base").In(at + ".request.url")
	}
	op := record.Op{At: at, Resource: res, FullURL: entry.StrAt("fullUrl")}
	if method == "GET" || method == "HEAD" || method == "POST" && strings.Contains(target, "$") {
		return line{op: op, reads: true, method: method, target: target, header: conditions(request)}, nil
	}
	typ, id, _ := strings.Cut(strings.Trim(path, "/"), "/")
	op.Type, op.ID, op.Where = typ, id, query
	if err := ifMatch(&op, request.StrAt("ifMatch")); err != nil {
		return line{}, fault.Of(err).In(at + ".request.ifMatch")
	}
	switch method {
	case "POST":
		op.Kind, op.IfNoneExist, op.ID, op.Where = record.Create, request.StrAt("ifNoneExist"), "", ""
	case "PUT":
		op.Kind, op.OnlyNew = record.Update, strings.TrimSpace(request.StrAt("ifNoneMatch")) == "*"
	case "PATCH":
		op.Kind = record.Patch
		change, err := patchOf(res, at)
		if err != nil {
			return line{}, err
		}
		op.Change, op.Resource = change, nil
		return line{op: op}, nil
	case "DELETE":
		op.Kind, op.Resource = record.Delete, nil
	default:
		return line{}, fault.New(fault.Unsupported, "fhir.method", "an entry's method is GET, HEAD, POST, PUT, PATCH or DELETE").In(at + ".request.method")
	}
	if op.Kind != record.Delete && res.Kind() != fhir.Object {
		return line{}, fault.New(fault.Invalid, "fhir.entry", "a resource is expected").In(at + ".resource")
	}
	if err := smallEnough(res, at); err != nil {
		return line{}, err
	}
	if op.Kind == record.Update && op.ID != "" && res.ID() != op.ID {
		return line{}, fault.New(fault.Invalid, "fhir.id", "the id in the resource must be that in the URL").In(at + ".resource.id")
	}
	return line{op: op}, nil
}

// conditions are the headers that an entry carries.
func conditions(request *fhir.Value) http.Header {
	h := http.Header{}
	for member, name := range map[string]string{"ifNoneMatch": "If-None-Match", "ifModifiedSince": "If-Modified-Since", "ifMatch": "If-Match"} {
		v := request.StrAt(member)
		if member == "ifModifiedSince" && v != "" {
			if in, ok := fhir.ParseInstant(v, nil); ok {
				v = in.Start.UTC().Format(http.TimeFormat)
			}
		}
		if v != "" {
			h.Set(name, v)
		}
	}
	return h
}

// collected is what to do with an entry that has no request.
func collected(res *fhir.Value) (method, target string) {
	if id := res.ID(); id != "" {
		return "PUT", res.Type() + "/" + id
	}
	return "POST", res.Type()
}
