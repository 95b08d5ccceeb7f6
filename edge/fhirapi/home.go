package fhirapi

import (
	"net/http"
	"net/url"
	"strings"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/search"
)

// home is the address at which a client reaches this server. A reference under
// it means what the relative one means
// (https://hl7.org/fhir/R4/references.html#literal), so it is taken off before
// the record sees it: of what is written, and of what is searched for.
type home struct {
	addresses []address // the one of the request first
	table     *search.Table
}

// address is a base without its scheme: "concord.example", "/fhir/".
type address struct{ host, path string }

func addressOf(base string) address {
	_, rest, _ := strings.Cut(strings.TrimSuffix(base, "/"), "://")
	host, path, _ := strings.Cut(rest, "/")
	return address{host, "/" + path + "/"}
}

func (a *api) home(r *http.Request) home {
	h := home{addresses: []address{addressOf(a.base(r))}, table: a.Desk.Table()}
	for _, base := range a.Desk.Bases() {
		h.addresses = append(h.addresses, addressOf(base))
	}
	return h
}

// cut takes the address off a URL; ok is false when it is not under it. http
// and https are one, and hosts have no case
// (https://hl7.org/fhir/R4/http.html#general).
func (h home) cut(s string) (rest string, ok bool) {
	rest = h.under(s)
	if rest == s {
		return s, false
	}
	if parsed, ok := fhir.ParseReference(rest); ok {
		return rest, parsed.Base == "" && fhir.R4().Number(parsed.Type) != 0
	}
	typ, _, conditional := strings.Cut(rest, "?")
	return rest, conditional && fhir.R4().Number(typ) != 0
}

// relative is a reference as the record knows it, its condition included.
func (h home) relative(ref string) string {
	if rest, ok := h.cut(ref); ok {
		ref = rest
	}
	if typ, query, ok := strings.Cut(ref, "?"); ok && fhir.R4().Number(typ) != 0 {
		return typ + "?" + h.query(typ, query)
	}
	return ref
}

// resource is a resource with its references, and what its Attachments lead to, as the
// record knows them. A Bundle
// that is kept as it is keeps its own, which its fullUrls resolve.
func (h home) resource(v *fhir.Value) *fhir.Value {
	if v.Type() == "Bundle" {
		return v
	}
	return fhir.ReattachTo(fhir.Rewrite(v, h.relative), h.relative)
}

// op brings everything that a write says of other resources home.
func (h home) op(op record.Op) record.Op {
	op.Resource, op.FullURL = h.resource(op.Resource), h.relative(op.FullURL)
	op.Where, op.IfNoneExist = h.query(op.Type, op.Where), h.query(op.Type, h.condition(op.Type, op.IfNoneExist))
	if change := op.Change; change != nil {
		op.Change = func(current *fhir.Value) (*fhir.Value, error) {
			changed, err := change(current)
			return h.resource(changed), err
		}
	}
	return op
}

// condition is the query of an If-None-Exist, which clients write with the type, or
// the whole address, before it.
func (h home) condition(typ, s string) string {
	s = strings.TrimPrefix(h.under(strings.TrimSpace(s)), typ+"?")
	return strings.TrimPrefix(s, "?")
}

// under is a URL without the address of this server.
func (h home) under(s string) string {
	scheme, rest, found := strings.Cut(s, "://")
	if !found || !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") {
		return s
	}
	for _, at := range h.addresses {
		n := len(at.host)
		if len(rest) < n || !strings.EqualFold(rest[:n], at.host) {
			continue
		}
		if behind, ok := strings.CutPrefix(rest[n:], at.path); ok {
			return behind
		}
	}
	return s
}

// query is a search query of a type ("" = of several) with its references so.
// What cannot be read is left for who refuses it.
func (h home) query(typ, query string) string {
	form, err := url.ParseQuery(query)
	if err != nil || !h.form(typ, form) {
		return query
	}
	return form.Encode()
}

// form does the same to a form; it tells whether anything was there to do.
func (h home) form(typ string, form url.Values) (changed bool) {
	for name, values := range form {
		if !h.refers(typ, name) {
			continue
		}
		for i, v := range values {
			if !strings.Contains(v, "://") {
				continue
			}
			if values[i] = h.value(name, v); values[i] != v {
				changed = true
			}
		}
	}
	return changed
}

// refers tells whether the values of a parameter may be references: not those
// of a URI, a token or a text, nor what shapes an answer.
func (h home) refers(typ, name string) bool {
	base, _, _ := strings.Cut(name, ":")
	switch {
	case base == "_has" || base == "_filter" || strings.Contains(name, "."):
		return true
	case strings.HasPrefix(name, "_"):
		return false
	}
	p := h.table.Param(typ, base)
	return p == nil || p.Kind == search.Reference || p.Kind == search.Composite
}

func (h home) value(name, v string) string {
	if name == "_filter" {
		return h.filter(v)
	}
	parts := strings.Split(v, ",")
	for i, part := range parts {
		before := part[:strings.LastIndexByte(part, '$')+1] // of a composite
		if rest, ok := h.cut(part[len(before):]); ok && h.instance(rest) {
			parts[i] = before + rest
		} else if ok { // a canonical is kept as it was sent, a reference to the same is not
			parts[i] = part + "," + before + rest
		}
	}
	return strings.Join(parts, ",")
}

// instance tells a reference that can be no canonical: the type has no url.
func (h home) instance(ref string) bool {
	parsed, ok := fhir.ParseReference(ref)
	return ok && h.table.Param(parsed.Type, "url") == nil
}

// filter brings the references of a _filter home
// (https://hl7.org/fhir/R4/search_filter.html).
func (h home) filter(v string) string {
	const ends = ` "'(),`
	words := []string{}
	for start, i := 0, 0; i <= len(v); i++ {
		if i < len(v) && !strings.ContainsRune(ends, rune(v[i])) {
			continue
		}
		word := v[start:i]
		if rest, ok := h.cut(word); ok && h.instance(rest) {
			word = rest
		}
		words = append(words, word, v[i:min(i+1, len(v))])
		start = i + 1
	}
	return strings.Join(words, "")
}
