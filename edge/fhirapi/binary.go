package fhirapi

import (
	"encoding/base64"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// A Binary is served and taken as what it holds, unless FHIR is asked for
// (https://hl7.org/fhir/R4/binary.html#rest).
const (
	binary = "Binary"
	// mostBinary is how many bytes one may hold.
	mostBinary      = 32 << 20
	securityContext = "X-Security-Context"
)

// readsBinary tells a read of a Binary, or of a version of one, for what it holds:
// neither FHIR nor a part of the resource is asked for.
func readsBinary(r *http.Request) bool {
	return r.PathValue("type") == binary && (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		r.PathValue("id") != "" && (r.Pattern == "GET /fhir/{type}/{id}" || r.Pattern == "GET /fhir/{type}/{id}/_history/{version}") &&
		innerOf(r) == nil && !wantsAsync(r) && !asksFHIR(r)
}

// asksFHIR tells whether a format of FHIR is asked for by name: "*/*" is what a
// browser sends for a picture.
func asksFHIR(r *http.Request) bool {
	if general(r, "_format") != "" {
		return true
	}
	for _, part := range strings.Split(strings.Join(r.Header.Values("Accept"), ","), ",") {
		if formatOf(part) != "" {
			return true
		}
	}
	return false
}

// held answers with what a Binary holds. It is for saving: a browser neither guesses
// what it is nor runs anything in it.
func (a *api) held(r *http.Request, it *record.Item) (*response, error) {
	data := strings.Join(strings.Fields(it.Resource.StrAt("data")), "")
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return nil, fault.New(fault.Unsupported, "fhir.accept", "what this Binary holds is not base64: ask for it as "+typeJSON).In("Binary.data")
	}
	kind := it.Resource.StrAt("contentType")
	if t, _, err := mime.ParseMediaType(kind); err != nil || !strings.Contains(t, "/") {
		kind = "application/octet-stream"
	}
	if !accepts(r, kind) {
		return nil, fault.New(fault.Unsupported, "fhir.accept", "this Binary is given as what it holds, as %s or as %s", typeJSON, typeXML).In("http.accept")
	}
	h := a.itemHeaders(r, it, false)
	h["Content-Disposition"] = `attachment; filename="` + it.ID + `"`
	h["Content-Security-Policy"] = "default-src 'none'; sandbox"
	if ref := it.Resource.StrAt("securityContext.reference"); ref != "" && !strings.ContainsAny(ref, "\r\n") {
		h[securityContext] = ref
	}
	return &response{status: http.StatusOK, header: h, raw: raw, kind: kind}, nil
}

// accepts tells whether a request takes a content type; one that says nothing of
// what it takes, takes any.
func accepts(r *http.Request, kind string) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return true
	}
	kind, _, _ = mime.ParseMediaType(kind)
	family, _, _ := strings.Cut(kind, "/")
	for _, part := range strings.Split(accept, ",") {
		t, params, err := mime.ParseMediaType(part)
		if q, said := params["q"]; err != nil || said && strings.Trim(q, "0.") == "" {
			continue
		}
		if t == "*/*" || t == kind || t == family+"/*" {
			return true
		}
	}
	return false
}

// sent is the resource that a create or update sends: for a Binary that does not
// come as FHIR, one that holds the body.
func (a *api) sent(r *http.Request) (*fhir.Value, error) {
	if r.PathValue("type") != binary || innerOf(r) != nil {
		return a.body(r)
	}
	said := r.Header.Get("Content-Type")
	t, _, err := mime.ParseMediaType(said)
	switch {
	case said == "" || strings.HasPrefix(t, "application/fhir+") || strings.HasSuffix(t, "+fhir"):
		v, err := a.body(r)
		if err != nil {
			return nil, err
		}
		return v, smallEnough(v, "")
	case err != nil:
		return nil, fault.New(fault.Unsupported, "fhir.content-type", "the Content-Type cannot be read").In("http.content-type")
	}
	raw, err := a.text(r)
	if err != nil {
		return nil, err
	}
	if format := formatOf(said); format != "" { // JSON and XML may be a Binary as FHIR, or what it holds
		if v, err := parsed(format, raw); err == nil && v.Type() == binary {
			return v, smallEnough(v, "")
		}
	}
	if len(raw) > mostBinary {
		return nil, tooLargeBinary("http.body")
	}
	v := fhir.Obj("resourceType", binary, "id", r.PathValue("id"), "contentType", said)
	if ref := strings.TrimSpace(r.Header.Get(securityContext)); ref != "" {
		v = v.With("securityContext", fhir.Obj("reference", ref))
	}
	return v.With("data", base64.StdEncoding.EncodeToString(raw)), nil
}

func parsed(format string, text []byte) (*fhir.Value, error) {
	if format == "xml" {
		return fhir.ParseXML(text)
	}
	return fhir.ParseObject(text)
}

// smallEnough refuses a Binary that holds too much; at is the entry of a Bundle.
func smallEnough(v *fhir.Value, at string) error {
	if v.Type() != binary {
		return nil
	}
	data := v.StrAt("data")
	if padding := len(data) - len(strings.TrimRight(data, "=")); len(data)/4*3-padding <= mostBinary {
		return nil
	}
	if at != "" {
		return tooLargeBinary(at + ".resource.data")
	}
	return tooLargeBinary("Binary.data")
}

func tooLargeBinary(at string) error {
	return fault.New(fault.TooCostly, "fhir.too-large", "a Binary may hold %d bytes", mostBinary).In(at)
}

// writeRaw writes what a Binary holds.
func writeRaw(w http.ResponseWriter, r *http.Request, res *response) {
	w.Header().Set("Content-Type", res.kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(res.raw)))
	w.WriteHeader(res.status)
	if r.Method != http.MethodHead {
		w.Write(res.raw)
	}
}
