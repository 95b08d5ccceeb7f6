package fhirapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// response is an answer before it is written.
type response struct {
	status int
	header map[string]string
	body   *fhir.Value
	text   *[]byte // in place of body: JSON that is written already
	kind   string  // in place of body: raw is of this content type
	raw    []byte
}

func (a *api) write(w http.ResponseWriter, r *http.Request, res *response) {
	h := w.Header()
	for k, v := range res.header {
		h.Set(k, v)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if id := r.Header.Get("X-Request-Id"); id != "" && len(id) <= 64 && fhir.ValidID(id) {
		h.Set("X-Request-Id", id)
	}
	if res.kind != "" {
		writeRaw(w, r, res)
		return
	}
	if res.body == nil && res.text == nil {
		w.WriteHeader(res.status)
		return
	}
	body, contentType := []byte(nil), typeJSON+"; charset=utf-8"
	if res.text != nil {
		defer a.done(res.text)
		body = *res.text
	} else {
		body, contentType = encode(r, res.body)
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(res.status)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// resource answers with one item.
func (a *api) resource(r *http.Request, code int, it *record.Item) *response {
	return &response{status: code, body: it.Resource, header: a.itemHeaders(r, it, code == http.StatusCreated)}
}

func (a *api) itemHeaders(r *http.Request, it *record.Item, created bool) map[string]string {
	h := map[string]string{
		"ETag":          etag(it.Version),
		"Last-Modified": it.Updated.UTC().Format(http.TimeFormat),
	}
	if created {
		h["Location"] = a.base(r) + "/" + it.Ref() + "/_history/" + strconv.FormatInt(it.Version, 10)
	}
	return h
}

func etag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

// tags are the entity tags of a header, without what makes them weak and without
// their quotes, which some clients leave out.
func tags(header []string) []string {
	var out []string
	for _, tag := range strings.Split(strings.Join(header, ","), ",") {
		if tag = strings.Trim(strings.TrimPrefix(strings.TrimSpace(tag), "W/"), `"`); tag != "" {
			out = append(out, tag)
		}
	}
	return out
}

// names tells whether one of the entity tags of a header is that of a version.
func names(header []string, version int64) bool {
	want := strconv.FormatInt(version, 10)
	return slices.ContainsFunc(tags(header), func(tag string) bool { return tag == "*" || tag == want })
}

// ifMatch reads an If-Match header into a write
// (https://www.rfc-editor.org/rfc/rfc7232#section-3.1).
func ifMatch(op *record.Op, header ...string) error {
	list := tags(header)
	if len(list) == 0 && strings.Join(header, "") != "" {
		list = header
	}
	for i, tag := range list {
		if tag == "*" {
			op.IfThere = true
			return nil
		}
		v, err := strconv.ParseInt(tag, 10, 64)
		switch {
		case err != nil || v < 1:
			return fault.New(fault.Conflict, "record.if-match", "the version in If-Match is none of ours")
		case i == 0:
			op.IfMatch = v
		default:
			op.IfMatchToo = append(op.IfMatchToo, v)
		}
	}
	return nil
}
